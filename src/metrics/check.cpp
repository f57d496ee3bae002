#include "metrics/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "metrics/yardstick.h"

namespace traction {
namespace {

// Checks of a derived metric against the others, `way` being the metrics passed on the way down.
std::optional<Refusal> check_formula(const MetricDefinition& metric, const Catalogue& catalogue,
                                     std::vector<std::string>& way) {
  if (metric.kind != MetricKind::derived) return std::nullopt;
  way.push_back(metric.name);
  std::vector<std::string> all;
  for (const MetricColumn& column : metric.columns)
    for (std::string& used : names(column.formula)) all.push_back(std::move(used));
  for (const std::string& used : all) {
    const std::string part_name = used.substr(0, used.find('.'));
    const auto part = catalogue.find(part_name);
    if (!part) return Refusal{Code::unknown, metric.place, part.error().sentence};
    if (std::ranges::find(way, part_name) != way.end())
      return Refusal{Code::invalid, metric.place,
                     fmt::format("\"{}\" needs itself: {} form a circle.", part_name, enumerate(way))};
    if (used.size() > part_name.size() && !(*part)->column(used.substr(part_name.size() + 1)))
      return Refusal{Code::unknown, metric.place, fmt::format("There is no column \"{}\".", used)};
    if ((*part)->kind == MetricKind::table)
      return Refusal{Code::invalid, metric.place, fmt::format("\"{}\" is a table, not a number.", part_name)};
    if (auto refusal = check_formula(**part, catalogue, way)) return refusal;
  }
  way.pop_back();
  return std::nullopt;
}

std::optional<Refusal> check_currency(const MetricDefinition& metric, const Catalogue& catalogue) {
  const auto leaves = catalogue.leaves(metric);
  if (std::ranges::none_of(leaves, [](const MetricDefinition* leaf) { return is_money(*leaf); })) return std::nullopt;
  for (const MetricDefinition* leaf : leaves)
    if (!catalogue.fact(leaf->from).column("currency"))
      return Refusal{
          Code::invalid, metric.place,
          fmt::format("\"{}\" joins amounts with \"{}\", whose fact has no currency.", metric.name, leaf->name)};
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> check_together(const Catalogue& catalogue, const Schema& schema) {
  for (const MetricDefinition& metric : catalogue.metrics()) {
    std::vector<std::string> way;
    if (auto refusal = check_formula(metric, catalogue, way)) return refusal;
  }
  for (const MetricDefinition& metric : catalogue.metrics()) {
    if (auto refusal = check_currency(metric, catalogue)) return refusal;
    if (auto refusal = check_yardstick(metric, catalogue, schema)) return refusal;
  }
  return std::nullopt;
}

}  // namespace traction
