#include "metrics/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "metrics/yardstick.h"

namespace traction {
namespace {

constexpr std::size_t kMostTerms = 1'000;

// How many terms a formula comes down to once those of the metrics it names are put in; of a circle, of anything that
// is not there and of what is no formula one. Kept in `known`, so that each is counted once however often it is named.
std::size_t terms(const MetricDefinition& metric, const Catalogue& catalogue,
                  std::map<std::string, std::size_t>& known);

std::size_t terms(const Formula& formula, const Catalogue& catalogue, std::map<std::string, std::size_t>& known) {
  const MetricDefinition* part = catalogue.part(formula.name.substr(0, formula.name.find('.')));
  std::size_t sum = part ? terms(*part, catalogue, known) : 1;
  for (const Formula& side : formula.of) sum = std::min(sum + terms(side, catalogue, known), kMostTerms + 1);
  return sum;
}

std::size_t terms(const MetricDefinition& metric, const Catalogue& catalogue,
                  std::map<std::string, std::size_t>& known) {
  if (metric.kind != MetricKind::derived) return 1;
  const auto [place, first] = known.try_emplace(metric.name, 1);
  if (!first) return place->second;
  std::size_t sum = 0;
  for (const MetricColumn& column : metric.columns)
    sum = std::min(sum + terms(column.formula, catalogue, known), kMostTerms + 1);
  if (metric.noise) sum = std::min(sum + terms(*metric.noise, catalogue, known), kMostTerms + 1);
  return known[metric.name] = sum;
}

// Checks of a derived metric against the others, `way` being the metrics passed on the way down.
std::optional<Refusal> check_formula(const MetricDefinition& metric, const Catalogue& catalogue,
                                     std::vector<std::string>& way) {
  if (metric.kind != MetricKind::derived) return std::nullopt;
  way.push_back(metric.name);
  std::vector<std::string> all;
  for (const MetricColumn& column : metric.columns)
    for (std::string& used : names(column.formula)) all.push_back(std::move(used));
  if (metric.noise)
    for (std::string& used : names(*metric.noise)) all.push_back(std::move(used));
  for (const std::string& used : all) {
    const std::string part_name = used.substr(0, used.find('.'));
    const MetricDefinition* part = catalogue.part(part_name);
    if (!part) return Refusal{Code::unknown, metric.place, catalogue.find(part_name).error().sentence};
    if (std::ranges::find(way, part_name) != way.end())
      return Refusal{Code::invalid, metric.place,
                     fmt::format("\"{}\" needs itself: {} form a circle.", part_name, enumerate(way))};
    if (used.size() > part_name.size() && !part->column(used.substr(part_name.size() + 1)))
      return Refusal{Code::unknown, metric.place, fmt::format("There is no column \"{}\".", used)};
    if (part->kind == MetricKind::table)
      return Refusal{Code::invalid, metric.place, fmt::format("\"{}\" is a table, not a number.", part_name)};
    if (auto refusal = check_formula(*part, catalogue, way)) return refusal;
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

std::optional<Refusal> check_beside_others(const MetricDefinition& metric, const Catalogue& catalogue,
                                           const Schema& schema) {
  std::map<std::string, std::size_t> known;
  if (terms(metric, catalogue, known) > kMostTerms)
    return Refusal{Code::too_large, metric.place,
                   fmt::format("The formula of \"{}\" comes down to more than {} terms.", metric.name, kMostTerms)};
  std::vector<std::string> way;
  if (auto refusal = check_formula(metric, catalogue, way)) return refusal;
  if (auto refusal = check_currency(metric, catalogue)) return refusal;
  return check_yardstick(metric, catalogue, schema);
}

}  // namespace traction
