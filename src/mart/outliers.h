// Outliers by Tukey's fences: 1.5 interquartile ranges beyond the quartiles (by linear interpolation); what lies on a
// fence is inside. Pure, thread-safe. The mart offers it to SQL as fences().
//
// Source: J. W. Tukey, "Exploratory Data Analysis" (1977).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace traction {

// Values, each of a record.
struct Segmented {
  static constexpr std::int64_t kNone = 0;
  std::vector<double> values;
  std::vector<std::int64_t> segments;  // ids, or kNone
};

struct Fences {
  double low = 0, high = 0;
  double mean = 0;                      // of those inside, never none: a quartile is not beyond its own fence
  std::int64_t inside = 0, beyond = 0;  // how many
  std::optional<std::int64_t> segment;  // the one that all of those beyond are of
};

// Of at least one value.
Fences fences(const Segmented& segmented);

}  // namespace traction
