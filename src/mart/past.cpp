#include "mart/past.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

#include "base/fault.h"
#include "mart/backwards.h"
#include "mart/tables.h"
#include "metrics/path.h"

namespace traction {
namespace {

// How many answers of look_up() are kept, and of how many rows.
constexpr std::size_t kMostKnown = 64, kMostKnownRows = 1000;

std::string kept_table(const std::string& name) { return quoted("kept_" + name); }

}  // namespace

Past::Past(Database& database, const Schema& schema, const std::vector<FactDefinition>& facts, Seq last,
           std::int64_t whole_cells)
    : facts_(facts),
      last_(last),
      whole_cells_(whole_cells),
      connection_(database),
      schema_(with_own_fields(connection_, schema, last)),
      database_(quoted(connection_.text("SELECT current_database()"))) {
  std::string sql = "CREATE TEMP TABLE alias (id BIGINT, root BIGINT);\n";
  for (const RecordType& type : schema_.types()) sql += create_past(type, database_, last);
  connection_.run(sql + fill_alias(schema_));
}

Result<Table> Past::query(const std::string& sql, const std::vector<Cell>& parameters, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  keep_what(sql);
  return connection_.query(sql, parameters, limit);
}

Result<Table> Past::look_up(const std::string& sql) {
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(sql); found != known_.end()) return found->second;
  keep_what(sql);
  Result<Table> table = connection_.query(sql);
  if (table && known_.size() < kMostKnown && table->size() <= kMostKnownRows) known_.emplace(sql, *table);
  return table;
}

// Keeps what the statement names and is not yet kept. A name that stands for something else is kept for nothing.
void Past::keep_what(const std::string& sql) {
  std::map<std::string, Columns> tables;
  for (const FactDefinition& fact : facts_) {
    for (const Rollup& rollup : fact.rollups)
      if (names(sql, rollup.name) && !kept_.contains(rollup.name)) tables[rollup.name];
    if (!names(sql, fact.name)) continue;
    const auto kept = kept_.find(fact.name);
    Columns columns = kept == kept_.end() ? Columns() : kept->second;
    for (const FactColumn& column : fact.columns)
      if (column.name == fact.key || names(sql, column.name)) columns.insert(column.name);
    if (kept != kept_.end() && columns == kept->second) continue;
    if (is_small(fact))
      for (const FactColumn& column : fact.columns) columns.insert(column.name);
    tables[fact.name] = std::move(columns);
  }
  if (!tables.empty()) keep(tables);
}

bool Past::is_small(const FactDefinition& fact) {
  const std::int64_t rows =
      connection_.number(fmt::format("SELECT count(*) FROM {}.main.{}", database_, quoted(fact.name)));
  return rows * static_cast<std::int64_t>(fact.columns.size()) <= whole_cells_;
}

// Keeps these tables, in one transaction: what is read of the present stands still.
void Past::keep(const std::map<std::string, Columns>& tables) {
  std::map<std::string, Columns> kept = kept_;
  connection_.run("BEGIN TRANSACTION");
  try {
    // What is reckoned back is the present, which what is kept stands before.
    for (const auto& [name, columns] : kept_) connection_.run(fmt::format("DROP VIEW temp.{}", quoted(name)));
    Backwards backwards(connection_, schema_, facts_, database_, last_);
    std::set<std::string> reached;
    for (const FactDefinition& fact : facts_)
      if (tables.contains(fact.name) ||
          std::ranges::any_of(fact.rollups, [&](const Rollup& rollup) { return tables.contains(rollup.name); }))
        reached.insert(fact.name);
    backwards.reach(reached);
    const auto copy = [&](const std::string& name, const std::string& select) {
      connection_.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", kept_table(name), select));
      kept[name] = tables.at(name);
    };
    for (const FactDefinition& fact : facts_) {
      if (const auto found = tables.find(fact.name); found != tables.end())
        copy(fact.name, fmt::format("SELECT {} FROM {}", fmt::join(found->second | std::views::transform(quoted), ", "),
                                    quoted(fact.name)));
      for (const Rollup& rollup : fact.rollups)
        if (tables.contains(rollup.name)) copy(rollup.name, backwards.roll_up(fact, rollup));
    }
    backwards.leave();
    std::string sql;
    for (const auto& [name, columns] : kept)
      sql += fmt::format("CREATE TEMP VIEW {} AS SELECT * FROM {};\n", quoted(name), kept_table(name));
    connection_.run(sql + "COMMIT");
  } catch (...) {
    try {
      connection_.run("ROLLBACK");
    } catch (const Fault&) {  // the transaction is over already
    }
    throw;
  }
  kept_ = std::move(kept);
}

}  // namespace traction
