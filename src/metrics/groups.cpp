#include "metrics/groups.h"

#include <algorithm>

#include "base/check.h"

namespace traction {
namespace {

std::optional<std::int64_t> whole_of(const Cell& cell) {
  const auto* number = std::get_if<std::int64_t>(&cell);
  return number ? std::optional(*number) : std::nullopt;
}

std::optional<double> number_of(const Cell& cell) {
  const auto* number = std::get_if<double>(&cell);
  return number ? std::optional(*number) : std::nullopt;
}

}  // namespace

Groups read_groups(const Question& question, const Table& table) {
  const Layout at = layout(question);
  Groups groups;
  groups.titles.resize(at.keys);
  groups.remarks.resize(question.leaves.size());
  std::map<Date, Date> places;
  if (question.comparison && question.grain != Grain::none)
    places = line_up(*question.comparison, question.grain, question.week());
  for (const auto& row : table.rows) {
    const auto part = static_cast<Part>(whole_of(row.at(0)).value_or(0));
    const auto leaf = static_cast<std::size_t>(whole_of(row.at(1)).value_or(0));
    Counted counted{whole_of(row.at(at.n())).value_or(0),
                    whole_of(row.at(at.hits())).value_or(0),
                    whole_of(row.at(at.exact())),
                    {}};
    if (part == Part::remark) {
      auto& said = groups.remarks.at(leaf);
      said.resize(std::max(said.size(), static_cast<std::size_t>(counted.hits) + 1));
      said[static_cast<std::size_t>(counted.hits)] = counted.n;
      continue;
    }
    for (std::size_t i = 0; i < at.width; ++i) counted.values.push_back(number_of(row.at(at.value(i))));
    GroupKey key{{}, text_of(row.at(at.period())), text_of(row.at(at.currency()))};
    if (part == Part::total || part == Part::total_then) {
      auto& total = part == Part::total ? groups.total : groups.total_then;
      total.try_emplace(key.currency, question.leaves.size()).first->second.at(leaf) = std::move(counted);
      continue;
    }
    for (std::size_t i = 0; i < at.keys; ++i) {
      key.keys.push_back(text_of(row.at(at.key(i))));
      groups.titles[i].try_emplace(key.keys[i], Title{text_of(row.at(at.title(i))), text_of(row.at(at.sort(i)))});
    }
    if (part == Part::groups_then && question.grain != Grain::none) {
      const auto day = parse_date(key.period);
      CHECK(day.has_value());
      const auto place = places.find(*day);
      if (place == places.end()) continue;
      key.period = to_string(place->second);
    }
    auto& into = part == Part::groups ? groups.now : groups.then;
    into.try_emplace(std::move(key), question.leaves.size()).first->second.at(leaf) = std::move(counted);
  }
  return groups;
}

Lookup parts_of(const Catalogue& catalogue, const Question& question, const Leaves& leaves) {
  return [&](const std::string& used, bool) {
    const std::string part = used.substr(0, used.find('.'));
    const MetricDefinition& metric = **catalogue.find(part);
    const MetricColumn* column = used == part ? &metric.columns[0] : metric.column(used.substr(part.size() + 1));
    CHECK(column);
    return number_of(catalogue, question, metric, static_cast<std::size_t>(column - metric.columns.data()), leaves);
  };
}

std::optional<double> number_of(const Catalogue& catalogue, const Question& question, const MetricDefinition& metric,
                                std::size_t place, const Leaves& leaves, const Lookup& columns) {
  const MetricColumn& column = metric.columns.at(place);
  if (column.measure == Measure::formula) {
    if (!column.when.empty() && leaves.at(0).n > 0 && leaves[0].values.at(place).value_or(0) == 0) return std::nullopt;
    return evaluate(column.formula, columns ? columns : parts_of(catalogue, question, leaves));
  }
  const auto leaf = std::ranges::find(question.leaves, &metric);
  CHECK(leaf != question.leaves.end());
  const Counted& counted = leaves.at(static_cast<std::size_t>(leaf - question.leaves.begin()));
  if (counted.n == 0) return metric.empty;
  return counted.values.at(place);
}

}  // namespace traction
