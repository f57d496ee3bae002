#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "metrics/select.h"

namespace traction {
namespace {

// The first day of the period that a date column falls in.
std::string period_of(const std::string& day, Grain grain, int week) {
  if (grain == Grain::day) return day;
  if (grain == Grain::week && week != 0) return fmt::format("(date_trunc('week', {0} + {1})::DATE - {1})", day, week);
  return fmt::format("date_trunc('{}', {})::DATE", name(grain), day);
}

// A state is asked at the end of each period: the periods with their ends, as a table.
std::string ends(const Question& question, const Period& period) {
  CHECK(period.from && period.to);
  std::vector<std::string> rows;
  for (const Date begin : begins(question.grain, *period.from, *period.to, question.week()))
    rows.push_back(fmt::format("(DATE '{}', DATE '{}')", to_string(begin),
                               to_string(std::min(step(question.grain, begin, 1), *period.to))));
  return fmt::format("(VALUES {}) pp(begins, ends)", fmt::join(rows, ", "));
}

// Tukey's fences: 1.5 interquartile ranges beyond the quartiles of the group (by linear interpolation); what lies on a
// fence is inside. Source: J. W. Tukey, "Exploratory Data Analysis" (1977).
std::string fenced(const std::string& rows, std::size_t keys) {
  std::string group = "cur, p";
  for (std::size_t i = 0; i < keys; ++i) group += fmt::format(", k{}", i);
  return fmt::format(
      "SELECT *, x BETWEEN q1 - 1.5 * (q3 - q1) AND q3 + 1.5 * (q3 - q1) AS inside FROM ("
      "SELECT *, quantile_cont(x, 0.25) OVER w AS q1, quantile_cont(x, 0.75) OVER w AS q3 FROM ({}) "
      "WINDOW w AS (PARTITION BY {}))",
      rows, group);
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
    columns += fmt::format("{}::VARCHAR AS k{}, ",
                           scope.grouped ? joins.reach(question.paths[leaf][i]) : std::string("NULL"), i);
  std::string periods;
  std::string in_period;
  if (grain && metric.kind == MetricKind::state) {
    columns += "pp.begins::VARCHAR AS p";
    periods = " CROSS JOIN " + ends(question, scope.period);
    in_period = select.open_at(fact, "pp.ends");
  } else {
    const std::string time = "f." + quoted(metric.time);
    columns += grain ? period_of(time, question.grain, question.week()) + "::VARCHAR AS p" : "NULL::VARCHAR AS p";
    in_period = select.in_period(leaf, scope.period);
    if (grain) in_period += " AND " + time + " IS NOT NULL";
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
