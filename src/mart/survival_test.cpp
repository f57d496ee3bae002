#include "mart/survival.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace traction {
namespace {

using Quantiles = std::array<std::optional<std::int64_t>, 3>;

Quantiles of(std::vector<Observed> observed) { return survival_quantiles(observed); }

TEST(Survival, leadsNeverAnsweredAreNotDropped) {
  std::vector<Observed> leads(6, {3600, true});
  leads.insert(leads.end(), 4, {86400, false});
  EXPECT_EQ(of(leads), (Quantiles{3600, std::nullopt, std::nullopt}));
}

TEST(Survival, nothingOrNothingEndedReachesNothing) {
  EXPECT_EQ(of({}), Quantiles{});
  EXPECT_EQ(of({{10, false}, {20, false}}), Quantiles{});
}

TEST(Survival, oneThatEndedIsEveryQuantile) { EXPECT_EQ(of({{7, true}}), (Quantiles{7, 7, 7})); }

TEST(Survival, withoutCensoringItIsTheSmallestTimeReachingTheShare) {
  std::vector<Observed> ten;
  for (std::int64_t t = 10; t >= 1; --t) ten.push_back({t, true});
  EXPECT_EQ(of(ten), (Quantiles{5, 8, 9}));
}

// Remission of leukaemia patients on 6-MP: Freireich et al. 1963, the textbook case. S falls to 0.627 at 16, 0.538 at
// 22 and 0.448 at 23 weeks; 0.25 is not reached.
TEST(Survival, givesThePublishedMedianOfTheLeukaemiaTrial) {
  std::vector<Observed> patients;
  for (const std::int64_t week : {6, 6, 6, 7, 10, 13, 16, 22, 23}) patients.push_back({week, true});
  for (const std::int64_t week : {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}) patients.push_back({week, false});
  EXPECT_EQ(of(patients), (Quantiles{23, std::nullopt, std::nullopt}));
}

TEST(Survival, whatIsCensoredAtATimeWasStillWatchedThere) {
  // At 1: 4 watched, 2 ended: S = 1/2. Were the censored one gone before, S would be 1/3.
  EXPECT_EQ(of({{1, true}, {1, true}, {1, false}, {2, true}})[0], 1);
  EXPECT_EQ(of({{1, true}, {1, false}, {1, false}, {2, true}})[0], 2);
}

TEST(Survival, roundingDoesNotPushAQuantileOn) {
  for (const std::size_t n : {10u, 30u, 100u, 1000u, 100'000u}) {
    std::vector<Observed> each;
    for (std::size_t i = 1; i <= n; ++i) each.push_back({static_cast<std::int64_t>(i), true});
    const auto reached = of(each);
    EXPECT_EQ(reached[0], (n + 1) / 2) << n;
    EXPECT_EQ(reached[2], (9 * n + 9) / 10) << n;
  }
}

TEST(Survival, manyAreSortedLikeFew) {
  std::mt19937_64 dice(1);
  std::vector<Observed> many;
  for (int i = 0; i < 50'000; ++i) many.push_back({static_cast<std::int64_t>(dice() % 100'000'000), dice() % 5 != 0});
  // A hundred times the same observations leave every share as it was.
  std::vector<Observed> few(many.begin(), many.begin() + 1000), repeated;
  for (int i = 0; i < 100; ++i) repeated.insert(repeated.end(), few.begin(), few.end());
  EXPECT_EQ(of(repeated), of(few));
  std::vector<Observed> ended;
  for (Observed one : many) ended.push_back({one.seconds, true});
  const auto reached = of(ended);
  std::ranges::sort(ended, {}, [](const Observed& one) { return std::int64_t{one.seconds}; });
  EXPECT_EQ(reached[0], ended[24'999].seconds);
  EXPECT_EQ(reached[2], ended[44'999].seconds);
}

}  // namespace
}  // namespace traction
