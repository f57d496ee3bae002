// Interval: how sure a number of few cases is: a share, the difference of two, a trend. What they count is the caller's
// business. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace traction {

struct Interval {
  double low = 0;
  double high = 1;
};

// Wilson's score interval at 95 % for `hits` of `cases`, within [0, 1]. No cases: [0, 1]. Source: E. B. Wilson,
// "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). CHECKs 0 <= hits <= cases.
Interval wilson(std::int64_t hits, std::int64_t cases);

struct Share {
  std::int64_t hits = 0;
  std::int64_t cases = 0;
};

// The 95 % interval of `now` less `then`, within [-1, 1]. Source: R. G. Newcombe, "Interval estimation for the
// difference between independent proportions", Statistics in Medicine 17 (1998), method 10. CHECKs 0 <= hits <= cases >
// 0.
Interval difference(Share now, Share then);

struct Slope {
  double rise = 0;    // from one value to the next, by least squares
  Interval interval;  // 95 %, by Student's t
};

// How values at equal distances rise; nullopt for fewer than three.
std::optional<Slope> slope(std::span<const double> values);

}  // namespace traction
