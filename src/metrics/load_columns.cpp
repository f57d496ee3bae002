#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "metrics/metric_reader.h"

namespace traction {
namespace {

const std::vector<std::string> kMeasures = {"mean", "median", "p75",    "p90", "without_outliers",
                                            "kept", "p25",    "longest"};

}  // namespace

void MetricReader::add(std::string column_name, std::string unit, Measure measure, std::vector<Condition> when) {
  if (metric_.column(column_name))
    wrong("columns", fmt::format("The column \"{}\" is there twice.", excerpt(column_name)), Code::duplicate);
  metric_.columns.push_back({std::move(column_name), std::move(unit), measure, std::move(when), {}, ""});
}

void MetricReader::add_formula(std::string column_name, std::string unit, const std::string& words,
                               std::string_view key) {
  if (words.empty()) return wrong(key, "A derived metric needs a formula.", Code::required);
  auto formula = parse_formula(words);
  if (!formula) return wrong(key, formula.error().sentence, formula.error().code);
  if (mentions(*formula, Formula::Kind::last_year) && mentions(*formula, Formula::Kind::improving))
    return wrong(key, "A formula looks back to last year or to the period before, not to both.");
  add(std::move(column_name), std::move(unit), Measure::formula);
  metric_.columns.back().formula = std::move(*formula);
  metric_.columns.back().words = words;
}

void MetricReader::measured(const std::string& column) {
  if (summable("value", column, metric_.unit)) metric_.value = column;
}

bool MetricReader::summable(std::string_view key, const std::string& column, std::string_view unit) {
  const FactColumn* found = need_column(key, column);
  if (!found) return false;
  const bool number = found->type == FieldType::integer || found->type == FieldType::decimal ||
                      found->type == FieldType::duration || found->type == FieldType::money;
  if (!number)
    wrong(key, fmt::format("\"{}\" is not a number.", column));
  else if ((found->type == FieldType::money) != (unit == "money"))
    wrong("unit", "The unit is money where an amount is measured, and nowhere else.");
  else if (unit == "money" && !fact_->column("currency"))
    wrong(key, fmt::format("The fact \"{}\" has no currency.", fact_->name));
  return true;
}

void MetricReader::read_columns(const json::value& columns, const json::value& share) {
  if (!share.is_null() && metric_.value != "share") wrong("share", "\"share\" goes with value = \"share\".");
  if (metric_.value == "age" && metric_.kind == MetricKind::state) {
    metric_.value.clear();
    if (metric_.unit != "seconds") wrong("unit", "The unit of an age is seconds.");
  } else if (metric_.kind == MetricKind::base || metric_.kind == MetricKind::state) {
    return read_value(share);
  }
  if (!columns.is_array() || columns.as_array().empty())
    return wrong("columns", "This kind of metric needs \"columns\".", Code::required);
  if (metric_.kind == MetricKind::distribution || metric_.banded()) measured(metric_.value);
  if (metric_.kind == MetricKind::duration) {
    if (!fact_->start() || !fact_->end()) wrong("from", "A duration needs a fact with a start and an end.");
    if (metric_.unit != "seconds") wrong("unit", "The unit of a duration is seconds.");
  }
  for (const json::value& column : columns.as_array()) {
    if (metric_.kind == MetricKind::table)
      read_table_column(column);
    else
      read_measure(column);
  }
}

void MetricReader::read_value(const json::value& share) {
  const std::string given = metric_.value;
  if (given.starts_with("distinct(") && given.ends_with(')')) {
    metric_.value = given.substr(9, given.size() - 10);
    if (metric_.unit != "count") wrong("unit", "The unit of a count is count.");
    if (!need_column("value", metric_.value)) return;
    return add("value", "count", Measure::distinct);
  }
  if (given == "count") {
    metric_.value.clear();
    if (metric_.unit != "count") wrong("unit", "The unit of a count is count.");
    return add("value", "count", Measure::count);
  }
  if (given == "share") {
    metric_.value.clear();
    if (metric_.unit != "rate") wrong("unit", "The unit of a share is rate.");
    add("value", "rate", Measure::share);
    conditions("share", share, false, metric_.columns.back().when);
    if (metric_.columns.back().when.empty() && !metric_.limited())
      wrong("share", "A share needs \"share = {…}\".", Code::required);
    return;
  }
  if (given.starts_with("noise(") && given.ends_with(')')) {
    measured(given.substr(6, given.size() - 7));
    return add("value", metric_.unit, Measure::noise);
  }
  if (!given.starts_with("sum(") || !given.ends_with(')'))
    return wrong("value", "\"value\" is count, distinct(COLUMN), sum(COLUMN), noise(COLUMN) or share.",
                 given.empty() ? Code::required : Code::invalid);
  measured(given.substr(4, given.size() - 5));
  add("value", metric_.unit, Measure::sum);
}

void MetricReader::read_measure(const json::value& column) {
  const std::string measure = column.is_string() ? std::string(column.as_string()) : "";
  const auto found = std::ranges::find(kMeasures, measure);
  const bool quantile = measure == "p25" || measure == "median" || measure == "p75" || measure == "p90";
  if (found == kMeasures.end() || (metric_.kind != MetricKind::distribution && !quantile) ||
      (metric_.kind == MetricKind::duration && measure == "p25"))
    return wrong("columns", fmt::format("\"{}\" is no column of a {}.", excerpt(measure), name(metric_.kind)),
                 Code::unknown);
  const auto place = static_cast<int>(found - kMeasures.begin());
  add(measure, measure == "kept" ? "count" : metric_.unit,
      static_cast<Measure>(static_cast<int>(Measure::mean) + place));
}

void MetricReader::read_metric_columns(const json::value& columns) {
  if (!columns.is_array() || columns.as_array().empty())
    return wrong("columns", "A table needs a fact (\"from\"), or \"columns\" that are metrics.", Code::required);
  for (const json::value& given : columns.as_array()) {
    const json::object* column = given.if_object();
    const auto text = [&](const char* key) {
      const json::value* value = column ? column->if_contains(key) : nullptr;
      return value && value->is_string() ? std::string(value->as_string()) : std::string();
    };
    const auto formula = parse_formula(text("metric"));
    if (!column || column->size() != 3 || text("name").empty() || !formula || formula->kind != Formula::Kind::name)
      return wrong("columns", "A column of a table without a fact has a name, a unit and a metric.");
    one_of("unit", text("unit"), kUnits);
    add_formula(text("name"), text("unit"), text("metric"), "columns");
  }
}

void MetricReader::read_table_column(const json::value& given) {
  const json::object column = given.is_object() ? given.as_object() : json::object();
  const auto text = [&](const char* key) {
    const json::value* value = column.if_contains(key);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  const auto takes = [&](std::initializer_list<const char*> keys) {
    const auto known = [&](const auto& pair) {
      return pair.key() == "name" || pair.key() == "unit" || std::ranges::count(keys, pair.key()) > 0;
    };
    return column.contains(*keys.begin()) && std::ranges::all_of(column, known);
  };
  if (text("name").empty()) return wrong("columns", "A column of a table needs a name.", Code::required);
  one_of("unit", text("unit"), kUnits);
  if (takes({"count"})) {
    add(text("name"), text("unit"), Measure::count);
    conditions("columns", column.at("count"), false, metric_.columns.back().when);
  } else if (takes({"sum", "when", "before"})) {
    read_sum(text("name"), text("unit"), text("sum"), column);
  } else if (metric_.banded() && takes({"band"}) && column.at("band").is_int64() && text("unit") == "rate") {
    add(text("name"), "rate", Measure::share);
    metric_.columns.back().band = static_cast<int>(column.at("band").as_int64());
  } else if (takes({"formula", "only"})) {
    for (const std::string& used : names(parse_formula(text("formula")).value_or(Formula{})))
      if (!metric_.column(used))
        wrong("columns",
              fmt::format("The formula of \"{}\" needs \"{}\", which is no column before it.", text("name"), used),
              Code::unknown);
    add_formula(text("name"), text("unit"), text("formula"), "columns");
    if (const json::value* only = column.if_contains("only"); only && !metric_.columns.empty())
      conditions("columns", *only, false, metric_.columns.back().when);
  } else {
    wrong("columns",
          "A column of a table has a name, a unit, and a count, a sum (with \"when\" and \"before\") or a formula "
          "(with \"only\").");
  }
}

void MetricReader::read_sum(const std::string& column_name, const std::string& unit, const std::string& summed,
                            const json::object& given) {
  const json::value* before = given.if_contains("before");
  if (before && !before->is_bool()) return wrong("columns", "\"before\" is true or false.");
  if (!summable("columns", summed, unit)) return;
  add(column_name, unit, Measure::sum);
  metric_.columns.back().sum = summed;
  metric_.columns.back().before = before && before->as_bool();
  if (const json::value* when = given.if_contains("when"))
    conditions("columns", *when, false, metric_.columns.back().when);
}

}  // namespace traction
