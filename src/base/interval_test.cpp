#include "base/interval.h"

#include <gtest/gtest.h>

namespace traction {
namespace {

TEST(Wilson, AgreesWithPublishedValues) {
  // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
  const auto expect = [](std::int64_t hits, std::int64_t cases, double low, double high) {
    const Interval interval = wilson(hits, cases);
    EXPECT_NEAR(interval.low, low, 5e-5) << hits << " of " << cases;
    EXPECT_NEAR(interval.high, high, 5e-5) << hits << " of " << cases;
  };
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(0, 20, 0.0000, 0.1611);
  expect(1, 29, 0.0061, 0.1718);
}

TEST(Wilson, HoldsTheShareAndStaysInBounds) {
  EXPECT_EQ(wilson(0, 0).low, 0);
  EXPECT_EQ(wilson(0, 0).high, 1);
  for (std::int64_t n = 1; n < 60; ++n)
    for (std::int64_t k = 0; k <= n; ++k) {
      const Interval interval = wilson(k, n);
      const double p = static_cast<double>(k) / static_cast<double>(n);
      EXPECT_LE(0, interval.low);
      EXPECT_LE(interval.low, p);
      EXPECT_LE(p, interval.high);
      EXPECT_LE(interval.high, 1);
      EXPECT_LT(interval.low, interval.high);
    }
}

}  // namespace
}  // namespace traction
