#include "metrics/rollup.h"

#include <algorithm>
#include <set>

#include "metrics/compile.h"

namespace traction {
namespace {

// The fact's columns that a piece of SQL names.
std::set<std::string_view> columns_in(std::string_view sql) {
  constexpr std::string_view kBefore = "f.\"";
  std::set<std::string_view> columns;
  for (std::size_t at = 0; (at = sql.find(kBefore, at)) != std::string_view::npos;) {
    at += kBefore.size();
    columns.insert(sql.substr(at, sql.find('"', at) - at));
  }
  return columns;
}

}  // namespace

const Rollup* rollup_for(const Catalogue& catalogue, const Question& question, std::size_t leaf, std::string_view sql) {
  const MetricDefinition& metric = *question.leaves[leaf];
  if (question.at || metric.kind == MetricKind::state || !additive(question, leaf)) return nullptr;
  if (question.converted && is_money(metric)) return nullptr;
  if (metric.yardstick.given() || has_opening(metric)) return nullptr;
  const std::set<std::string_view> columns = columns_in(sql);
  const auto covers = [&](const Rollup& rollup) {
    const auto has = [](const std::vector<std::string>& names, std::string_view name) {
      return std::ranges::find(names, name) != names.end();
    };
    return (metric.value.empty() || has(rollup.sums, metric.value)) &&
           std::ranges::all_of(columns, [&](std::string_view column) { return has(rollup.by, column); });
  };
  const auto& rollups = catalogue.fact(metric.from).rollups;
  const auto found = std::ranges::find_if(rollups, covers);
  return found == rollups.end() ? nullptr : &*found;
}

}  // namespace traction
