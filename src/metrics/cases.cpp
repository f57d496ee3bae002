#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "metrics/select.h"

namespace traction {
namespace {

// A state is asked at the end of each period: the periods with their ends, as a table.
std::string ends(const Question& question, const Period& period) {
  CHECK(period.from && period.to);
  std::vector<std::string> rows;
  for (const Date begin : begins(question.grain, *period.from, *period.to, question.turning()))
    rows.push_back(fmt::format("(DATE '{}', DATE '{}')", to_string(begin),
                               to_string(std::min(step(question.grain, begin, 1), *period.to))));
  return fmt::format("(VALUES {}) pp(begins, ends)", fmt::join(rows, ", "));
}

// Tukey's fences: 1.5 interquartile ranges beyond the quartiles of the group (by linear interpolation); what lies on a
// fence is inside. Source: J. W. Tukey, "Exploratory Data Analysis" (1977).
std::string fenced(const std::string& rows, std::size_t keys) {
  std::string group = "cur, p", same = "r.cur IS NOT DISTINCT FROM q.cur AND r.p IS NOT DISTINCT FROM q.p";
  for (std::size_t i = 0; i < keys; ++i) {
    group += fmt::format(", k{}", i);
    same += fmt::format(" AND r.k{0} IS NOT DISTINCT FROM q.k{0}", i);
  }
  return fmt::format(
      "WITH r AS MATERIALIZED ({}), q AS (SELECT {}, quantile_cont(x, [0.25, 0.75]) AS q FROM r GROUP BY ALL) "
      "SELECT r.*, x BETWEEN q[1] - 1.5 * (q[2] - q[1]) AND q[2] + 1.5 * (q[2] - q[1]) AS inside FROM r JOIN q ON {}",
      rows, group, same);
}

}  // namespace

std::string select_cases(Select& select, std::size_t leaf, const Scope& scope, const Extra& extra) {
  const Question& question = select.question();
  const MetricDefinition& metric = *question.leaves[leaf];
  const FactDefinition& fact = select.catalogue().fact(metric.from);
  const bool grain = scope.grouped && question.grain != Grain::none;
  Joins joins("f");
  std::string columns;
  for (std::size_t i = 0; i < question.by.size(); ++i)
    columns += fmt::format("{} AS k{}, ",
                           scope.grouped && !metric.ignores(question.paths[leaf][i].steps[0].name)
                               ? joins.reach(question.paths[leaf][i])
                               : std::string("NULL::VARCHAR"),
                           i);
  std::string periods;
  std::string in_period;
  if (grain && metric.kind == MetricKind::state) {
    columns += "pp.begins AS p";
    periods = " CROSS JOIN " + ends(question, scope.period);
    in_period = select.open_at(fact, "pp.ends");
  } else {
    const std::string time = "f." + quoted(metric.time);
    columns += grain ? begin_sql(question.grain, time, question.turning()) + " AS p" : "NULL::DATE AS p";
    in_period = select.in_period(leaf, scope.period);
    // Cases without a day are in no period; where totals are added up, they are in those.
    if (grain && !additive(question, leaf)) in_period += " AND " + time + " IS NOT NULL";
  }
  columns += fmt::format(", {} AS cur, {} AS x", select.currency(fact), select.measured(metric, fact));
  if (metric.kind == MetricKind::duration)
    columns += fmt::format(", f.{} IS NOT NULL AS ended", quoted(fact.end()->name));
  for (std::size_t i = 0; i < metric.columns.size(); ++i)
    if (!metric.columns[i].when.empty())
      columns += fmt::format(", coalesce({}, FALSE) AS c{}", select.all(fact, metric.columns[i].when), i);
  if (extra) columns += extra(joins);
  const std::string where = select.rows(leaf, joins, true);
  const std::string rows = fmt::format("SELECT {} FROM {} f{}{} WHERE {} AND {}", columns, quoted(fact.name), periods,
                                       joins.text(), where, in_period);
  return has_outliers(metric) ? fenced(rows, question.by.size()) : rows;
}

}  // namespace traction
