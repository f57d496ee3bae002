#include "metrics/yardstick.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace traction {
namespace {

const MetricDefinition& metric_of(const Catalogue& catalogue, const Yardstick& yardstick) {
  const MetricDefinition* metric = catalogue.part(yardstick.metric);
  CHECK(metric);
  return *metric;
}

std::size_t place_of(const MetricDefinition& metric, const Yardstick& yardstick) {
  const MetricColumn* column = yardstick.column.empty() ? metric.columns.data() : metric.column(yardstick.column);
  CHECK(column);
  return static_cast<std::size_t>(column - metric.columns.data());
}

// Days are held against seconds, percents against shares.
double scale(std::string_view unit) { return unit == "days" ? 86400 : 1; }
double scale_of_field(std::string_view unit) { return unit == "rate" ? 0.01 : 86400; }

std::string shown(double number, std::string_view unit) {
  if (unit == "seconds") return fmt::format("{:.1f} days", number / 86400);
  if (unit == "rate") return fmt::format("{:.1f} %", number * 100);
  return fmt::format("{:.1f}{}", number, unit == "days" ? " days" : "");
}

}  // namespace

std::string setting_of(const Yardstick& yardstick) {
  constexpr std::string_view kSettings = "workspace.";
  return yardstick.otherwise.starts_with(kSettings) ? yardstick.otherwise.substr(kSettings.size()) : "";
}

Result<Yardstick> read_yardstick(std::string_view key, const json::value& given) {
  Yardstick yardstick;
  const json::object parts = given.is_object() ? given.as_object() : json::object();
  bool well = parts.contains("metric") && parts.contains("say");
  for (const auto& [name, value] : parts) {
    const std::string text = value.is_string() ? std::string(value.as_string()) : "";
    if (name == "metric") {
      yardstick.metric = text.substr(0, text.find('.'));
      yardstick.column = text.size() > yardstick.metric.size() ? text.substr(yardstick.metric.size() + 1) : "";
    } else if (name == "by") {
      yardstick.by = text;
    } else if (name == "say") {
      yardstick.say = text;
    } else if (name == "otherwise") {
      yardstick.otherwise = text;
    } else {
      well = well && name == "least" && value.is_int64() && value.as_int64() > 0;
      if (well) yardstick.least = value.as_int64();
      continue;
    }
    well = well && !text.empty();
  }
  if (!well)
    return refuse(
        Code::invalid, std::string(key),
        fmt::format("\"{}\" takes {{metric = \"…\", by = \"…\", least = 30, otherwise = \"…\", say = \"…\"}}; "
                    "\"metric\" and \"say\" are needed.",
                    key));
  return yardstick;
}

std::optional<Refusal> check_yardstick(const MetricDefinition& metric, const Catalogue& catalogue,
                                       const Schema& schema) {
  const Yardstick& yardstick = metric.yardstick;
  if (!yardstick.given()) return std::nullopt;
  const auto wrong = [&](Code code, std::string sentence) { return Refusal{code, metric.place, std::move(sentence)}; };
  const MetricDefinition* other = catalogue.part(yardstick.metric);
  if (!other) return wrong(Code::unknown, catalogue.find(yardstick.metric).error().sentence);
  if (other->kind == MetricKind::derived || other->kind == MetricKind::table || other->yardstick.given())
    return wrong(Code::invalid,
                 fmt::format("Nothing can be held against \"{}\": it is not computed from cases alone.", other->name));
  if (!yardstick.column.empty() && !other->column(yardstick.column))
    return wrong(Code::unknown, fmt::format("\"{}\" has no column \"{}\".", other->name, yardstick.column));
  const std::string setting = setting_of(yardstick);
  std::string holder = "workspace";
  if (!yardstick.by.empty() || (setting.empty() && !yardstick.otherwise.empty())) {
    const FactColumn* ours = catalogue.fact(metric.from).column(yardstick.by);
    const FactColumn* theirs = catalogue.fact(other->from).column(yardstick.by);
    if (!ours || !theirs || ours->references.empty() || ours->references != theirs->references)
      return wrong(Code::invalid, fmt::format("\"{}\" and \"{}\" do not both refer to a record by \"{}\".", metric.name,
                                              other->name, yardstick.by));
    if (setting.empty()) holder = ours->references;
  }
  if (yardstick.otherwise.empty()) return std::nullopt;
  const std::string field = yardstick.otherwise.substr(yardstick.otherwise.find('.') + 1);
  const Field* known = schema.need(holder).field(field);
  const std::string_view of = setting.empty() ? yardstick.by : holder;
  if (yardstick.otherwise != fmt::format("{}.{}", of, field) || !known || known->type != FieldType::integer)
    return wrong(Code::unknown, fmt::format("\"{}\" is no whole number of a {}.", yardstick.otherwise, holder));
  return std::nullopt;
}

std::string yardstick_table(Select& select, const Yardstick& yardstick, const FactDefinition& fact) {
  const MetricDefinition& metric = metric_of(select.catalogue(), yardstick);
  const Question& question = select.question();
  Question all;
  all.metric = &metric;
  all.leaves = {&metric};
  all.at = question.at;
  all.judged = question.judged;
  all.today = question.today;
  all.settings = question.settings;
  all.paths.resize(1);
  if (!yardstick.by.empty()) {
    const auto path = find_path(metric, select.catalogue().fact(metric.from), select.schema(), yardstick.by);
    CHECK(path.has_value());
    all.by = {yardstick.by};
    all.paths[0] = {*path};
  }
  Select part(select.catalogue(), select.schema(), all);
  const std::string cases = select_cases(part, 0, {Part::groups, {}, true}).sql;
  std::string numbers, names;
  for (std::size_t i = 0; i < metric.columns.size(); ++i) {
    numbers += fmt::format(", ({})::DOUBLE AS v{}", measure_sql(metric, i), i);
    names += fmt::format(", h.v{}", i);
  }
  const std::size_t place = place_of(metric, yardstick);
  // A weight also as the fraction it is, for amounts times it that lie halfway between two minor units.
  const bool share = metric.columns[place].measure == Measure::share;
  numbers += fmt::format(", ({})::DOUBLE AS above", share ? count_sql(fmt::format("c{}", place), false) : "NULL");
  const std::string told =
      fmt::format("h.n >= {} THEN h.v{} * {}", yardstick.least, place, scale(metric.columns[place].unit));
  const std::string setting = setting_of(yardstick);
  std::string field = "NULL";
  if (const auto set = question.settings.numbers.find(setting); set != question.settings.numbers.end())
    field = literal(set->second);
  else if (setting.empty() && !yardstick.otherwise.empty())
    field = "r." + quoted(yardstick.otherwise.substr(yardstick.by.size() + 1));
  const std::string fraction =
      share ? fmt::format(
                  ", CASE WHEN h.n >= {0} THEN h.above ELSE {1} END AS above, CASE WHEN h.n >= {0} THEN h.n "
                  "ELSE 100 END AS below",
                  yardstick.least, field)
            : fmt::format(", v AS above, 1 AS below");
  if (yardstick.by.empty())
    return fmt::format(
        "(SELECT NULL::BIGINT AS key, h.n, CASE WHEN {} ELSE {} * {} END AS v{}{} FROM (SELECT count(*) AS n{} FROM "
        "({})) h)",
        told, field, scale_of_field(metric.columns[place].unit), names, fraction, numbers, cases);
  return fmt::format(
      "(SELECT r.id AS key, coalesce(h.n, 0) AS n, CASE WHEN {} ELSE {} * {} END AS v{}{} FROM {} r LEFT JOIN (SELECT "
      "k0 AS key, count(*) AS n{} FROM ({}) GROUP BY k0) h ON h.key = r.id)",
      told, field, scale_of_field(metric.columns[place].unit), names, fraction,
      quoted(fact.column(yardstick.by)->references), numbers, cases);
}

std::string compile_yardstick(const Catalogue& catalogue, const Schema& schema, const Question& question,
                              std::size_t leaf) {
  Select select(catalogue, schema, question);
  const MetricDefinition& metric = *question.leaves[leaf];
  const FactDefinition& fact = catalogue.fact(metric.from);
  const std::string with = select.facts_at();
  const std::string table = yardstick_table(select, metric.yardstick, fact);
  std::string title = "NULL::VARCHAR", join;
  if (!metric.yardstick.by.empty()) {
    const RecordType& type = schema.need(fact.column(metric.yardstick.by)->references);
    title = fmt::format("t.{}::VARCHAR", quoted(type.title));
    join = fmt::format(" JOIN {} t ON t.id = y.key", quoted(type.name));
  }
  // Where a setting takes the place of the cases, it is told of among the settings, once for all groups.
  const std::string told =
      setting_of(metric.yardstick).empty() ? "y.v IS NOT NULL" : fmt::format("y.n >= {}", metric.yardstick.least);
  return fmt::format("{}SELECT {}, y.* EXCLUDE (key) FROM {} y{} WHERE {} ORDER BY y.key", with, title, table, join,
                     told);
}

std::string yardstick_words(const MetricDefinition& leaf, const MetricDefinition& metric, const TableRow& row) {
  const std::int64_t n = row.whole(1).value_or(0);
  const std::size_t place = place_of(metric, leaf.yardstick);
  const std::string unit = metric.columns[place].unit;
  const auto number = [&](std::size_t i) { return row.real(i).value_or(0); };
  std::vector<std::string> values;
  if (leaf.banded())
    for (std::size_t i = 0; i < metric.columns.size(); ++i)
      values.push_back(shown(number(3 + i), metric.columns[i].unit));
  else
    values.push_back(shown(number(2), unit == "days" ? "seconds" : unit));
  const bool set = n < leaf.yardstick.least;
  const std::string title = row.text(0);
  return fmt::format("{}{}{}: {} ({}n = {})", metric.label, title.empty() ? "" : ", ", title, fmt::join(values, ", "),
                     set ? "set; " : "", n);
}

}  // namespace traction
