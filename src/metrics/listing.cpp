#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "metrics/compile.h"
#include "metrics/select.h"

namespace traction {
namespace {

// Whether two paths name records through the same column.
bool same_root(const Path& a, const Path& b) {
  if (a.root != b.root || a.steps.size() <= a.root || b.steps.size() <= b.root) return false;
  for (std::size_t i = 0; i <= a.root; ++i)
    if (a.steps[i].name != b.steps[i].name) return false;
  return true;
}

// The conditions under which a record m of the listed type is listed although it has no case: those of the question
// and of the metric that speak of the record itself.
std::string listed_where(Select& select, const Path& path, Joins& joins) {
  const Question& question = select.question();
  const RecordType& type = select.schema().need(path.steps[path.root].references);
  std::string where = "TRUE";
  for (const char* flag : {"sells", "active"})
    if (type.field(flag)) where += fmt::format(" AND coalesce(m.{}, TRUE)", flag);
  for (const Question::Where& filter : question.where) {
    const Path& other = filter.paths[0];
    const Path::Step& first = other.steps[other.root];
    const Field* field = type.field(first.name);
    if (same_root(path, other)) {
      where +=
          " AND " + select.test(joins.reach(other, other.root + 1), other.last().type, filter.values, filter.negate);
    } else if (field && field->references == first.references && other.steps.size() == other.root + 1) {
      // A filter by team also narrows which members are listed.
      where += " AND " + select.test("m." + quoted(field->name), field->type, filter.values, filter.negate);
    }
  }
  // A fact's column stage_kind is the field `kind` of its stage.
  const std::string prefix = path.steps[0].name + "_";
  if (question.leaves.size() == 1 && path.root == 0)
    for (const Condition& condition : question.leaves[0]->where)
      if (condition.column.starts_with(prefix))
        if (const Field* field = type.field(condition.column.substr(prefix.size())))
          where += " AND " + select.test("m." + quoted(field->name), field->type, condition.values, condition.negate);
  return where;
}

// The record that a case is shown as, by id and title: its key's, or the first it refers to where the key is a number.
const FactColumn& subject_of(const FactDefinition& fact) {
  const FactColumn& key = *fact.column(fact.key);
  if (!key.references.empty()) return key;
  const auto first =
      std::ranges::find_if(fact.columns, [](const FactColumn& each) { return !each.references.empty(); });
  return first == fact.columns.end() ? key : *first;
}

}  // namespace

std::string compile_titles(const Catalogue& catalogue, const Schema& schema, const Question& question, const Path& path,
                           const std::vector<std::string>& ids) {
  const auto [title, sort] = Select(catalogue, schema, question).title(path, "t");
  return fmt::format("SELECT t.id::VARCHAR, {}, {} FROM {} t WHERE t.id IN ({})", title, sort,
                     quoted(path.last().references), fmt::join(ids, ", "));
}

std::string compile_members(const Catalogue& catalogue, const Schema& schema, const Question& question,
                            std::size_t dimension) {
  Select select(catalogue, schema, question);
  const Path& path = question.paths[0][dimension];
  const std::string type = listed_type(path);
  if (type.empty()) return "";
  Joins joins("m");
  const std::string key = joins.reach(path, path.root + 1);
  const std::string where = listed_where(select, path, joins);
  const auto [title, sort] = select.title(path, "t");
  std::string join;
  if (!path.last().references.empty())
    join = fmt::format(" LEFT JOIN {} t ON t.id = TRY_CAST(u.k AS BIGINT)", quoted(path.last().references));
  return fmt::format(
      "SELECT u.k, {}, {} FROM (SELECT DISTINCT {}::VARCHAR AS k FROM {} m{} WHERE {}) u{} "
      "WHERE u.k IS NOT NULL",
      title, sort, key, quoted(type), joins.text(), where, join);
}

std::string compile_cases(const Catalogue& catalogue, const Schema& schema, const Question& question, std::size_t leaf,
                          std::size_t limit) {
  Select select(catalogue, schema, question);
  const MetricDefinition& metric = *question.leaves[leaf];
  const FactDefinition& fact = catalogue.fact(metric.from);
  const std::string with = select.facts_at();
  std::string names;
  const auto columns = [&](Joins& joins) {
    std::string added;
    const auto add = [&](const std::string& name, const std::string& expression) {
      // Prefixed inside, where the cases have columns of their own.
      added += fmt::format(", {} AS {}", expression, quoted("of_" + name));
      names += fmt::format("{} AS {}, ", quoted("of_" + name), quoted(name));
    };
    if (metric.yardstick.as == Yardstick::As::weight) add("weight", "y.v");
    if (metric.limited()) add("limit", "y.v::BIGINT");
    for (const FactColumn& column : fact.columns) {
      if (column.settled) continue;  // tells of the row, not of the case
      const std::string value = "f." + quoted(column.name);
      const bool subject = &column == &subject_of(fact);
      if (column.references.empty() || subject) add(column.name, value);
      if (column.references.empty()) continue;
      const RecordType& type = schema.need(column.references);
      const Path title{{{column.name, column.type, column.references, "", {}}, {type.title, {}, "", "", {}}}, 0};
      add(subject ? column.name + "_title" : column.name,
          fmt::format("coalesce({}::VARCHAR, '#' || {})", joins.reach(title), value));
    }
    return added;
  };
  // Fences are those of the groups asked for; a listing of anything else needs no groups.
  const std::string cases =
      select_cases(select, leaf, {Part::groups, question.period, has_outliers(metric), false, true}, columns).sql;
  std::string mark;
  if (select.converts(metric)) {
    const auto summed = std::ranges::find_if(
        metric.columns, [](const MetricColumn& column) { return !column.sum.empty() && column.unit == "money"; });
    mark = fmt::format("x{} AS converted_minor, ",
                       summed == metric.columns.end() ? "" : std::to_string(summed - metric.columns.begin()));
  }
  if (metric.columns[0].measure == Measure::share || metric.limited()) mark += "c0 AS counted, ";
  if (metric.yardstick.as == Yardstick::As::weight) mark += "x AS weighted, ";
  if (has_outliers(metric)) mark += "NOT inside AS outlier, ";
  const std::string listed = mark + names;
  const std::string most = limit == kAllCases ? "" : fmt::format(" LIMIT {}", limit);
  return fmt::format("{}SELECT {} FROM ({}) ORDER BY {}{}", with, listed.substr(0, listed.size() - 2), cases,
                     quoted("of_" + fact.key), most);
}

}  // namespace traction
