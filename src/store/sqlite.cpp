#include "store/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace traction::sqlite {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

enum class Made { yes, was_there, absent };

// SQLite would make the file readable by everybody; the log and its index take the rights of the main file.
Made make_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
    return Made::yes;
  }
  if (errno == EEXIST) return Made::was_there;
  const auto kind = errno == ENOSPC ? Fault::Kind::disk_full : Fault::Kind::disk;
  throw Fault(kind, fmt::format("{} could not be created: {}.", path, std::strerror(errno)));
}

Fault::Kind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return Fault::Kind::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fault::Kind::damaged;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Fault::Kind::disk;
    default:
      return Fault::Kind::internal;
  }
}

std::string sentence(int code, const std::string& path, const char* words) {
  switch (kind_of(code)) {
    case Fault::Kind::disk_full:
      return fmt::format("The disk is full: {} cannot grow. Nothing was written; free some space.", path);
    case Fault::Kind::damaged:
      return fmt::format("{} is damaged ({}). Restore it from a backup.", path, words);
    case Fault::Kind::disk:
      return fmt::format("{} could not be read or written: {} ({}).", path, words, code);
    default:
      break;
  }
  if ((code & 0xFF) == SQLITE_BUSY)
    return fmt::format("{} is being written by another program for too long. Try again.", path);
  return fmt::format("{}: {} ({}).", path, words, code);
}

int remember_log_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

std::string too_old(int version) {
  if (version >= kOldestVersion) return "";
  return fmt::format("This program was built with SQLite {}.{}.{}, which can lose committed data; it needs 3.51.3.",
                     version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

std::string version() { return sqlite3_libversion(); }

// Statements nobody uses at the moment, by their text.
struct Database::Idle {
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>, TextHash, std::equal_to<>> by_text;
};

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
  if (statement_) database_->put_back(statement_);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  CHECK(sqlite3_bind_int64(statement_, parameter, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_, parameter, text.data() ? text.data() : "", text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_->fail(code);
  return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::byte> blob) {
  const int code = sqlite3_bind_blob64(statement_, parameter, blob.data(), blob.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) database_->fail(code);
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  CHECK(sqlite3_bind_null(statement_, parameter) == SQLITE_OK);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_->fail(code);
}

std::int64_t Statement::run() {
  while (step()) {
  }
  const std::int64_t changed = sqlite3_changes64(sqlite3_db_handle(statement_));
  sqlite3_reset(statement_);
  return changed;
}

void Statement::reset() { sqlite3_reset(statement_); }

bool Statement::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(std::string path) : path_(std::move(path)), idle_(std::make_unique<Idle>()) {}

Database::~Database() {
  for (auto& [text, statements] : idle_->by_text)
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
  CHECK(sqlite3_close(connection_) == SQLITE_OK);
}

Result<std::unique_ptr<Database>> Database::open(const Options& options, const Format& format,
                                                 const std::string& tables) {
  if (const std::string problem = too_old(sqlite3_libversion_number()); !problem.empty())
    throw Fault(Fault::Kind::internal, problem);
  if (options.create)
    make_private(options.path);
  else if (::access(options.path.c_str(), F_OK) != 0)
    return refuse(Code::not_found, options.path, fmt::format("There is no {} there.", format.called));

  std::unique_ptr<Database> database(new Database(options.path));
  const int code = sqlite3_open_v2(options.path.c_str(), &database->connection_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) database->fail(code);
  sqlite3* const connection = database->connection_;
  database->wait_ms_ = options.wait_ms;
  sqlite3_busy_timeout(connection, options.wait_ms);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  sqlite3_wal_hook(connection, remember_log_pages, &database->log_pages_);
  try {
    database->run(
        fmt::format("PRAGMA cache_size=-{}; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;"
                    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA synchronous={};",
                    options.cache_kib, options.durable ? "FULL" : "OFF"));
    if (auto checked = database->check_format(format, tables); !checked) return refuse(checked);
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::damaged) throw;
    return refuse(Code::damaged, options.path, fault.what());
  }
  if (options.read_only) {
    database->run("PRAGMA query_only=ON");
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  return database;
}

Result<void> Database::check_format(const Format& format, const std::string& tables) {
  const auto number = [this](const char* sql) {
    Statement statement = prepare(sql);
    CHECK(statement.step());
    return statement.integer(0);
  };
  const auto is_new = [&] {
    return number("PRAGMA application_id") == 0 && number("PRAGMA user_version") == 0 &&
           number("SELECT count(*) FROM sqlite_schema") == 0;
  };
  if (is_new()) {
    if (tables.empty()) return refuse(Code::damaged, path_, fmt::format("This {} is an empty file.", format.called));
    keep_log();
    Changes changes(*this);
    if (is_new()) {  // nobody else has made them in the meantime
      run(fmt::format("PRAGMA application_id={}; PRAGMA user_version={};", format.application, format.version));
      run(tables);
    }
    changes.commit();
  }
  if (number("PRAGMA application_id") != format.application)
    return refuse(Code::invalid, path_, fmt::format("This file is not a {} of this program.", format.called));
  if (number("PRAGMA user_version") > format.version)
    return refuse(Code::invalid, path_,
                  fmt::format("This {} was written by a newer version of this program; use that one.", format.called));
  keep_log();
  run("PRAGMA journal_size_limit=67108864");
  const auto is_older = [&] { return *format.upgrade && number("PRAGMA user_version") == format.version - 1; };
  if (is_older()) {
    Changes changes(*this);
    if (is_older()) run(fmt::format("{} PRAGMA user_version={};", format.upgrade, format.version));
    changes.commit();
  }
  return {};
}

void Database::keep_log() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms_);
  for (;;) {
    const int code = sqlite3_exec(connection_, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if ((code & 0xFF) != SQLITE_BUSY || std::chrono::steady_clock::now() > until) fail(code);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Statement Database::prepare(std::string_view sql) {
  if (auto known = idle_->by_text.find(sql); known != idle_->by_text.end() && !known->second.empty()) {
    sqlite3_stmt* statement = known->second.back();
    known->second.pop_back();
    return {*this, statement};
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) fail(code);
  return {*this, statement};
}

void Database::put_back(sqlite3_stmt* statement) noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  const std::string_view text = sqlite3_sql(statement);
  auto known = idle_->by_text.find(text);
  if (known == idle_->by_text.end()) known = idle_->by_text.emplace(text, std::vector<sqlite3_stmt*>()).first;
  known->second.push_back(statement);
}

void Database::run(const std::string& sql) {
  const int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

std::int64_t Database::total_changes() const { return sqlite3_total_changes64(connection_); }

void Database::shorten_log() {
  if (log_pages_ < tried_at_) tried_at_ = 0;  // the log has begun anew since
  if (log_pages_ < tried_at_ + kLogPages) return;
  tried_at_ = log_pages_;
  const int code = sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  const int base = code & 0xFF;
  // Neither a reader in the way nor a full disk does harm: all of it is in the log, and another time will do.
  if (code != SQLITE_OK && base != SQLITE_BUSY && base != SQLITE_LOCKED && base != SQLITE_FULL) fail(code);
}

bool Database::empty_log(int wait_ms) {
  sqlite3_busy_timeout(connection_, wait_ms);
  const int code = sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(connection_, wait_ms_);
  if ((code & 0xFF) == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) fail(code);
  return true;
}

void Database::copy_to(const std::string& path) {
  if (make_private(path) != Made::yes) throw Fault(Fault::Kind::disk, path + " already exists.");
  Database copy(path);
  int code = sqlite3_open_v2(path.c_str(), &copy.connection_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code == SQLITE_OK) {
    // No journal: a copy that was not finished is thrown away.
    copy.run("PRAGMA journal_mode=OFF; PRAGMA synchronous=FULL;");
    sqlite3_backup* backup = sqlite3_backup_init(copy.connection_, "main", connection_, "main");
    code = backup ? sqlite3_backup_step(backup, -1) : sqlite3_extended_errcode(copy.connection_);
    sqlite3_backup_finish(backup);
  }
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  ::unlink(path.c_str());
  throw Fault(kind_of(code), sentence(code, path, sqlite3_errstr(code)));
}

void Database::fail(int code) const {
  // After the machine failed once, closing must not try again what could not be written.
  if ((code & 0xFF) == SQLITE_IOERR) sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  throw Fault(kind_of(code), sentence(code, path_, connection_ ? sqlite3_errmsg(connection_) : sqlite3_errstr(code)));
}

Changes::Changes(Database& database) : database_(database) {
  // Now rather than after a commit, so that nobody waits for it who has only just been served.
  database_.shorten_log();
  database_.prepare("BEGIN IMMEDIATE").run();
}

Changes::~Changes() {
  // SQLite may have rolled back by itself; a rollback that fails leaves nothing behind either.
  if (!database_.in_transaction()) return;
  try {
    database_.prepare("ROLLBACK").run();
  } catch (const Fault&) {
  }
}

void Changes::commit() { database_.prepare("COMMIT").run(); }

}  // namespace traction::sqlite
