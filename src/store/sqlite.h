// Database: one connection to a SQLite file as our stores use it: WAL, synchronous=FULL, deleted content overwritten,
// files readable by their owner alone. A thin layer: prepared statements are kept and handed out again, errors become
// Faults. It knows nothing of any table. The log is moved into the file by whoever begins to write (Changes).
//
// Threads: a Database, its Statements and its Changes are used by one thread at a time; different Databases on one file
// are independent. Called by ledger/ and control/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace traction::sqlite {

// The oldest SQLite we run on: earlier ones can lose a WAL reset and with it committed data.
inline constexpr int kOldestVersion = 3'051'003;

// What is wrong with a SQLite of this version number (3051003 = 3.51.3); empty when it will do.
std::string too_old(int version);

// The SQLite that is built in, such as "3.53.2".
std::string version();

// The log is moved into the file when it has grown by this many pages; a longer one makes single commits slow.
inline constexpr int kLogPages = 1'000;

// A stored file's own mark: which program and format it belongs to.
struct Format {
  std::int32_t application = 0;  // in the file's header; tells our file from somebody else's
  std::int32_t version = 0;      // of the tables; a file with a higher one is refused
  std::string_view called;       // for messages: "ledger"
  const char* upgrade = "";      // SQL that makes a file of the version before into one of this; "" = none
};

struct Options {
  std::string path;
  bool create = false;     // make the file when there is none
  bool read_only = false;  // refuses statements that write
  int cache_kib = 8 * 1024;
  int wait_ms = 10'000;  // how long to wait for another writer before a Fault
  std::string vfs{};     // "" = the operating system's
  bool durable = true;   // false: commits do not reach the disk before they return
};

class Database;

// A prepared statement with its parameters (?1 …) and its current row. Goes back to its Database when it is
// destroyed. Texts and blobs of a row are valid until the next step(); bound ones must live until the last step().
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::span<const std::byte> blob);
  Statement& bind_null(int parameter);

  // Goes to the next row; false at the end.
  bool step();
  // Runs to the end and makes ready for other parameters. Returns how many rows were changed.
  std::int64_t run();
  // Makes ready to be run again; parameters stay.
  void reset();

  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::span<const std::byte> blob(int column) const;

 private:
  friend class Database;
  Statement(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}
  Database* database_;
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // Opens a file and checks that it is of this format; an empty or new file (version 0) gets `tables` (SQL), one of the
  // version before is upgraded. Refused:
  // not_found, invalid (not ours, or newer), damaged. Fault when the machine fails or SQLite is too old.
  static Result<std::unique_ptr<Database>> open(const Options& options, const Format& format,
                                                const std::string& tables);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A statement for this SQL, prepared once for each text. Two of the same text may be in use at a time.
  Statement prepare(std::string_view sql);

  // Runs SQL whose results nobody reads; several statements may stand in it.
  void run(const std::string& sql);

  // True between begin() and its end.
  bool in_transaction() const;

  // Rows changed through this connection since it was opened, those inside virtual tables included.
  std::int64_t total_changes() const;

  // Moves all of the log into the file and empties it; false when a reader or writer was in the way for `wait_ms`.
  // Others cannot write meanwhile.
  bool empty_log(int wait_ms = 1'000);

  // Copies the whole state as this connection sees it to a new file, which must not exist.
  void copy_to(const std::string& path);

  const std::string& path() const { return path_; }

  // Throws the Fault for a failed call's result code.
  [[noreturn]] void fail(int code) const;

 private:
  friend class Statement;
  friend class Changes;
  struct Idle;
  explicit Database(std::string path);
  Result<void> check_format(const Format& format, const std::string& tables);
  // Has changes go to a log first. SQLite itself does not wait for others that begin the same at this moment.
  void keep_log();
  void put_back(sqlite3_stmt* statement) noexcept;
  void shorten_log();

  std::string path_;
  sqlite3* connection_ = nullptr;
  std::unique_ptr<Idle> idle_;
  int wait_ms_ = 0;
  int log_pages_ = 0;  // in the write-ahead log after the last commit
  int tried_at_ = 0;   // log_pages_ when it was last moved into the file
};

// A write transaction that is undone unless it was committed.
class Changes {
 public:
  // Waits for other writers (Options::wait_ms); then a Fault. Before that moves the log into the file if it has grown
  // by kLogPages. After a Fault(disk) from here or from commit() nothing must be written any more through this
  // Database, since a failed fsync may not be repeated.
  explicit Changes(Database& database);
  ~Changes();
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;
  void commit();

 private:
  Database& database_;
};

}  // namespace traction::sqlite
