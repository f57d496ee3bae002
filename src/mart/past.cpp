#include "mart/past.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "mart/facts.h"
#include "mart/tables.h"
#include "metrics/path.h"

namespace traction {
namespace {

// True when the SQL names it, be it as something else: then it is built for nothing, never forgotten.
bool names(const std::string& sql, const std::string& name) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = sql.find(name); at != std::string::npos; at = sql.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_part(sql[at - 1])) && (end == sql.size() || !is_part(sql[end]))) return true;
  }
  return false;
}

}  // namespace

Past::Past(Database& database, const Schema& schema, const std::vector<FactDefinition>& facts, Seq last)
    : facts_(facts), last_(last), connection_(database), schema_(with_own_fields(connection_, schema, last)) {
  const std::string mart = quoted(connection_.text("SELECT current_database()"));
  std::string sql = "CREATE TEMP TABLE alias (id BIGINT, root BIGINT);\n";
  for (const RecordType& type : schema_.types()) sql += create_past(type, mart, last);
  connection_.run(sql + fill_alias(schema_));
}

Result<Table> Past::query(const std::string& sql, const std::vector<Cell>& parameters, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  for (const FactDefinition& fact : facts_)
    if (names(sql, fact.name) ||
        std::ranges::any_of(fact.rollups, [&](const Rollup& rollup) { return names(sql, rollup.name); }))
      build(fact);
  return connection_.query(sql, parameters, limit);
}

void Past::build(const FactDefinition& fact) {
  if (built_.contains(fact.name)) return;
  for (const FactDefinition& read : facts_)
    if (std::ranges::count(fact.reads, read.name)) build(read);
  try {
    fill_fact(connection_, fact, last_, true);
  } catch (const Fault&) {
    // An empty table here would be taken for the fact.
    connection_.run("DROP TABLE IF EXISTS temp." + quoted(fact.name));
    for (const Rollup& rollup : fact.rollups) connection_.run("DROP TABLE IF EXISTS temp." + quoted(rollup.name));
    throw;
  }
  built_.insert(fact.name);
}

}  // namespace traction
