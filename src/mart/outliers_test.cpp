#include "mart/outliers.h"

#include <gtest/gtest.h>

namespace traction {
namespace {

Inliers of(std::vector<double> values) { return inliers(values); }

TEST(Outliers, liesBeyondOneAndAHalfInterquartileRanges) {
  // Quartiles 25 and 75 of 0 … 100: the fences are -50 and 150.
  std::vector<double> values;
  for (int i = 100; i >= 0; --i) values.push_back(i);
  Inliers all = of(values);
  EXPECT_EQ(all.low, -50);
  EXPECT_EQ(all.high, 150);
  EXPECT_EQ(all.count, 101);
  EXPECT_EQ(all.mean, 50);
}

TEST(Outliers, onTheFenceIsInside) {
  // Quartiles 2 and 4: the fences are -1 and 7.
  EXPECT_EQ(of({1, 2, 3, 4, 7}).count, 5);
  EXPECT_EQ(of({1, 2, 3, 4, 7.001}).count, 4);
  EXPECT_EQ(of({1, 2, 3, 4, 1000}).mean, 2.5);
}

TEST(Outliers, quartilesLieBetweenNeighbours) {
  // Of 10, 20, 30, 40: 17.5 and 32.5.
  EXPECT_EQ(of({40, 10, 30, 20}).low, 17.5 - 1.5 * 15);
  EXPECT_EQ(of({40, 10, 30, 20}).high, 32.5 + 1.5 * 15);
}

TEST(Outliers, oneOrTheSameValuesHaveNone) {
  EXPECT_EQ(of({5}).count, 1);
  EXPECT_EQ(of({5, 5, 5, 5, 6}).count, 4);
  EXPECT_EQ(of({5, 5, 5, 5, 6}).mean, 5);
}

}  // namespace
}  // namespace traction
