// Groups: the result of the numbers' statement sorted out: per key, period and currency what each leaf counted, for the
// period asked and the one compared. An answer may have as many groups as members have days, so a group holds places in
// lists of names, not names. Internal to metrics/. Values, thread-safe.
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/compile.h"

namespace traction {

// What one leaf came to in one group.
struct Counted {
  std::int64_t n = 0;
  std::int64_t hits = 0;
  std::optional<std::int64_t> exact;
  boost::container::small_vector<std::optional<double>, 1> values;  // one per column of the leaf
};

using Leaves = boost::container::small_vector<Counted, 1>;  // one per leaf; n = 0 where it counted nothing

struct Title {
  std::string label;
  std::string sort;  // "pipeline.place" where the record has a place of its own, else ""
};

using Place = std::uint32_t;

// The names that occur, each once, in the order of their coming; with titles where they are ids of records.
class KeyNames {
 public:
  // The name's place, a new one at the end when it is not there yet.
  Place place(const std::string& name);
  Place place(std::int64_t id);  // of a name that is a whole number
  // Says what a name stands for; the first word counts.
  void entitle(Place place, Title title);

  std::size_t size() const { return names_.size(); }
  const std::string& name(Place place) const { return names_[place]; }  // "" = none
  const Title* title(Place place) const { return titles_[place] ? &*titles_[place] : nullptr; }

 private:
  std::vector<std::string> names_;
  std::vector<std::optional<Title>> titles_;
  boost::unordered_flat_map<std::string, Place> places_;
  boost::unordered_flat_map<std::int64_t, Place> ids_;  // the places of those that came as numbers
};

using Keys = boost::container::small_vector<Place, 4>;  // one per `by`

struct GroupKey {
  Keys keys;
  Date period;  // first day; without a grain always the same
  Place currency = 0;
  bool operator==(const GroupKey&) const = default;
  friend std::size_t hash_value(const GroupKey& key);
};

struct Group {
  Group(GroupKey of, std::size_t leaves, bool compares)
      : key(std::move(of)), now(leaves), then(compares ? std::make_unique<Leaves>(leaves) : nullptr) {}

  GroupKey key;
  Leaves now;
  std::unique_ptr<Leaves> then;  // of the compared period; null where none is
};

// What lies beyond the fences of the groups, where that is asked.
struct Outliers {
  std::int64_t count = 0;
  std::optional<std::int64_t> segment;  // the record that all of them are of
};

struct Groups {
  std::vector<KeyNames> names;  // [by]
  KeyNames currencies;
  std::vector<Group> all;                          // each key once
  std::map<Place, Leaves> total, total_then;       // by currency
  std::vector<std::vector<std::int64_t>> remarks;  // [leaf][remark]: how many cases
  Outliers outliers;                               // of the period asked

  // What a leaf came to regardless of a key, by the group without that key: [leaf][now, then].
  std::map<std::size_t, std::array<boost::unordered_flat_map<GroupKey, Counted>, 2>> wholes;

  // Puts that into every group that differs in such a key alone, once all groups are there.
  void spread(const Question& question);

  // The group of that key, made when there is none.
  Group& group(const Question& question, const GroupKey& key);
  // A new group, of a key that none has.
  Group& add(const Question& question, GroupKey key);

 private:
  boost::unordered_flat_map<GroupKey, std::size_t> at_;  // key → place in `all`, as far as it was needed
};

// Reads the statement's result. Rows of the compared period are put where they belong in the present one.
Groups read_groups(const Question& question, const Table& table);

// The value of a metric's column `place` in a group; nullopt where there is none. A table's formulas look their row's
// columns up in `columns`.
std::optional<double> number_of(const Catalogue& catalogue, const Question& question, const MetricDefinition& metric,
                                std::size_t place, const Leaves& leaves, const Leaves* then = nullptr,
                                const Lookup& columns = {});

// What the names in a derived metric's formula come to in a group, `then` being what its leaves were in the compared
// period. The arguments must outlive it.
Lookup parts_of(const Catalogue& catalogue, const Question& question, const Leaves& leaves,
                const Leaves* then = nullptr);

}  // namespace traction
