#include "base/interval.h"

#include <gtest/gtest.h>

#include <vector>

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

TEST(Difference, AgreesWithPublishedValues) {
  // Newcombe (1998), table II, method 10: (a) 56/70 - 48/80, (d) 9/10 - 3/10, (g) 10/10 - 0/20.
  const auto expect = [](Share now, Share then, double low, double high) {
    const Interval interval = difference(now, then);
    EXPECT_NEAR(interval.low, low, 5e-5);
    EXPECT_NEAR(interval.high, high, 5e-5);
  };
  expect({56, 70}, {48, 80}, 0.0524, 0.3339);
  expect({9, 10}, {3, 10}, 0.1705, 0.8090);
  expect({10, 10}, {0, 20}, 0.6791, 1.0000);
}

TEST(Slope, AgreesWithTheTextbook) {
  // y = 2, 4, 5, 4, 5: slope 0.6, residual sum of squares 2.4, standard error sqrt(2.4 / 3 / 10), t(3) = 3.182446.
  const std::vector<double> values{2, 4, 5, 4, 5};
  const auto line = slope(values);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->rise, 0.6, 1e-12);
  EXPECT_NEAR(line->interval.low, 0.6 - 3.182446 * 0.282843, 1e-5);
  EXPECT_NEAR(line->interval.high, 0.6 + 3.182446 * 0.282843, 1e-5);
}

TEST(Slope, IsNoneOfTwoAndLevelOfEqualOnes) {
  EXPECT_FALSE(slope(std::vector<double>{1, 2}));
  const std::vector<double> equal(12, 0.1);
  const auto line = slope(equal);
  ASSERT_TRUE(line);
  EXPECT_LE(line->interval.low, 0);
  EXPECT_GE(line->interval.high, 0);
}

}  // namespace
}  // namespace traction
