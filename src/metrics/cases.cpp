#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "metrics/rollup.h"
#include "metrics/select.h"

namespace traction {
namespace {

// The periods as a table: a state is asked at the end of each, an opening is of all before its first day.
std::string ends(Select& select, const Period& period) {
  const Question& question = select.question();
  CHECK(period.from && period.to);
  std::vector<std::string> rows;
  for (const Date begin : begins(question.grain, *period.from, *period.to, question.turning())) {
    const Date end = std::min(step(question.grain, begin, 1), *period.to);
    rows.push_back(fmt::format("(DATE '{}', DATE '{}', DATE '{}', make_timestamp({}))", to_string(begin),
                               to_string(std::max(begin, *period.from)), to_string(end),
                               select.end_of({period.from, end}).micros));
  }
  return fmt::format("(VALUES {}) pp(begins, opens, ends, judged)", fmt::join(rows, ", "));
}

// Adds to rows with x whether it lies within the fences of its group.
std::string fenced(const std::string& rows, std::size_t keys, bool by_period) {
  std::string group = "cur", same = "r.cur = q.cur";
  if (by_period) group += ", p", same += " AND r.p IS NOT DISTINCT FROM q.p";
  for (std::size_t i = 0; i < keys; ++i) {
    group += fmt::format(", k{}", i);
    same += fmt::format(" AND r.k{0} IS NOT DISTINCT FROM q.k{0}", i);
  }
  return fmt::format(
      "WITH r AS MATERIALIZED ({}), q AS (SELECT {}, fences(x, segment) AS q FROM r GROUP BY ALL) "
      "SELECT r.*, x BETWEEN q[3] AND q[4] AS inside FROM r JOIN q ON {}",
      rows, group, same);
}

// Of a table with an opening: before the first day of the period, or without a day; else in the period.
std::string opening(const std::string& time, const std::string& first_day) {
  if (first_day.empty()) return time + " IS NULL";
  return fmt::format("coalesce({} < {}, TRUE)", time, first_day);
}

// Above the edge below a band, up to the one above it; the last has none above.
std::string in_band(const MetricDefinition& metric, int band) {
  const std::string x = "f." + quoted(metric.value);
  const auto last = static_cast<int>(std::ranges::count_if(metric.columns, [](const auto& c) { return c.band > 0; }));
  std::string text = "TRUE";
  if (band > 1) text += fmt::format(" AND {} > y.v{}", x, band - 2);
  if (band < last) text += fmt::format(" AND {} <= y.v{}", x, band - 1);
  return text;
}

// The record whose cases outliers may all be of.
std::string segment_sql(Select& select, const MetricDefinition& metric, const FactDefinition& fact, Joins& joins) {
  if (metric.segment.empty()) return "NULL::BIGINT";
  const auto path = find_path(metric, fact, select.schema(), metric.segment);
  CHECK(path.has_value());
  return joins.reach(*path);
}

}  // namespace

CasesSql select_cases(Select& select, std::size_t leaf, const Scope& scope, const Extra& extra) {
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
  std::string first_day = has_opening(metric) && !grain && scope.period.from ? literal(*scope.period.from) : "";
  const std::string time = Select::day_of(metric);
  if (grain && metric.kind == MetricKind::state) {
    columns += "pp.begins AS p";
    periods = " CROSS JOIN " + ends(select, scope.period);
    in_period = select.open_at(fact, "pp.ends");
  } else if (grain && has_opening(metric)) {
    columns += "pp.begins AS p";
    periods = " CROSS JOIN " + ends(select, scope.period);
    in_period = fmt::format("coalesce({} < pp.ends, TRUE)", time);
    first_day = "pp.opens";
  } else {
    columns += grain ? begin_sql(question.grain, time, question.turning()) + " AS p" : "NULL::DATE AS p";
    in_period = select.in_period(leaf, scope.period);
    // Cases without a day are in no period; where totals are added up, they are in those.
    if (grain && !additive(question, leaf)) in_period += " AND " + time + " IS NOT NULL";
  }
  const bool aged = metric.kind == MetricKind::state && metric.unit == "seconds" && metric.value.empty();
  std::string age;
  if (aged || metric.limited()) age = select.age(metric, grain ? "pp.judged" : literal(select.end_of(scope.period)));
  columns += fmt::format(", {} AS cur", select.currency(fact));
  if (metric.kind == MetricKind::duration)
    columns += fmt::format(", f.{0} IS NOT NULL AS ended, f.{1} AS since, f.{0} AS until, {2} AS judged",
                           quoted(fact.end()->name), quoted(metric.since), literal(question.judged));
  for (std::size_t i = 0; i < metric.columns.size(); ++i) {
    const MetricColumn& column = metric.columns[i];
    std::string counts = select.all(fact, column.when);
    if (has_opening(metric) && column.measure != Measure::formula)
      counts += fmt::format(" AND {}({})", column.before ? "" : "NOT ", opening(time, first_day));
    if (metric.limited()) counts += fmt::format(" AND {} > y.v", age);
    if (column.band > 0) counts = in_band(metric, column.band);
    if (counts != "TRUE") columns += fmt::format(", coalesce({}, FALSE) AS c{}", counts, i);
    if (!column.sum.empty())
      columns += fmt::format(", {} AS x{}",
                             column.unit == "money" ? select.amount(fact, column.sum) : "f." + quoted(column.sum), i);
  }
  if (has_outliers(metric)) columns += fmt::format(", {} AS segment", segment_sql(select, metric, fact, joins));
  if (extra) columns += extra(joins);
  const std::string where = select.rows(leaf, joins, true);
  const std::string from = periods + joins.text() + " WHERE " + where + " AND " + in_period;
  const Rollup* rollup = scope.rolled ? rollup_for(select.catalogue(), question, leaf, columns + from) : nullptr;
  if (rollup) {
    if (!metric.value.empty())
      columns += fmt::format(", CASE WHEN f.{} > 0 THEN f.{} END AS x", quoted(Rollup::known(metric.value)),
                             quoted(metric.value));
    return {fmt::format("SELECT {}, f.{} AS w FROM {} f{}", columns, Rollup::kCases, quoted(rollup->name), from), true};
  }
  columns += fmt::format(", {} AS x", aged ? age : select.measured(metric, fact));
  const std::string rows = fmt::format("SELECT {} FROM {} f{}", columns, quoted(fact.name), from);
  return {scope.fenced && has_outliers(metric) ? fenced(rows, question.by.size(), grain) : rows, false};
}

}  // namespace traction
