#include "mart/outliers.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace traction {
namespace {

// The value at a share of the way from the least to the greatest, between two neighbours by linear interpolation.
double quantile(std::vector<double>& values, double share) {
  const double way = share * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(std::floor(way));
  std::nth_element(values.begin(), below, values.end());
  const double part = way - std::floor(way);
  if (part == 0) return *below;
  return *below * (1 - part) + *std::min_element(below + 1, values.end()) * part;
}

}  // namespace

Inliers inliers(std::vector<double>& values) {
  CHECK(!values.empty());
  const double first = quantile(values, 0.25), third = quantile(values, 0.75);
  Inliers inside;
  inside.low = first - 1.5 * (third - first);
  inside.high = third + 1.5 * (third - first);
  long double sum = 0;  // exact for minor units
  for (const double value : values)
    if (value >= inside.low && value <= inside.high) {
      sum += value;
      ++inside.count;
    }
  inside.mean = static_cast<double>(sum / inside.count);
  return inside;
}

Outlying outlying(const Segmented& segmented) {
  std::vector<double> values = segmented.values;
  const Inliers inside = inliers(values);
  Outlying outside;
  bool shared = true;
  for (std::size_t i = 0; i < segmented.values.size(); ++i) {
    if (segmented.values[i] >= inside.low && segmented.values[i] <= inside.high) continue;
    const std::int64_t segment = segmented.segments[i];
    shared = shared && segment != Segmented::kNone && (outside.count == 0 || segment == outside.segment);
    if (++outside.count == 1) outside.segment = segment;
  }
  if (!shared || outside.count == 0) outside.segment.reset();
  return outside;
}

}  // namespace traction
