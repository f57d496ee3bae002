// Groups: the result of the numbers' statement sorted out: per key, period and currency what each leaf counted, for the
// period asked and the one compared. Internal to metrics/. Values, thread-safe.
#pragma once

#include <map>
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
  std::vector<std::optional<double>> values;  // one per column of the leaf
};

using Leaves = std::vector<Counted>;  // one per leaf; n = 0 where it counted nothing

struct GroupKey {
  std::vector<std::string> keys;  // "" = none
  std::string period;             // first day, "" without a grain
  std::string currency;
  auto operator<=>(const GroupKey&) const = default;
};

struct Title {
  std::string label;
  std::string sort;  // "pipeline.position" where the record has a place of its own, else ""
};

struct Groups {
  std::map<GroupKey, Leaves> now, then;
  std::map<std::string, Leaves> total, total_then;   // by currency
  std::vector<std::map<std::string, Title>> titles;  // [by][key]
  std::vector<std::vector<std::int64_t>> remarks;    // [leaf][remark]: how many cases
};

// Reads the statement's result. Rows of the compared period are put where they belong in the present one.
Groups read_groups(const Question& question, const Table& table);

// The value of a metric's column `place` in a group; nullopt where there is none. A table's formulas look their row's
// columns up in `columns`.
std::optional<double> number_of(const Catalogue& catalogue, const Question& question, const MetricDefinition& metric,
                                std::size_t place, const Leaves& leaves, const Lookup& columns = {});

// What the names in a derived metric's formula come to in a group. The arguments must outlive it.
Lookup parts_of(const Catalogue& catalogue, const Question& question, const Leaves& leaves);

}  // namespace traction
