#include "mart/rollups.h"

#include <fmt/format.h>

#include <set>

#include "mart/tables.h"
#include "metrics/path.h"

namespace traction {
namespace {

// "a, b"; each name as `form` makes it, with {} for the quoted name.
std::string list(const std::vector<std::string>& names, std::string_view form = "{}", std::string_view between = ", ") {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : std::string(between)) + fmt::format(fmt::runtime(form), quoted(name));
  return text;
}

// What a roll-up holds of rows, each of which counts `sign` times.
std::string counted(const Rollup& rollup, const std::string& sign, const std::string& rows) {
  std::string sums;
  for (const std::string& sum : rollup.sums)
    sums += fmt::format(
        ", coalesce(sum({0} * {1}), 0)::BIGINT AS {1}, coalesce(sum({0}) FILTER ({1} IS NOT NULL), 0)::BIGINT AS {2}",
        sign, quoted(sum), quoted(Rollup::known(sum)));
  return fmt::format("SELECT {}, sum({})::BIGINT AS {}{} FROM {} GROUP BY ALL", list(rollup.by), sign,
                     quoted(Rollup::kCases), sums, rows);
}

// The columns after those of `by`.
std::vector<std::string> numbers(const Rollup& rollup) {
  std::vector<std::string> names{Rollup::kCases};
  for (const std::string& sum : rollup.sums) {
    names.push_back(sum);
    names.push_back(Rollup::known(sum));
  }
  return names;
}

// `changes` are rows of the fact with the column `sign`.
void apply(Connection& connection, const Rollup& rollup, const std::string& changes) {
  const std::string table = quoted(rollup.name), day = quoted(rollup.by.front());
  const std::vector<std::string> added = numbers(rollup);
  connection.run(fmt::format("CREATE OR REPLACE TEMP TABLE rolled AS SELECT * FROM ({}) d WHERE {}",
                             counted(rollup, "sign", changes), list(added, "{} <> 0", " OR ")));
  // Roll-ups are filled in the order of their first column, so its bounds let DuckDB pass over most of a large one.
  const std::string near = connection.text(
      fmt::format("SELECT CASE WHEN bool_or({0} IS NULL) THEN 'TRUE' ELSE '{1}.{0} BETWEEN DATE ''' || min({0}) || "
                  "''' AND DATE ''' || max({0}) || '''' END FROM rolled",
                  day, table));
  if (near.empty()) return;
  const std::string same = list(rollup.by, table + ".{0} IS NOT DISTINCT FROM d.{0}", " AND ");
  connection.run(fmt::format("UPDATE {0} SET {1} FROM rolled d WHERE {2} AND {3}", table,
                             list(added, "{0} = " + table + ".{0} + d.{0}"), same, near));
  connection.run(
      fmt::format("INSERT INTO {0} SELECT * FROM rolled d WHERE NOT EXISTS (SELECT 1 FROM {0} WHERE {1} AND {2})",
                  table, same, near));
  connection.run(fmt::format("DELETE FROM {0} WHERE {1} = 0 AND {2}", table, quoted(Rollup::kCases), near));
}

// The columns of the fact that any of its roll-ups needs.
std::vector<std::string> needed(const FactDefinition& fact) {
  std::set<std::string> names;
  for (const Rollup& rollup : fact.rollups) {
    names.insert(rollup.by.begin(), rollup.by.end());
    names.insert(rollup.sums.begin(), rollup.sums.end());
  }
  return {names.begin(), names.end()};
}

}  // namespace

std::string create_rollups(const FactDefinition& fact) {
  std::string sql;
  for (const Rollup& rollup : fact.rollups) {
    std::string columns;
    for (const std::string& name : rollup.by)
      columns += fmt::format("{} {}, ", quoted(name), sql_name(column_kind(fact.column(name)->type)));
    sql += fmt::format("CREATE OR REPLACE TABLE {} ({}{});\n", quoted(rollup.name), columns,
                       list(numbers(rollup), "{} BIGINT"));
  }
  return sql;
}

void fill_rollups(Connection& connection, const FactDefinition& fact) {
  for (const Rollup& rollup : fact.rollups)
    connection.run(fmt::format("INSERT INTO {} {}", quoted(rollup.name), rolled_up(rollup, quoted(fact.name))));
}

void change_rollups(Connection& connection, const FactDefinition& fact, const std::string& was,
                    const std::string& now) {
  if (fact.rollups.empty()) return;
  const std::string columns = list(needed(fact));
  const std::string changes =
      fmt::format("(SELECT -1 AS sign, {0} FROM {1} UNION ALL SELECT 1, {0} FROM {2})", columns, was, now);
  for (const Rollup& rollup : fact.rollups) apply(connection, rollup, changes);
}

std::string rolled_up(const Rollup& rollup, const std::string& rows) {
  return fmt::format("{} ORDER BY {}", counted(rollup, "1", rows), quoted(rollup.by.front()));
}

std::string rolled_up(const Rollup& rollup, const std::string& rows, const std::string& table,
                      const std::string& days) {
  const auto those = [&](const char* join, const std::string& of) {
    return fmt::format("FROM {0} r {1} JOIN {2} d ON d.{3} IS NOT DISTINCT FROM r.{3}", of, join, days,
                       quoted(rollup.by.front()));
  };
  return fmt::format("SELECT r.* {} UNION ALL {}", those("ANTI", table),
                     rolled_up(rollup, fmt::format("(SELECT r.* {})", those("SEMI", rows))));
}

}  // namespace traction
