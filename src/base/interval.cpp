#include "base/interval.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace traction {

Interval wilson(std::int64_t hits, std::int64_t cases) {
  CHECK(hits >= 0 && hits <= cases);
  if (cases == 0) return {};
  constexpr double z = 1.959963984540054;  // 97.5 % quantile of the normal distribution
  const double n = static_cast<double>(cases);
  const double p = static_cast<double>(hits) / n;
  const double middle = p + z * z / (2 * n);
  const double reach = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {std::clamp((middle - reach) / scale, 0.0, p), std::clamp((middle + reach) / scale, p, 1.0)};
}

}  // namespace traction
