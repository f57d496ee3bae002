#include "mart/survival.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace traction {
namespace {

using Quantiles = std::array<std::optional<std::int64_t>, 3>;

struct Observed {
  std::int64_t seconds = 0;
  bool ended = false;  // false: censored, it was still going on when last seen
};

Quantiles of(const std::vector<Observed>& observed) {
  Lifetimes lifetimes;
  for (const Observed& one : observed) lifetimes.add(one.seconds, one.ended);
  return lifetimes.quantiles();
}

// The same from several that each gathered and sorted some.
Quantiles together(const std::vector<Observed>& observed, std::size_t parts) {
  std::vector<Lifetimes> gathered(parts);
  for (std::size_t i = 0; i < observed.size(); ++i)
    gathered[i * i % parts].add(observed[i].seconds, observed[i].ended);  // unlike many each
  Lifetimes all;
  for (const Lifetimes& each : gathered) all.add(SortedTimes(each.sorted().bytes()));
  return all.quantiles();
}

// The estimate as it is written, with all sorted and one factor for every time.
Quantiles plainly(std::vector<Observed> observed) {
  std::ranges::sort(observed, {}, &Observed::seconds);
  Quantiles reached;
  double surviving = 1;
  for (std::size_t i = 0, watched = observed.size(); i < observed.size();) {
    const std::int64_t time = observed[i].seconds;
    std::size_t ended = 0, seen = 0;
    for (; i < observed.size() && observed[i].seconds == time; ++i, ++seen) ended += observed[i].ended ? 1 : 0;
    surviving *= 1 - static_cast<double>(ended) / static_cast<double>(watched);
    watched -= seen;
    constexpr std::array kQuantiles = {0.5, 0.75, 0.9};
    for (std::size_t q = 0; q < kQuantiles.size(); ++q)
      if (!reached[q] && 1 - surviving >= kQuantiles[q] - 1e-9) reached[q] = time;
  }
  return reached;
}

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

TEST(Survival, isTheEstimateAsItIsWritten) {
  std::mt19937_64 dice(1);
  for (const std::size_t n : {1u, 2u, 7u, 100u, 3000u, 60'000u})
    for (const std::uint64_t censored : {0u, 1u, 30u, 70u, 100u})              // percent
      for (const std::uint64_t range : {3ull, 1000ull, 400'000'000'000ull}) {  // few times, with many at each, or many
        std::vector<Observed> observed;
        for (std::size_t i = 0; i < n; ++i)
          observed.push_back({static_cast<std::int64_t>(dice() % range), dice() % 100 >= censored});
        const Quantiles reached = plainly(observed);
        EXPECT_EQ(of(observed), reached) << n << " of " << range << ", " << censored << " % censored";
        for (const std::size_t parts : {2u, 7u, 100u})
          EXPECT_EQ(together(observed, parts), reached)
              << n << " of " << range << ", " << censored << " % censored, in " << parts << " parts";
      }
}

}  // namespace
}  // namespace traction
