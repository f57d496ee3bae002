#include "metrics/compile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "metrics/rollup.h"
#include "metrics/select.h"

namespace traction {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// What survival() takes of each case of a duration.
const char* lifetimes_of(const MetricDefinition& metric) {
  return metric.business ? "x, ended" : "since, until, judged";
}

class NumbersSql {
 public:
  NumbersSql(const Catalogue& catalogue, const Schema& schema, const Question& question)
      : select_(catalogue, schema, question), question_(question), layout_(layout(question)) {}

  std::string sql() {
    const bool keyed = !question_.by.empty() || question_.grain != Grain::none;
    std::vector<std::string> parts;
    for (std::size_t leaf = 0; leaf < question_.leaves.size(); ++leaf) {
      const bool totals = keyed && !additive(question_, leaf);
      add_numbers(parts, leaf, question_.period, Part::groups, totals);
      if (question_.comparison) add_numbers(parts, leaf, question_.comparison->then, Part::groups_then, totals);
      const auto said = remarks(select_.catalogue(), question_, leaf);
      for (std::size_t i = 0; i < said.size(); ++i) parts.push_back(remark(leaf, i, said[i]));
    }
    return select_.facts_at() + fmt::format("{}", fmt::join(parts, " UNION ALL "));
  }

 private:
  const FactDefinition& fact(std::size_t leaf) { return select_.catalogue().fact(question_.leaves[leaf]->from); }

  // The groups, and with `totals` the part after them: what they come to together.
  void add_numbers(std::vector<std::string>& parts, std::size_t leaf, const Period& period, Part part, bool totals) {
    const Part total{static_cast<int>(part) + 1};
    // In both are the same cases, unless one is asked for again at the end of each period, or has no day.
    const MetricDefinition& metric = *question_.leaves[leaf];
    const bool again = metric.kind == MetricKind::state || has_opening(metric);
    // Where the metric ignores every key, nothing would tell the total from the groups.
    bool told_apart = question_.grain != Grain::none;
    for (const Path& path : question_.paths[leaf]) told_apart |= !metric.ignores(path.steps[0].name);
    const bool together =
        totals && told_apart && (question_.grain == Grain::none || (!again && (period.from || period.to)));
    parts.push_back(numbers(leaf, {part, period, true, true}, together ? std::optional(total) : std::nullopt));
    if (totals && !together) parts.push_back(numbers(leaf, {total, period, false, true}));
  }

  // With `total`, also that part, reckoned from the same cases.
  std::string numbers(std::size_t leaf, const Scope& scope, std::optional<Part> total = {}) {
    const MetricDefinition& metric = *question_.leaves[leaf];
    // Keys are grouped by as they are; those that are no whole numbers are made texts afterwards, when they are fewer.
    // What is the same of all cases is not grouped by.
    std::vector<std::string> keys;
    std::string texts;
    for (std::size_t i = 0; i < layout_.keys; ++i) {
      const Path& path = question_.paths[leaf][i];
      const bool same = !scope.grouped || metric.ignores(path.steps[0].name);
      if (!same) keys.push_back(fmt::format("k{}", i));
      const FieldType type = path.last().type;
      const bool whole = type == FieldType::reference || type == FieldType::integer;
      texts += fmt::format(", {}::{}", same ? "NULL" : keys.back(), whole ? "BIGINT" : "VARCHAR");
    }
    if (scope.grouped && question_.grain != Grain::none) keys.emplace_back("p");
    const std::string period = keys.empty() || keys.back() != "p" ? "NULL::DATE" : "p";
    const std::string currency = question_.by_currency ? "cur" : "NULL::VARCHAR";
    std::string names;
    for (std::size_t i = 0; i < layout_.numbers(); ++i) names += fmt::format(", v{}", i);
    if (question_.by_currency) keys.emplace_back("cur");
    const std::string all = fmt::format("{}", fmt::join(keys, ", "));
    CasesSql cases = select_cases(select_, leaf, scope);
    if (metric.kind == MetricKind::duration) cases = gathered(metric, cases, all);
    std::string values;
    for (std::size_t i = 0; i < layout_.width; ++i)
      values += i < metric.columns.size()
                    ? fmt::format(", ({})::DOUBLE AS v{}", measure_sql(metric, i, cases.rolled), i)
                    : fmt::format(", NULL::DOUBLE AS v{}", i);
    if (layout_.segmented)
      values +=
          fmt::format(", fences(x, segment)[5] AS v{}, fences(x, segment)[6] AS v{}", layout_.width, layout_.width + 1);
    const bool lasts = metric.kind == MetricKind::duration;
    const std::string count = lasts ? "survival(lives)[4]::BIGINT" : count_sql("", cases.rolled);
    const std::string hits = lasts ? "survival(lives)[5]::BIGINT"
                             : metric.columns[0].measure == Measure::share || metric.limited()
                                 ? count_sql("c0", cases.rolled)
                                 : "NULL::BIGINT";
    const std::string exact = metric.columns[0].measure == Measure::sum && metric.kind != MetricKind::table
                                  ? "sum(x)::BIGINT"
                                  : "NULL::BIGINT";
    const std::string part = std::to_string(static_cast<int>(scope.part));
    const std::string parts = total ? fmt::format("{} + grouping({})", part, keys[0]) : part;
    const std::string grouped =
        total ? fmt::format("GROUPING SETS (({}), ({}))", all, question_.by_currency ? "cur" : "") : "ALL";
    return fmt::format(
        "SELECT part, {}{}, {}, {}, n, hits, exact{} FROM (SELECT {} AS part, {}{}{} AS n, {} AS hits, {} AS exact{} "
        "FROM ({}) GROUP BY {} HAVING count(*) > 0)",
        leaf, texts, period, currency, names, parts, all, all.empty() ? "" : ", ", count, hits, exact, values,
        cases.sql, grouped);
  }

  // Durations by their keys, so that each is sorted once: what they come to together is told from the sorted ones.
  static CasesSql gathered(const MetricDefinition& metric, const CasesSql& cases, const std::string& keys) {
    return {fmt::format("SELECT {}{}lifetimes({}) AS lives FROM ({}) GROUP BY ALL HAVING lives IS NOT NULL", keys,
                        keys.empty() ? "" : ", ", lifetimes_of(metric), cases.sql),
            true};
  }

  std::string remark(std::size_t leaf, std::size_t place, const Noted& said) {
    const MetricDefinition& metric = *question_.leaves[leaf];
    Joins joins("f");
    const bool counted = said.kind == Noted::Kind::mentioned;
    std::string where = select_.rows(leaf, joins, counted);
    const std::string time = metric.kind == MetricKind::state ? "" : "f." + quoted(metric.time);
    if (said.remark) where += " AND " + select_.all(fact(leaf), said.remark->when);
    if (said.kind == Noted::Kind::without_rate) where += " AND " + select_.without_rate(metric, fact(leaf));
    const bool unheld = said.kind == Noted::Kind::not_held;
    if (!counted && (unheld || metric.lagged())) select_.hold_against(metric, joins);
    if (unheld) where += " AND y.v IS NULL";
    if (said.kind == Noted::Kind::too_young)
      where += fmt::format(" AND NOT {}", select_.old_enough(metric, fact(leaf)));
    if (said.kind == Noted::Kind::undated)
      where += fmt::format(" AND {} IS NULL", time);
    else if (said.kind == Noted::Kind::left_out && !time.empty())
      where += fmt::format(" AND (({}) OR {} IS NULL)", select_.in_period(leaf, question_.period), time);
    else if (!metric.lagged() || !unheld)  // whose day is not known without a lag
      where += " AND " + select_.in_period(leaf, question_.period);
    const std::string from = joins.text() + " WHERE " + where;
    const Rollup* rollup = rollup_for(select_.catalogue(), question_, leaf, from);
    return fmt::format("SELECT {}, {}{}, NULL, NULL, {}, {}, NULL{} FROM {} f{}", static_cast<int>(Part::remark), leaf,
                       repeat(", NULL", layout_.keys),
                       rollup ? fmt::format("coalesce(sum(f.{}), 0)::BIGINT", Rollup::kCases) : "count(*)", place,
                       repeat(", NULL", layout_.numbers()), quoted(rollup ? rollup->name : metric.from), from);
  }

  Select select_;
  const Question& question_;
  const Layout layout_;
};

}  // namespace

std::string count_sql(const std::string& column, bool rolled) {
  const std::string filter = column.empty() ? "" : fmt::format(" FILTER ({})", column);
  return rolled ? fmt::format("coalesce(sum(w){}, 0)::BIGINT", filter) : "count(*)" + filter;
}

std::string measure_sql(const MetricDefinition& metric, std::size_t i, bool rolled) {
  const MetricColumn& column = metric.columns[i];
  const bool duration = metric.kind == MetricKind::duration;
  const auto quantile = [&](double q, int place) {
    if (!duration) return fmt::format("quantile_cont(x, {})", q);
    return fmt::format("survival({})[{}]", rolled ? "lives" : lifetimes_of(metric), place);
  };
  switch (column.measure) {
    case Measure::formula:  // computed from the others afterwards
    case Measure::count:
      return count_sql(column.when.empty() && !metric.limited() ? "" : fmt::format("c{}", i), rolled);
    case Measure::distinct:
      return "count(DISTINCT x)";
    case Measure::sum:
      if (column.sum.empty()) return "sum(x)";
      return fmt::format("coalesce(sum(x{0}){1}, 0)", i,
                         has_opening(metric) || !column.when.empty() ? fmt::format(" FILTER (c{})", i) : "");
    case Measure::share:
      return fmt::format("{} / {}", count_sql(fmt::format("c{}", i), rolled), count_sql("", rolled));
    case Measure::mean:
      return "avg(x)";
    case Measure::noise:  // as many cases as there are come by chance (Poisson), each with its own amount
      return "1.959963984540054 * sqrt(sum(x::DOUBLE * x))";
    case Measure::p25:
      return quantile(0.25, 0);
    case Measure::longest:
      return "max(x)";
    case Measure::median:
      return quantile(0.5, 1);
    case Measure::p75:
      return quantile(0.75, 2);
    case Measure::p90:
      return quantile(0.9, 3);
    case Measure::without_outliers:
      return "fences(x, segment)[1]";
    case Measure::kept:
      return "fences(x, segment)[2]";
  }
  return "NULL";
}

Layout layout(const Question& question) {
  Layout layout{question.by.size(), 0, !question.metric->segment.empty()};
  for (const MetricDefinition* leaf : question.leaves) layout.width = std::max(layout.width, leaf->columns.size());
  return layout;
}

bool additive(const Question& question, std::size_t leaf) {
  const MetricDefinition& metric = *question.leaves[leaf];
  // A state is asked at the end of each period: what is open at two ends is two cases. So is what opens two.
  if ((metric.kind == MetricKind::state || has_opening(metric)) && question.grain != Grain::none) return false;
  if (metric.kind == MetricKind::duration || metric.kind == MetricKind::distribution) return false;
  return std::ranges::all_of(metric.columns, [](const MetricColumn& column) {
    return column.measure == Measure::count || column.measure == Measure::sum || column.measure == Measure::share ||
           column.measure == Measure::formula;
  });
}

bool has_outliers(const MetricDefinition& metric) { return metric.column("without_outliers") || metric.column("kept"); }

std::vector<Noted> remarks(const Catalogue& catalogue, const Question& question, std::size_t leaf) {
  const MetricDefinition& metric = *question.leaves[leaf];
  std::vector<Noted> said;
  for (const Remark& remark : metric.leave_out) said.push_back({Noted::Kind::left_out, &remark, remark.say});
  if (question.converted && is_money(metric))
    said.push_back({Noted::Kind::without_rate, nullptr, "for whose currency there is no exchange rate on their day"});
  if (metric.judges_age()) said.push_back({Noted::Kind::too_young, nullptr, metric.old_enough_say});
  if (metric.yardstick.given()) said.push_back({Noted::Kind::not_held, nullptr, metric.yardstick.say});
  const bool in_time = question.period.from || question.period.to || question.grain != Grain::none;
  const FactDefinition& fact = catalogue.fact(metric.from);
  // Where a missing beginning is already left out by name, a missing day says the same again.
  const bool told = std::ranges::any_of(metric.leave_out, [&](const Remark& remark) {
    const FactColumn* column = remark.when.size() == 1 ? fact.column(remark.when[0].column) : nullptr;
    return column && column->type == FieldType::instant && day_column(*column) == metric.time;
  });
  if (in_time && metric.kind != MetricKind::state && !has_opening(metric) && !told)
    said.push_back({Noted::Kind::undated, nullptr, fmt::format("in no period: {} is not known", metric.time)});
  for (const Remark& remark : metric.mention) said.push_back({Noted::Kind::mentioned, &remark, remark.say});
  return said;
}

std::string compile(const Catalogue& catalogue, const Schema& schema, const Question& question) {
  return NumbersSql(catalogue, schema, question).sql();
}

}  // namespace traction
