#include "metrics/metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/check.h"
#include "base/text.h"

namespace traction {
namespace {

std::vector<std::string> metric_names(std::span<const MetricDefinition> metrics) {
  std::vector<std::string> names;
  for (const MetricDefinition& metric : metrics)
    if (!metric.hidden) names.push_back(metric.name);
  return names;
}

}  // namespace

const MetricColumn* MetricDefinition::column(std::string_view column_name) const {
  const auto found = std::ranges::find(columns, column_name, &MetricColumn::name);
  return found == columns.end() ? nullptr : &*found;
}

bool MetricDefinition::ignores(std::string_view fact_column) const {
  return std::ranges::find(regardless_of, fact_column) != regardless_of.end();
}

Result<const MetricDefinition*> Catalogue::find(std::string_view metric) const {
  const MetricDefinition* found = part(metric);
  if (found && !found->hidden) return found;
  if (found)
    return refuse(Code::rule, "metric",
                  fmt::format("The metric \"{}\" is hidden in this workspace. Show it again to ask for it.", metric));
  if (const auto own = wrong_.find(std::string(metric)); own != wrong_.end())
    return refuse(Code::rule, "metric",
                  fmt::format("The metric \"{}\" of this workspace no longer holds. {}", metric, own->second.sentence));
  return refuse(Code::unknown, "metric",
                fmt::format("There is no metric \"{}\".{}", excerpt(metric),
                            did_you_mean(excerpt(metric), metric_names(metrics_))));
}

const MetricDefinition* Catalogue::part(std::string_view metric) const {
  const auto found = std::ranges::find(metrics_, metric, &MetricDefinition::name);
  return found == metrics_.end() ? nullptr : &*found;
}

const FactDefinition& Catalogue::fact(std::string_view fact_name) const {
  const auto found = std::ranges::find(facts_, fact_name, &FactDefinition::name);
  CHECK(found != facts_.end());
  return *found;
}

std::vector<const MetricDefinition*> Catalogue::leaves(const MetricDefinition& metric) const {
  if (metric.kind != MetricKind::derived) return {&metric};
  std::vector<const MetricDefinition*> all;
  std::vector<const Formula*> formulas;
  for (const MetricColumn& column : metric.columns) formulas.push_back(&column.formula);
  if (metric.noise) formulas.push_back(&*metric.noise);
  for (const Formula* formula : formulas)
    for (const std::string& used : names(*formula)) {
      const MetricDefinition* named = part(used.substr(0, used.find('.')));
      CHECK(named);
      for (const MetricDefinition* leaf : leaves(*named))
        if (std::ranges::find(all, leaf) == all.end()) all.push_back(leaf);
    }
  return all;
}

int smallest_n(const MetricColumn& column) {
  if (column.measure == Measure::median) return 6;
  if (column.measure == Measure::p75 || column.measure == Measure::p25) return 11;
  if (column.measure == Measure::p90) return 29;
  return column.unit == "rate" ? 10 : 0;
}

std::string_view name(MetricKind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"base", "state", "derived", "distribution", "duration", "table"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool has_opening(const MetricDefinition& metric) { return std::ranges::any_of(metric.columns, &MetricColumn::before); }

std::vector<std::string> amounts(const MetricDefinition& metric) {
  std::vector<std::string> all;
  for (const MetricColumn& column : metric.columns) {
    const std::string& amount = column.sum.empty() ? metric.value : column.sum;
    if (column.unit == "money" && column.measure != Measure::formula && std::ranges::find(all, amount) == all.end())
      all.push_back(amount);
  }
  return all;
}

bool is_money(const MetricDefinition& metric) {
  return std::ranges::any_of(metric.columns, [](const MetricColumn& column) { return column.unit == "money"; });
}

}  // namespace traction
