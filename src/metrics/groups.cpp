#include "metrics/groups.h"

#include <algorithm>
#include <array>
#include <boost/container_hash/hash.hpp>

#include "base/check.h"

namespace traction {
namespace {

// Adds what a group counted to a total, as far as that can be done by adding: see additive() in compile.h.
void add(const MetricDefinition& leaf, const Counted& group, Counted& total) {
  total.n += group.n;
  total.hits += group.hits;
  if (group.exact) total.exact = total.exact.value_or(0) + *group.exact;
  total.values.resize(group.values.size());
  for (std::size_t i = 0; i < group.values.size(); ++i) {
    std::optional<double>& value = total.values[i];
    const bool share = i < leaf.columns.size() && leaf.columns[i].measure == Measure::share;
    if (share)
      value = static_cast<double>(total.hits) / static_cast<double>(total.n);
    else if (group.values[i])
      value = value.value_or(0) + *group.values[i];
  }
}

bool ignored(const Question& question, std::size_t leaf, std::size_t key) {
  return question.leaves[leaf]->ignores(question.paths[leaf][key].steps[0].name);
}

void put(Group& group, bool now, std::size_t leaf, Counted counted) {
  (now ? group.now : *group.then)[leaf] = std::move(counted);
}

class Reader {
 public:
  Reader(const Question& question, const Table& table) : question_(question), table_(table), at_(layout(question)) {
    groups_.names.resize(at_.keys);
    groups_.remarks.resize(question.leaves.size());
    for (std::size_t leaf = 0; leaf < question.leaves.size(); ++leaf) {
      additive_.push_back(additive(question, leaf));
      bool any = false;
      for (std::size_t i = 0; i < at_.keys; ++i) any |= ignored(question, leaf, i);
      ignores_.push_back(any);
    }
    if (question.comparison && question.grain != Grain::none)
      places_ = line_up(*question.comparison, question.grain, question.turning());
  }

  Groups read() {
    groups_.all.reserve(table_.size());
    for (std::size_t row = 0; row < table_.size(); ++row) read(row);
    return std::move(groups_);
  }

 private:
  std::optional<std::int64_t> whole(std::size_t column, std::size_t row) const {
    return table_.columns[column].whole(row);
  }

  void read(std::size_t row) {
    const auto part = static_cast<Part>(whole(0, row).value_or(0));
    const auto leaf = static_cast<std::size_t>(whole(1, row).value_or(0));
    switch (part) {
      case Part::remark:
        return read_remark(leaf, row);
      case Part::total:
      case Part::total_then:
        return read_total(part == Part::total, leaf, row);
      case Part::groups:
      case Part::groups_then:
        return read_group(part == Part::groups, leaf, row);
    }
  }

  void read_remark(std::size_t leaf, std::size_t row) {
    auto& said = groups_.remarks.at(leaf);
    const auto place = static_cast<std::size_t>(whole(at_.hits(), row).value_or(0));
    said.resize(std::max(said.size(), place + 1));
    said[place] = whole(at_.n(), row).value_or(0);
  }

  Counted counted(std::size_t row) const {
    Counted counted{whole(at_.n(), row).value_or(0), whole(at_.hits(), row).value_or(0), whole(at_.exact(), row), {}};
    for (std::size_t i = 0; i < at_.width; ++i) counted.values.push_back(table_.columns[at_.value(i)].real(row));
    return counted;
  }

  void read_outliers(std::size_t row) {
    const auto count = static_cast<std::int64_t>(table_.columns[at_.beyond()].real(row).value_or(0));
    if (count == 0) return;
    std::optional<std::int64_t> segment;
    if (const auto id = table_.columns[at_.segment()].real(row)) segment = static_cast<std::int64_t>(*id);
    if (groups_.outliers.count == 0)
      groups_.outliers.segment = segment;
    else if (groups_.outliers.segment != segment)
      groups_.outliers.segment.reset();
    groups_.outliers.count += count;
  }

  Counted& total(bool now, Place currency, std::size_t leaf) {
    auto& totals = now ? groups_.total : groups_.total_then;
    return totals.try_emplace(currency, question_.leaves.size()).first->second.at(leaf);
  }

  static Place place(KeyNames& names, const TableColumn& column, std::size_t row) {
    if (const auto id = column.whole(row)) return names.place(*id);
    return names.place(column.text(row));
  }

  Place currency(std::size_t row) { return groups_.currencies.place(table_.columns[at_.currency()].text(row)); }

  void read_total(bool now, std::size_t leaf, std::size_t row) { total(now, currency(row), leaf) = counted(row); }

  void read_group(bool now, std::size_t leaf, std::size_t row) {
    if (now && at_.segmented) read_outliers(row);
    GroupKey key{{}, {}, currency(row)};
    Counted counted = this->counted(row);
    if (additive_[leaf]) add(*question_.leaves[leaf], counted, total(now, key.currency, leaf));
    if (question_.grain != Grain::none) {
      const auto day = whole(at_.period(), row);
      if (!day) return;  // in the total alone
      key.period = Date{static_cast<std::int32_t>(*day)};
      if (!now) {
        const auto place = places_.find(key.period);
        if (place == places_.end()) return;
        key.period = place->second;
      }
    }
    for (std::size_t i = 0; i < at_.keys; ++i)
      key.keys.push_back(place(groups_.names[i], table_.columns[at_.key(i)], row));
    if (ignores_[leaf])
      groups_.wholes[leaf][now ? 0 : 1].emplace(std::move(key), std::move(counted));
    else
      put(once_ ? groups_.add(question_, std::move(key)) : groups_.group(question_, key), now, leaf,
          std::move(counted));
  }

  const Question& question_;
  const Table& table_;
  const Layout at_;
  const bool once_ = question_.leaves.size() == 1 && !question_.comparison;  // each group comes in one row
  std::vector<bool> additive_;                                               // [leaf]
  std::vector<bool> ignores_;    // [leaf]: one of the keys, which is none in its rows
  std::map<Date, Date> places_;  // of a compared period's parts in the present one
  Groups groups_;
};

}  // namespace

Place KeyNames::place(const std::string& name) {
  const auto [found, added] = places_.try_emplace(name, static_cast<Place>(names_.size()));
  if (added) {
    names_.push_back(name);
    titles_.emplace_back();
  }
  return found->second;
}

Place KeyNames::place(std::int64_t id) {
  const auto [found, added] = ids_.try_emplace(id, 0);
  if (added) found->second = place(std::to_string(id));
  return found->second;
}

void KeyNames::entitle(Place place, Title title) {
  if (!titles_[place]) titles_[place] = std::move(title);
}

std::size_t hash_value(const GroupKey& key) {
  std::size_t seed = 0;
  for (const Place place : key.keys) boost::hash_combine(seed, place);
  boost::hash_combine(seed, key.period.days);
  boost::hash_combine(seed, key.currency);
  return seed;
}

Group& Groups::group(const Question& question, const GroupKey& key) {
  for (std::size_t i = at_.size(); i < all.size(); ++i) at_.emplace(all[i].key, i);
  const auto [found, added] = at_.try_emplace(key, all.size());
  return added ? add(question, key) : all[found->second];
}

Group& Groups::add(const Question& question, GroupKey key) {
  return all.emplace_back(std::move(key), question.leaves.size(), question.comparison.has_value());
}

void Groups::spread(const Question& question) {
  for (const auto& [leaf, of_leaf] : wholes)
    for (Group& group : all) {
      GroupKey key = group.key;
      for (std::size_t i = 0; i < key.keys.size(); ++i)
        if (ignored(question, leaf, i)) key.keys[i] = names[i].place("");
      for (const bool now : {true, false})
        if (const auto whole = of_leaf[now ? 0 : 1].find(key); whole != of_leaf[now ? 0 : 1].end())
          put(group, now, leaf, whole->second);
    }
}

Groups read_groups(const Question& question, const Table& table) { return Reader(question, table).read(); }

Lookup parts_of(const Catalogue& catalogue, const Question& question, const Leaves& leaves, const Leaves* then) {
  return [&, then](const std::string& used, Formula::Kind how) -> std::optional<double> {
    const bool back = how == Formula::Kind::last_year;
    if (back && !then) return std::nullopt;
    const std::string part = used.substr(0, used.find('.'));
    const MetricDefinition& metric = *catalogue.part(part);
    const MetricColumn* column = used == part ? &metric.columns[0] : metric.column(used.substr(part.size() + 1));
    CHECK(column);
    return number_of(catalogue, question, metric, static_cast<std::size_t>(column - metric.columns.data()),
                     back ? *then : leaves, back ? nullptr : then);
  };
}

std::optional<double> number_of(const Catalogue& catalogue, const Question& question, const MetricDefinition& metric,
                                std::size_t place, const Leaves& leaves, const Leaves* then, const Lookup& columns) {
  const MetricColumn& column = metric.columns.at(place);
  if (column.measure == Measure::formula) {
    if (!column.when.empty() && (leaves.at(0).n == 0 || leaves[0].values.at(place).value_or(0) == 0))
      return std::nullopt;
    return evaluate(column.formula, columns ? columns : parts_of(catalogue, question, leaves, then));
  }
  const auto leaf = std::ranges::find(question.leaves, &metric);
  CHECK(leaf != question.leaves.end());
  const Counted& counted = leaves.at(static_cast<std::size_t>(leaf - question.leaves.begin()));
  if (counted.n == 0) return metric.empty;
  return counted.values.at(place);
}

}  // namespace traction
