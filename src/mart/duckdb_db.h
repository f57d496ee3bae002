// Database, Connection, Number, Appender, Chunk: DuckDB's C API with owners instead of handles and exceptions instead
// of states. They know nothing of ledgers or facts, and keep duckdb.h out of every other header. Errors are Faults,
// except of query(), whose SQL may be the caller's mistake.
//
// Threads: a Database is used by any, a Connection, Number, Appender or Chunk by one at a time. Called by mart/ alone.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/table.h"

struct _duckdb_database;
struct _duckdb_connection;
struct _duckdb_appender;
struct _duckdb_prepared_statement;
struct _duckdb_data_chunk;

namespace traction {

struct DatabaseOptions {
  std::string path;            // "" = in memory
  std::string temp_directory;  // where it may spill; "" = nowhere
  std::size_t memory_mb = 500;
  std::size_t log_mb = 16;  // of changes in the log beside the file, before they are moved into it
  int threads = 2;
  bool read_only = false;
};

class Database {
 public:
  // Opens or makes the file, locked down: no other file, no extension, no change of settings. Fault(damaged) when it
  // is not a database we can read, Fault(disk) when the disk fails.
  explicit Database(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  _duckdb_database* handle() const { return handle_; }

 private:
  _duckdb_database* handle_ = nullptr;
};

class Connection {
 public:
  explicit Connection(Database& database);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs statements of our own making, one or several; gives nothing back.
  void run(const std::string& sql);

  // The single value of a SELECT of our own; `otherwise` when it is null or there is no row.
  std::int64_t number(const std::string& sql, std::int64_t otherwise = 0);
  std::string text(const std::string& sql);

  // Runs one SELECT with `parameters` as $1, $2 … and gives at most `limit` rows. Refused (invalid) in DuckDB's words
  // when it is not a SELECT, does not bind or divides what cannot be divided; a Fault when the machine fails.
  Result<Table> query(const std::string& sql, const std::vector<Cell>& parameters = {}, std::size_t limit = SIZE_MAX);

  _duckdb_connection* handle() const { return handle_; }

 private:
  _duckdb_connection* handle_ = nullptr;
};

// A SELECT of one number, planned once. Of the connection's thread.
class Number {
 public:
  // The connection outlives it.
  Number(Connection& connection, const std::string& sql);
  ~Number();
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  std::int64_t read();

 private:
  _duckdb_prepared_statement* handle_ = nullptr;
};

// What a column of a Chunk holds. Instants are microseconds, dates days.
enum class ColumnKind { bigint, integer, real, boolean, text, instant, date };

std::string_view sql_name(ColumnKind kind);

// Up to kRows rows in column form, as an Appender takes them. Every cell is null until it is set.
class Chunk {
 public:
  static constexpr std::size_t kRows = 2048;

  explicit Chunk(std::span<const ColumnKind> kinds);
  ~Chunk();
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  // The cells of the row at rows(), by column. The kind must be the column's: set() is for bigint, integer, instant and
  // date.
  void set(std::size_t column, std::int64_t value);
  void set_real(std::size_t column, double value);
  void set_boolean(std::size_t column, bool value);
  void set_text(std::size_t column, std::string_view value);
  void end_row() { ++rows_; }

  std::size_t rows() const { return rows_; }
  bool full() const { return rows_ == kRows; }

 private:
  friend class Appender;
  struct Column {
    ColumnKind kind;
    void* vector;
    void* data;
    std::uint64_t* valid;
  };
  _duckdb_data_chunk* handle_ = nullptr;
  std::vector<Column> columns_;
  std::size_t rows_ = 0;
};

// Adds chunks to a table within the connection's transaction.
class Appender {
 public:
  // `temporary` = a table of the connection's own.
  Appender(Connection& connection, const std::string& table, bool temporary = false);
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  void append(Chunk& chunk);
  void close();  // what is not closed is lost

 private:
  _duckdb_appender* handle_ = nullptr;
  std::size_t unflushed_ = 0;
};

}  // namespace traction
