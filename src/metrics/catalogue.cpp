#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "metrics/check.h"
#include "metrics/load.h"

namespace traction {

Result<Catalogue> Catalogue::load(std::span<const DefinitionFile> files, std::vector<FactDefinition> facts,
                                  const Schema& schema) {
  Catalogue catalogue;
  catalogue.facts_ = std::move(facts);
  for (const DefinitionFile& file : files)
    if (const auto added = catalogue.add(file, schema); !added) return refuse(added);
  catalogue.sort();
  for (const MetricDefinition& metric : catalogue.metrics_)
    if (const auto refusal = check_beside_others(metric, catalogue, schema)) return tl::unexpected(*refusal);
  return catalogue;
}

Result<void> Catalogue::add(const DefinitionFile& file, const Schema& schema) {
  auto metrics = read_metrics(file, facts_, schema);
  if (!metrics) return refuse(metrics);
  for (MetricDefinition& metric : *metrics) {
    if (const MetricDefinition* known = part(metric.name))
      return refuse(Code::duplicate, metric.place,
                    fmt::format("The metric \"{}\" is already at {}.", metric.name, known->place));
    metrics_.push_back(std::move(metric));
  }
  return {};
}

void Catalogue::sort() { std::ranges::sort(metrics_, {}, &MetricDefinition::name); }

Catalogue Catalogue::with_own(std::span<const OwnMetric> own, const Schema& schema) const {
  Catalogue all = *this;
  const auto put_aside = [&](const OwnMetric& one, Refusal why) { all.wrong_.emplace(one.name, std::move(why)); };
  for (const OwnMetric& one : own) {
    if (one.definition.empty()) {
      const auto shipped = std::ranges::find(all.metrics_, one.name, &MetricDefinition::name);
      if (shipped == all.metrics_.end())
        put_aside(one, {Code::unknown, one.name, find(one.name).error().sentence});
      else
        shipped->hidden = one.hidden;
      continue;
    }
    const std::size_t before = all.metrics_.size();
    const auto added = all.add({one.name, one.definition}, schema);
    const auto wrong = [&]() -> std::optional<Refusal> {
      if (!added) return added.error();
      if (all.metrics_.size() != before + 1)
        return Refusal{Code::invalid, one.name, "A definition of one's own is one [[metric]] block."};
      const MetricDefinition& metric = all.metrics_.back();
      if (metric.name != one.name)
        return Refusal{Code::invalid, metric.place,
                       fmt::format("The definition is of \"{}\", but the metric is called \"{}\".", metric.name,
                                   excerpt(one.name))};
      if (metric.version != 1)
        return Refusal{Code::invalid, metric.place, "The versions of a metric of one's own are counted; name none."};
      return std::nullopt;
    }();
    if (wrong) {
      all.metrics_.resize(before);
      put_aside(one, *wrong);
      continue;
    }
    all.metrics_.back().own = true;
    all.metrics_.back().version = one.version;
    all.metrics_.back().hidden = one.hidden;
  }
  all.sort();
  // What does not hold takes along what stands on it; who is in a circle is told so, not that the other is missing.
  for (bool found = true; found;) {
    std::map<std::string, Refusal> wrong;
    for (const MetricDefinition& metric : all.metrics_)
      if (metric.own)
        if (auto refusal = check_beside_others(metric, all, schema)) wrong.emplace(metric.name, std::move(*refusal));
    std::erase_if(all.metrics_, [&](const MetricDefinition& metric) { return wrong.contains(metric.name); });
    found = !wrong.empty();
    all.wrong_.merge(wrong);
  }
  return all;
}

}  // namespace traction
