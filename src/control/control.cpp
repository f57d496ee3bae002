#include "control/control.h"

#include "base/fault.h"
#include "store/sqlite.h"

namespace traction {
namespace {

constexpr sqlite::Format kFormat{.application = 0x54524343, .version = 1, .called = "control store"};  // "TRCC"

constexpr const char* kTables = R"(
CREATE TABLE workspace (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE erasure (
  workspace TEXT NOT NULL, type TEXT NOT NULL, record INTEGER NOT NULL, created_hash TEXT NOT NULL,
  asked_at INTEGER NOT NULL, finished INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (created_hash, workspace)) STRICT;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY, happened_at INTEGER NOT NULL, action TEXT NOT NULL, workspace TEXT NOT NULL,
  detail TEXT NOT NULL) STRICT;
)";

std::string string_of(const sqlite::Statement& row, int column) { return std::string(row.text(column)); }

}  // namespace

Control::Control(std::unique_ptr<sqlite::Database> database) : database_(std::move(database)) {}
Control::~Control() { database_->empty_log(); }

Result<std::unique_ptr<Control>> Control::open(const std::string& path) {
  sqlite::Options options;
  options.path = path;
  options.create = true;
  options.cache_kib = 512;
  auto database = sqlite::Database::open(options, kFormat, kTables);
  if (!database) return refuse(database);
  return std::unique_ptr<Control>(new Control(std::move(*database)));
}

std::vector<Control::WorkspaceRow> Control::workspaces() {
  const std::lock_guard lock(mutex_);
  std::vector<WorkspaceRow> rows;
  auto query = database_->prepare("SELECT name, created_at FROM workspace ORDER BY name");
  while (query.step()) rows.push_back({string_of(query, 0), {query.integer(1)}});
  return rows;
}

void Control::add_workspace(const WorkspaceRow& row) {
  const std::lock_guard lock(mutex_);
  sqlite::Changes changes(*database_);
  database_->prepare("INSERT INTO workspace (name, created_at) VALUES ($1, $2)")
      .bind(1, row.name)
      .bind(2, row.created_at.micros)
      .run();
  changes.commit();
}

std::vector<Control::Erasure> Control::erasures() {
  const std::lock_guard lock(mutex_);
  std::vector<Erasure> list;
  auto query = database_->prepare(
      "SELECT workspace, type, record, created_hash, asked_at, finished FROM erasure ORDER BY rowid");
  while (query.step())
    list.push_back({string_of(query, 0),
                    string_of(query, 1),
                    query.integer(2),
                    string_of(query, 3),
                    {query.integer(4)},
                    query.integer(5) != 0});
  return list;
}

bool Control::add_erasure(const Erasure& erasure) {
  const std::lock_guard lock(mutex_);
  sqlite::Changes changes(*database_);
  const bool again = database_
                         ->prepare(
                             "UPDATE erasure SET asked_at = $1, finished = 0 WHERE created_hash = $2 AND "
                             "workspace = $3")
                         .bind(1, erasure.asked_at.micros)
                         .bind(2, erasure.created_hash)
                         .bind(3, erasure.workspace)
                         .run() > 0;
  if (!again)
    database_
        ->prepare("INSERT INTO erasure (workspace, type, record, created_hash, asked_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(1, erasure.workspace)
        .bind(2, erasure.type)
        .bind(3, erasure.record)
        .bind(4, erasure.created_hash)
        .bind(5, erasure.asked_at.micros)
        .run();
  changes.commit();
  return !again;
}

void Control::remove_erasure(const Erasure& erasure) {
  const std::lock_guard lock(mutex_);
  sqlite::Changes changes(*database_);
  database_->prepare("DELETE FROM erasure WHERE created_hash = $1 AND workspace = $2")
      .bind(1, erasure.created_hash)
      .bind(2, erasure.workspace)
      .run();
  changes.commit();
}

bool Control::erasing(const std::string& workspace) {
  const std::lock_guard lock(mutex_);
  auto query = database_->prepare("SELECT 1 FROM erasure WHERE workspace = $1 AND finished = 0 LIMIT 1");
  return query.bind(1, workspace).step();
}

void Control::erased(const std::string& workspace) {
  const std::lock_guard lock(mutex_);
  sqlite::Changes changes(*database_);
  database_->prepare("UPDATE erasure SET finished = 1 WHERE workspace = $1").bind(1, workspace).run();
  changes.commit();
}

void Control::audit(const AuditLine& line) {
  const std::lock_guard lock(mutex_);
  sqlite::Changes changes(*database_);
  database_->prepare("INSERT INTO audit (happened_at, action, workspace, detail) VALUES ($1, $2, $3, $4)")
      .bind(1, line.happened_at.micros)
      .bind(2, line.action)
      .bind(3, line.workspace)
      .bind(4, line.detail)
      .run();
  changes.commit();
}

std::vector<Control::AuditLine> Control::audit_lines() {
  const std::lock_guard lock(mutex_);
  std::vector<AuditLine> lines;
  auto query = database_->prepare("SELECT happened_at, action, workspace, detail FROM audit ORDER BY id");
  while (query.step())
    lines.push_back({{query.integer(0)}, string_of(query, 1), string_of(query, 2), string_of(query, 3)});
  return lines;
}

void Control::backup(const std::string& path) {
  const std::lock_guard lock(mutex_);
  database_->copy_to(path);
}

}  // namespace traction
