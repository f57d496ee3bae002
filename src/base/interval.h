// Interval: how sure a share of few cases is. For every rate that is shown; what a rate counts is its caller's
// business. Pure, thread-safe.
#pragma once

#include <cstdint>

namespace traction {

struct Interval {
  double low = 0;
  double high = 1;
};

// Wilson's score interval at 95 % for `hits` of `cases`, within [0, 1]. No cases: [0, 1]. Source: E. B. Wilson,
// "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). CHECKs 0 <= hits <= cases.
Interval wilson(std::int64_t hits, std::int64_t cases);

}  // namespace traction
