#include "base/interval.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
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

Interval difference(Share now, Share then) {
  CHECK(now.cases > 0 && then.cases > 0);
  const auto share = [](Share of) { return static_cast<double>(of.hits) / static_cast<double>(of.cases); };
  const double p = share(now), q = share(then);
  const Interval a = wilson(now.hits, now.cases), b = wilson(then.hits, then.cases);
  return {p - q - std::hypot(p - a.low, b.high - q), p - q + std::hypot(a.high - p, q - b.low)};
}

std::optional<Slope> slope(std::span<const double> values) {
  if (values.size() < 3) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  const double middle = (n - 1) / 2;
  double mean = 0, spread = 0, together = 0, left = 0, largest = 0;
  for (const double value : values) mean += value / n;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    spread += x * x;
    together += x * (values[i] - mean);
    largest = std::max(largest, std::abs(values[i]));
  }
  double rise = together / spread;
  if (std::abs(rise) < 1e-9 * largest) rise = 0;  // what is left of rounding
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double off = values[i] - mean - rise * (static_cast<double>(i) - middle);
    left += off * off;
  }
  const double t = boost::math::quantile(boost::math::students_t(n - 2), 0.975);
  const double reach = t * std::sqrt(left / (n - 2) / spread);
  return Slope{rise, {rise - reach, rise + reach}};
}

}  // namespace traction
