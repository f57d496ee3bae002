#include "metrics/query.h"

#include <array>
#include <span>

namespace traction {
namespace {

json::array to_array(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::value or_null(const std::optional<double>& number) { return number ? json::value(*number) : json::value(); }

json::object to_json(const Value& value) {
  constexpr std::array<std::string_view, 5> kStandings = {"value", "empty", "too_few", "not_reached", "met"};
  json::object object{{"standing", kStandings[static_cast<std::size_t>(value.standing)]},
                      {"number", or_null(value.number)}};
  if (value.minor) object["minor"] = *value.minor;
  if (value.low) object["low"] = *value.low;
  if (value.high) object["high"] = *value.high;
  if (value.band != Band::none) object["band"] = name(value.band);
  return object;
}

json::array to_array(std::span<const Value> values) {
  json::array array;
  for (const Value& value : values) array.push_back(to_json(value));
  return array;
}

json::object to_json(const Answer& answer, const Row& row, bool compared) {
  json::object object{{"keys", to_array(answer.keys(row))}, {"labels", to_array(answer.labels(row))}};
  if (!row.currency.empty()) object["currency"] = row.currency;
  object["values"] = to_array(row.values);
  object["n"] = row.n;
  if (row.numerator) object["numerator"] = *row.numerator;
  if (row.denominator) object["denominator"] = *row.denominator;
  if (compared) object["compared"] = to_array(row.compared);
  return object;
}

json::object to_json(const Trend& trend) {
  json::object object{{"labels", to_array(trend.labels)}};
  if (!trend.currency.empty()) object["currency"] = trend.currency;
  object["way"] = name(trend.way);
  if (trend.way != Trend::Way::too_few) {
    object["rise"] = trend.rise;
    object["low"] = trend.low;
    object["high"] = trend.high;
  }
  object["periods"] = trend.periods;
  return object;
}

}  // namespace

std::string_view name(Band band) {
  constexpr std::array<std::string_view, 4> kNames = {"", "under", "maintaining", "over"};
  return kNames[static_cast<std::size_t>(band)];
}

std::string_view name(Trend::Way way) {
  constexpr std::array<std::string_view, 4> kNames = {"too_few", "falling", "level", "growing"};
  return kNames[static_cast<std::size_t>(way)];
}

std::vector<std::string> Answer::keys(const Row& row) const {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < row.keys.size(); ++i) keys.push_back(key(row, i));
  return keys;
}

std::vector<std::string> Answer::labels(const Row& row) const {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < row.keys.size(); ++i) labels.push_back(label(row, i));
  return labels;
}

json::object to_json(const Passport& passport) {
  json::object object{{"name", passport.name},
                      {"label", passport.label},
                      {"unit", passport.unit},
                      {"about", passport.about},
                      {"formula", passport.formula},
                      {"version", passport.version},
                      {"parts", to_array(passport.parts)},
                      {"better", passport.better},
                      {"source", passport.source},
                      {"zone", passport.zone},
                      {"period", passport.period},
                      {"at", passport.at},
                      {"as_of", passport.as_of},
                      {"smallest_n", passport.smallest_n}};
  if (!passport.as_of_at.empty()) object["as_of_at"] = passport.as_of_at;
  if (!passport.compared.empty()) object["compared"] = passport.compared;
  if (!passport.currency_rule.empty()) object["currency_rule"] = passport.currency_rule;
  if (passport.target) object["target"] = *passport.target;
  object["filters"] = to_array(passport.filters);
  object["grouped"] = to_array(passport.grouped);
  object["settings"] = to_array(passport.settings);
  object["left_out"] = to_array(passport.left_out);
  return object;
}

json::object to_json(const Answer& answer) {
  const bool compared = !answer.passport.compared.empty();
  json::array columns;
  for (std::size_t i = 0; i < answer.columns.size(); ++i)
    columns.push_back(json::object{{"name", answer.columns[i]}, {"unit", answer.units[i]}});
  json::array rows;
  for (const Row& row : answer.rows) rows.push_back(to_json(answer, row, compared));
  json::object object{{"metric", answer.passport.name},
                      {"definition", to_json(answer.passport)},
                      {"by", to_array(answer.by)},
                      {"columns", columns},
                      {"rows", rows},
                      {"total", answer.total ? json::value(to_json(answer, *answer.total, compared)) : json::value()}};
  if (!answer.trends.empty()) {
    json::array& trends = object["trends"].emplace_array();
    for (const Trend& trend : answer.trends) trends.push_back(to_json(trend));
  }
  return object;
}

json::object to_json(const Cases& cases) {
  json::array rows;
  for (const auto& row : cases.rows) {
    json::object line;
    for (std::size_t i = 0; i < cases.columns.size(); ++i) line[cases.columns[i]] = row[i];
    rows.push_back(std::move(line));
  }
  return {{"columns", to_array(cases.columns)}, {"rows", std::move(rows)}, {"more", cases.more}};
}

}  // namespace traction
