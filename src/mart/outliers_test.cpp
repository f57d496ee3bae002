#include "mart/outliers.h"

#include <gtest/gtest.h>

namespace traction {
namespace {

Fences of(std::vector<double> values) {
  std::vector<std::int64_t> segments(values.size(), Segmented::kNone);
  return fences({std::move(values), std::move(segments)});
}

TEST(Outliers, liesBeyondOneAndAHalfInterquartileRanges) {
  // Quartiles 25 and 75 of 0 … 100: the fences are -50 and 150.
  std::vector<double> values;
  for (int i = 100; i >= 0; --i) values.push_back(i);
  const Fences all = of(values);
  EXPECT_EQ(all.low, -50);
  EXPECT_EQ(all.high, 150);
  EXPECT_EQ(all.inside, 101);
  EXPECT_EQ(all.mean, 50);
}

TEST(Outliers, onTheFenceIsInside) {
  // Quartiles 2 and 4: the fences are -1 and 7.
  EXPECT_EQ(of({1, 2, 3, 4, 7}).inside, 5);
  EXPECT_EQ(of({1, 2, 3, 4, 7.001}).inside, 4);
  EXPECT_EQ(of({1, 2, 3, 4, 1000}).mean, 2.5);
}

TEST(Outliers, quartilesLieBetweenNeighbours) {
  // Of 10, 20, 30, 40: 17.5 and 32.5.
  EXPECT_EQ(of({40, 10, 30, 20}).low, 17.5 - 1.5 * 15);
  EXPECT_EQ(of({40, 10, 30, 20}).high, 32.5 + 1.5 * 15);
}

TEST(Outliers, oneOrTheSameValuesHaveNone) {
  EXPECT_EQ(of({5}).inside, 1);
  EXPECT_EQ(of({5, 5, 5, 5, 6}).inside, 4);
  EXPECT_EQ(of({5, 5, 5, 5, 6}).mean, 5);
}

TEST(Outliers, nameTheSegmentThatAllOfThemShare) {
  const auto beyond = [](std::vector<std::int64_t> segments) {
    return fences({{1, 2, 3, 4, 2, 3, 2, 3, 1000, 2000}, std::move(segments)});
  };
  EXPECT_EQ(beyond({1, 2, 1, 2, 1, 2, 1, 2, 7, 7}).beyond, 2);
  EXPECT_EQ(beyond({1, 2, 1, 2, 1, 2, 1, 2, 7, 7}).segment, 7);
  EXPECT_EQ(beyond({7, 7, 7, 7, 7, 7, 7, 7, 7, 8}).segment, std::nullopt);
  EXPECT_EQ(beyond({7, 7, 7, 7, 7, 7, 7, 7, 7, Segmented::kNone}).segment, std::nullopt);
  EXPECT_EQ(fences({{5, 5}, {7, 7}}).beyond, 0);
  EXPECT_EQ(fences({{5, 5}, {7, 7}}).segment, std::nullopt);
}

}  // namespace
}  // namespace traction
