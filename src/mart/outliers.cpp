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

Fences fences(const Segmented& segmented) {
  CHECK(!segmented.values.empty());
  std::vector<double> values = segmented.values;
  const double first = quantile(values, 0.25), third = quantile(values, 0.75);
  Fences fences;
  fences.low = first - 1.5 * (third - first);
  fences.high = third + 1.5 * (third - first);
  long double sum = 0;  // exact for minor units
  bool shared = true;
  for (std::size_t i = 0; i < segmented.values.size(); ++i) {
    const double value = segmented.values[i];
    if (value >= fences.low && value <= fences.high) {
      sum += value;
      ++fences.inside;
      continue;
    }
    const std::int64_t segment = segmented.segments[i];
    shared = shared && segment != Segmented::kNone && (fences.beyond == 0 || segment == fences.segment);
    if (++fences.beyond == 1) fences.segment = segment;
  }
  fences.mean = static_cast<double>(sum / fences.inside);
  if (!shared || fences.beyond == 0) fences.segment.reset();
  return fences;
}

}  // namespace traction
