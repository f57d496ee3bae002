#include "mart/duckdb_db.h"

#include <duckdb.h>
#include <fmt/format.h>
#include <malloc.h>

#include <cstring>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/fault.h"
#include "base/priority.h"
#include "mart/duckdb_result.h"

namespace traction {
namespace {

constexpr int kPolite = 5;  // half of what those give way by who only ask
constexpr std::size_t kMostUnflushed = 30 * Chunk::kRows;

// What kind of failure DuckDB's error is; its types are coarser than what it says.
Fault fault(duckdb_error_type type, const std::string& words) {
  const bool full = words.find("No space left") != std::string::npos;
  const bool disk = type == DUCKDB_ERROR_IO || type == DUCKDB_ERROR_PERMISSION;
  const bool broken = type == DUCKDB_ERROR_FATAL || type == DUCKDB_ERROR_SERIALIZATION ||
                      words.find("checksum") != std::string::npos || words.find("corrupt") != std::string::npos;
  const Fault::Kind kind = full     ? Fault::Kind::disk_full
                           : broken ? Fault::Kind::damaged
                           : disk   ? Fault::Kind::disk
                                    : Fault::Kind::internal;
  return Fault(kind, "The mart's database failed: " + words);
}

// True for what a wrong SELECT can bring about, as against a failing machine.
bool is_callers(duckdb_error_type type) {
  switch (type) {
    case DUCKDB_ERROR_FATAL:
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_OUT_OF_MEMORY:
    case DUCKDB_ERROR_SERIALIZATION:
    case DUCKDB_ERROR_PERMISSION:
    case DUCKDB_ERROR_TRANSACTION:
    case DUCKDB_ERROR_INTERRUPT:
      return false;
    default:
      return true;
  }
}

class Answer {
 public:
  ~Answer() { duckdb_destroy_result(&result_); }
  duckdb_result* operator&() { return &result_; }
  duckdb_result& operator*() { return result_; }
  duckdb_error_type error_type() { return duckdb_result_error_type(&result_); }
  std::string error() {
    const char* words = duckdb_result_error(&result_);
    return words ? words : "unknown error";
  }

 private:
  duckdb_result result_{};
};

class Statement {
 public:
  ~Statement() { duckdb_destroy_prepare(&handle_); }
  duckdb_prepared_statement* operator&() { return &handle_; }
  duckdb_prepared_statement operator*() const { return handle_; }

 private:
  duckdb_prepared_statement handle_ = nullptr;
};

void bind(duckdb_prepared_statement statement, idx_t index, const Cell& cell) {
  const auto state = std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::int64_t>)
          return duckdb_bind_int64(statement, index, value);
        else if constexpr (std::is_same_v<T, double>)
          return duckdb_bind_double(statement, index, value);
        else if constexpr (std::is_same_v<T, bool>)
          return duckdb_bind_boolean(statement, index, value);
        else if constexpr (std::is_same_v<T, std::string>)
          return duckdb_bind_varchar_length(statement, index, value.data(), value.size());
        else
          return duckdb_bind_null(statement, index);
      },
      cell);
  if (state != DuckDBSuccess) throw Fault(Fault::Kind::internal, "A parameter of a query could not be bound.");
}

duckdb_type duckdb_type_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::bigint:
      return DUCKDB_TYPE_BIGINT;
    case ColumnKind::integer:
      return DUCKDB_TYPE_INTEGER;
    case ColumnKind::real:
      return DUCKDB_TYPE_DOUBLE;
    case ColumnKind::boolean:
      return DUCKDB_TYPE_BOOLEAN;
    case ColumnKind::text:
      return DUCKDB_TYPE_VARCHAR;
    case ColumnKind::instant:
      return DUCKDB_TYPE_TIMESTAMP;
    case ColumnKind::date:
      return DUCKDB_TYPE_DATE;
  }
  CHECK(false);
}

}  // namespace

Database::Database(const DatabaseOptions& options) {
  // What one answer took in memory, some tens of MB at most, is kept for the next: given back and taken again it costs
  // more than to fill it.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) != DuckDBSuccess) throw Fault(Fault::Kind::internal, "DuckDB has no settings.");
  const auto set = [&](const char* name, const std::string& value) {
    if (duckdb_set_config(config, name, value.c_str()) != DuckDBSuccess)
      throw Fault(Fault::Kind::internal, fmt::format("DuckDB does not take the setting {} = {}.", name, value));
  };
  set("access_mode", options.read_only ? "READ_ONLY" : "AUTOMATIC");
  set("memory_limit", fmt::format("{}MB", options.memory_mb));
  set("threads", std::to_string(options.threads));
  set("preserve_insertion_order", "false");
  // Of few small groups DuckDB would let one thread say what they come to, which is where quantiles take their time.
  set("perfect_ht_threshold", "0");
  set("checkpoint_threshold", fmt::format("{}MB", options.log_mb));
  set("temp_directory", options.temp_directory);
  set("autoinstall_known_extensions", "false");
  set("autoload_known_extensions", "false");
  set("enable_external_access", "false");
  set("lock_configuration", "true");
  char* words = nullptr;
  duckdb_state state = DuckDBError;
  // DuckDB's own threads work for questions and for the applier. They get their priority from the one that starts them.
  std::thread([&] {
    give_way(kPolite);
    state = duckdb_open_ext(options.path.empty() ? nullptr : options.path.c_str(), &handle_, config, &words);
  }).join();
  duckdb_destroy_config(&config);
  if (state == DuckDBSuccess) return;
  const std::string why = words ? words : "unknown error";
  duckdb_free(words);
  throw Fault(Fault::Kind::damaged, "The mart's database does not open: " + why);
}

Database::~Database() { duckdb_close(&handle_); }

Connection::Connection(Database& database) {
  if (duckdb_connect(database.handle(), &handle_) != DuckDBSuccess)
    throw Fault(Fault::Kind::internal, "The mart's database takes no connection.");
}

Connection::~Connection() { duckdb_disconnect(&handle_); }

void Connection::run(const std::string& sql) {
  Answer answer;
  if (duckdb_query(handle_, sql.c_str(), &answer) != DuckDBSuccess)
    throw fault(answer.error_type(), answer.error() + "\nin: " + sql);
}

std::int64_t Connection::number(const std::string& sql, std::int64_t otherwise) {
  const Result<Table> table = query(sql);
  if (!table) throw Fault(Fault::Kind::internal, table.error().sentence + "\nin: " + sql);
  return table->empty() ? otherwise : table->columns[0].whole(0).value_or(otherwise);
}

std::string Connection::text(const std::string& sql) {
  const Result<Table> table = query(sql);
  if (!table) throw Fault(Fault::Kind::internal, table.error().sentence + "\nin: " + sql);
  return table->empty() ? "" : table->columns[0].text(0);
}

Result<Table> Connection::query(const std::string& sql, const std::vector<Cell>& parameters, std::size_t limit) {
  Statement statement;
  if (duckdb_prepare(handle_, sql.c_str(), &statement) != DuckDBSuccess) {
    const char* words = *statement ? duckdb_prepare_error(*statement) : nullptr;
    return refuse(Code::invalid, "", words ? words : "The query could not be prepared.");
  }
  if (duckdb_prepared_statement_type(*statement) != DUCKDB_STATEMENT_TYPE_SELECT)
    return refuse(Code::invalid, "", "Only a SELECT can be asked of the mart.");
  if (duckdb_nparams(*statement) != parameters.size())
    return refuse(Code::invalid, "", fmt::format("The query takes {} parameters.", duckdb_nparams(*statement)));
  for (std::size_t i = 0; i < parameters.size(); ++i) bind(*statement, i + 1, parameters[i]);

  Answer answer;
  if (duckdb_execute_prepared(*statement, &answer) != DuckDBSuccess) {
    if (is_callers(answer.error_type())) return refuse(Code::invalid, "", answer.error());
    throw fault(answer.error_type(), answer.error());
  }
  return read_table(*answer, limit);
}

Number::Number(Connection& connection, const std::string& sql) {
  if (duckdb_prepare(connection.handle(), sql.c_str(), &handle_) == DuckDBSuccess) return;
  const std::string words = duckdb_prepare_error(handle_);
  duckdb_destroy_prepare(&handle_);
  throw Fault(Fault::Kind::internal, words + "\nin: " + sql);
}

Number::~Number() { duckdb_destroy_prepare(&handle_); }

std::int64_t Number::read() {
  Answer answer;
  if (duckdb_execute_prepared(handle_, &answer) != DuckDBSuccess) throw fault(answer.error_type(), answer.error());
  return read_table(*answer, 1).columns.at(0).whole(0).value_or(0);
}

std::string_view sql_name(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::bigint:
      return "BIGINT";
    case ColumnKind::integer:
      return "INTEGER";
    case ColumnKind::real:
      return "DOUBLE";
    case ColumnKind::boolean:
      return "BOOLEAN";
    case ColumnKind::text:
      return "VARCHAR";
    case ColumnKind::instant:
      return "TIMESTAMP";
    case ColumnKind::date:
      return "DATE";
  }
  CHECK(false);
}

Chunk::Chunk(std::span<const ColumnKind> kinds) {
  std::vector<duckdb_logical_type> types;
  for (const ColumnKind kind : kinds) types.push_back(duckdb_create_logical_type(duckdb_type_of(kind)));
  handle_ = duckdb_create_data_chunk(types.data(), types.size());
  for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  CHECK(handle_ != nullptr && duckdb_vector_size() == kRows);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const duckdb_vector vector = duckdb_data_chunk_get_vector(handle_, i);
    duckdb_vector_ensure_validity_writable(vector);
    Column column{kinds[i], vector, duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector)};
    std::memset(column.valid, 0, kRows / 8);
    columns_.push_back(column);
  }
}

Chunk::~Chunk() { duckdb_destroy_data_chunk(&handle_); }

void Chunk::set(std::size_t column, std::int64_t value) {
  Column& to = columns_[column];
  if (to.kind == ColumnKind::integer || to.kind == ColumnKind::date)
    static_cast<std::int32_t*>(to.data)[rows_] = static_cast<std::int32_t>(value);
  else
    static_cast<std::int64_t*>(to.data)[rows_] = value;
  to.valid[rows_ / 64] |= std::uint64_t{1} << (rows_ % 64);
}

void Chunk::set_real(std::size_t column, double value) {
  static_cast<double*>(columns_[column].data)[rows_] = value;
  columns_[column].valid[rows_ / 64] |= std::uint64_t{1} << (rows_ % 64);
}

void Chunk::set_boolean(std::size_t column, bool value) {
  static_cast<bool*>(columns_[column].data)[rows_] = value;
  columns_[column].valid[rows_ / 64] |= std::uint64_t{1} << (rows_ % 64);
}

void Chunk::set_text(std::size_t column, std::string_view value) {
  columns_[column].valid[rows_ / 64] |= std::uint64_t{1} << (rows_ % 64);
  duckdb_vector_assign_string_element_len(static_cast<duckdb_vector>(columns_[column].vector), rows_, value.data(),
                                          value.size());
}

Appender::Appender(Connection& connection, const std::string& table, bool temporary) {
  if (duckdb_appender_create_ext(connection.handle(), temporary ? "temp" : nullptr, "main", table.c_str(), &handle_) ==
      DuckDBSuccess)
    return;
  const char* words = duckdb_appender_error(handle_);
  const std::string why = words ? words : "unknown error";
  duckdb_appender_destroy(&handle_);
  throw Fault(Fault::Kind::internal, "The mart's table " + table + " cannot be added to: " + why);
}

Appender::~Appender() {
  if (handle_) duckdb_appender_destroy(&handle_);
}

void Appender::append(Chunk& chunk) {
  duckdb_data_chunk_set_size(chunk.handle_, chunk.rows_);
  if (duckdb_append_data_chunk(handle_, chunk.handle_) != DuckDBSuccess)
    throw fault(DUCKDB_ERROR_INVALID, duckdb_appender_error(handle_));
  // What waits in an appender does not count against memory_limit.
  unflushed_ += chunk.rows_;
  if (unflushed_ < kMostUnflushed) return;
  unflushed_ = 0;
  if (duckdb_appender_flush(handle_) != DuckDBSuccess)
    throw fault(DUCKDB_ERROR_INVALID, duckdb_appender_error(handle_));
}

void Appender::close() {
  if (duckdb_appender_close(handle_) != DuckDBSuccess)
    throw fault(DUCKDB_ERROR_INVALID, duckdb_appender_error(handle_));
}

}  // namespace traction
