#include "metrics/passport.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"

namespace traction {
namespace {

std::string words(const std::vector<Condition>& conditions) {
  std::vector<std::string> parts;
  for (const Condition& condition : conditions) {
    std::vector<std::string> values;
    for (const std::string& value : condition.values) values.push_back(value.empty() ? "empty" : value);
    parts.push_back(
        fmt::format("{} is {}{}", condition.column, condition.negate ? "not " : "", fmt::join(values, " or ")));
  }
  return fmt::format("{}", fmt::join(parts, " and "));
}

std::string column_words(const MetricDefinition& metric, const MetricColumn& column) {
  const std::string where = metric.where.empty() ? "" : " where " + words(metric.where);
  const std::string measured = metric.kind != MetricKind::duration ? metric.value
                               : metric.business                   ? "working time from start to end"
                                                                   : "time from start to end";
  switch (column.measure) {
    case Measure::formula:
      return column.words;
    case Measure::count:
      return fmt::format("count of {}{}{}", metric.from, where,
                         column.when.empty() ? "" : (where.empty() ? " where " : " and ") + words(column.when));
    case Measure::distinct:
      return fmt::format("number of different values of {} in {}{}", measured, metric.from, where);
    case Measure::sum:
      return fmt::format("sum of {} over {}{}{}{}", column.sum.empty() ? measured : column.sum, metric.from, where,
                         column.when.empty() ? "" : (where.empty() ? " where " : " and ") + words(column.when),
                         column.before ? ", before the period" : "");
    case Measure::noise:
      return fmt::format("1.96 × the root of the sum of squares of {} over {}{}", measured, metric.from, where);
    case Measure::share:
      if (column.band > 0)
        return fmt::format("share of {} in band {} of {}{}", measured, column.band, metric.from, where);
      return fmt::format("share with {} of {}{}", words(column.when), metric.from, where);
    case Measure::mean:
      return fmt::format("sum of {} / count of {}{}", measured, metric.from, where);
    case Measure::without_outliers:
      return fmt::format("the mean within Tukey's fences, quartiles ± 1.5 interquartile ranges of the group");
    case Measure::kept:
      return "cases within the fences";
    case Measure::longest:
      return fmt::format("greatest {} over {}{}", measured, metric.from, where);
    case Measure::p25:
    case Measure::median:
    case Measure::p75:
    case Measure::p90:
      return fmt::format(
          "{} of {} over {}{}{}", column.name, measured, metric.from, where,
          metric.kind == MetricKind::duration ? ", open ones censored (Kaplan-Meier)" : ", by linear interpolation");
  }
  return "";
}

// How the cases are held against the numbers of another metric.
std::string held_words(const MetricDefinition& metric) {
  const Yardstick& yardstick = metric.yardstick;
  const std::string number =
      yardstick.metric + (yardstick.column.empty() ? "" : "." + yardstick.column) +
      (yardstick.by.empty() ? "" : fmt::format(" of the {}", yardstick.by)) +
      (yardstick.otherwise.empty() ? "" : fmt::format(" (n ≥ {}, else {})", yardstick.least, yardstick.otherwise));
  if (yardstick.as == Yardstick::As::weight) return ", weighted by " + number;
  if (yardstick.as == Yardstick::As::limit) return ", longer since " + metric.since + " than " + number;
  if (yardstick.as == Yardstick::As::lag) return ", later by " + number;
  return yardstick.as == Yardstick::As::bands ? ", bands between the columns of " + number : "";
}

std::string period_words(const Question& question, const Period& period) {
  const bool state = question.metric->kind == MetricKind::state;
  std::string text = "all time";
  if (period.from && period.to)
    text = fmt::format("{} to {}", to_string(*period.from), to_string(Date{period.to->days - 1}));
  else if (period.from)
    text = fmt::format("from {}", to_string(*period.from));
  else if (period.to)
    text = fmt::format("to {}", to_string(Date{period.to->days - 1}));
  if (state) return period.to ? text + ", as it stood at the end" : "as it stands";
  std::vector<std::string> times;
  for (const MetricDefinition* leaf : question.leaves)
    if (!leaf->time.empty() && std::ranges::find(times, leaf->time) == times.end()) times.push_back(leaf->time);
  return times.empty() ? text : fmt::format("{}, by {}", text, enumerate(times));
}

std::string currency_rule(const Question& question, const Rows& rows) {
  if (!question.by_currency) return "";
  if (question.converted)
    return fmt::format(
        "Amounts are in {}, the workspace's currency: by the rate of the day of what is settled, as known then (of a "
        "closed deal the day it closed), and by that of {} of what is still open. Without a rate they are left out.",
        question.settings.currency, to_string(question.today));
  const std::string rule = "Amounts are never added across currencies: each row is of one.";
  if (rows.currencies.size() <= 1) return rule;
  return fmt::format("{} There are {}; for their totals ask without a grouping.", rule, enumerate(rows.currencies));
}

// "owner: The deal's owner when it closed."
std::vector<std::string> grouped(const Question& question) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < question.by.size(); ++i) {
    const Path& path = question.paths[0][i];
    std::vector<std::string> way;
    for (const Path::Step& step : path.steps) way.push_back(step.name);
    const std::string about = path.steps.size() == 1 ? path.last().about : "As the records say now.";
    lines.push_back(fmt::format("{}: {}{}{}", question.by[i], fmt::join(way, "."), about.empty() ? "" : ". ", about));
  }
  return lines;
}

void add_parts(const Catalogue& catalogue, const MetricDefinition& metric, std::vector<std::string>& parts) {
  if (metric.kind != MetricKind::derived) return;
  for (const std::string& used : names(metric.columns[0].formula)) {
    const MetricDefinition* part = catalogue.part(used.substr(0, used.find('.')));
    const std::string words = fmt::format("{}, version {}", part->name, part->version);
    if (std::ranges::find(parts, words) != parts.end()) continue;
    parts.push_back(words);
    add_parts(catalogue, *part, parts);
  }
}

}  // namespace

std::string formula_words(const MetricDefinition& metric) {
  std::vector<std::string> parts;
  for (const MetricColumn& column : metric.columns) {
    const std::string words = column_words(metric, column);
    parts.push_back(metric.columns.size() == 1 ? words : fmt::format("{} = {}", column.name, words));
  }
  const std::string noise = metric.noise ? fmt::format("; ± {} by chance (95 %)", metric.noise_words) : "";
  return fmt::format("{}{}{}", fmt::join(parts, "; "), held_words(metric), noise);
}

Passport make_passport(const Asking& asking, const Question& question, const Groups& groups, const Rows& rows) {
  const MetricDefinition& metric = *question.metric;
  Passport passport;
  passport.name = metric.name;
  passport.label = metric.label;
  passport.unit = metric.unit;
  passport.about = metric.about;
  passport.source = metric.source;
  passport.better = metric.better;
  passport.formula = formula_words(metric);
  passport.version = metric.version;
  add_parts(asking.catalogue, metric, passport.parts);
  passport.zone = question.settings.zone;
  passport.currency_rule = currency_rule(question, rows);
  passport.period = period_words(question, question.period);
  if (question.shows_comparison) passport.compared = period_words(question, question.comparison->then);
  if (question.comparison && !question.shows_comparison)
    passport.period += "; against " + period_words(question, question.comparison->then);
  passport.at = to_string(question.judged);
  passport.as_of = asking.as_of;
  if (question.as_of) passport.as_of_at = to_string(*question.as_of);
  passport.smallest_n = smallest_n(metric.columns[0]);
  passport.target = metric.target;
  passport.grouped = grouped(question);
  for (const Question::Where& where : question.where) passport.filters.push_back(where.words);
  const RecordType& workspace = asking.schema.need("workspace");
  for (std::size_t leaf = 0; leaf < question.leaves.size(); ++leaf) {
    for (const std::string& setting : question.leaves[leaf]->settings) {
      const Field& field = *workspace.field(setting);
      if (const auto number = question.settings.numbers.find(setting); number != question.settings.numbers.end())
        passport.settings.push_back(
            fmt::format("{}: {}{}", field.label, number->second, field.type == FieldType::duration ? " s" : ""));
      if (const auto text = question.settings.texts.find(setting); text != question.settings.texts.end())
        passport.settings.push_back(fmt::format("{}: {}", field.label, text->second));
    }
    const auto said = remarks(asking.catalogue, question, leaf);
    for (std::size_t i = 0; i < said.size() && i < groups.remarks[leaf].size(); ++i)
      if (const std::int64_t n = groups.remarks[leaf][i]; n > 0)
        passport.left_out.push_back(fmt::format("{} {}", n, said[i].words));
  }
  if (!question.too_short.empty()) passport.left_out.push_back(question.too_short);
  if (!rows.all_listed) passport.left_out.push_back("Groups without a case are not listed: there would be too many.");
  return passport;
}

}  // namespace traction
