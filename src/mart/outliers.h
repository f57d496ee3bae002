// Outliers by Tukey's fences: 1.5 interquartile ranges beyond the quartiles (by linear interpolation); what lies on a
// fence is inside. Pure, thread-safe. The mart offers it to SQL as inliers() and outlying().
//
// Source: J. W. Tukey, "Exploratory Data Analysis" (1977).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace traction {

struct Inliers {
  double mean = 0;         // of those inside, never none: a quartile is not beyond its own fence
  std::int64_t count = 0;  // of those inside
  double low = 0, high = 0;
};

// Of at least one value; reorders them.
Inliers inliers(std::vector<double>& values);

// Values, each of a record.
struct Segmented {
  static constexpr std::int64_t kNone = 0;
  std::vector<double> values;
  std::vector<std::int64_t> segments;  // ids, or kNone
};

struct Outlying {
  std::int64_t count = 0;               // beyond the fences
  std::optional<std::int64_t> segment;  // the one that all of them are of
};

// Of at least one value.
Outlying outlying(const Segmented& segmented);

}  // namespace traction
