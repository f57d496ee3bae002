#include "mart/survival.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace traction {
namespace {

constexpr std::array kQuantiles = {0.5, 0.75, 0.9};

// How far each time lies from `least`, ascending. Many are sorted by their digits, the lowest first: a quarter of the
// time that comparing them takes.
template <class Distance>
std::vector<Distance> ascending(const Times& times, std::int64_t least) {
  std::vector<Distance> all;
  all.reserve(times.size());
  times.each([&](std::int64_t time) {
    all.push_back(static_cast<Distance>(static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(least)));
  });
  constexpr std::size_t kFew = 1000;
  if (all.size() <= kFew) {
    std::ranges::sort(all);
    return all;
  }
  constexpr int kBits = 11, kDigits = (std::numeric_limits<Distance>::digits + kBits - 1) / kBits;
  const auto digit = [](Distance distance, int i) { return distance >> (i * kBits) & ((1 << kBits) - 1); };
  std::vector<std::array<std::uint32_t, (1 << kBits) + 1>> places(kDigits);  // [digit][value]: how many are less
  for (const Distance distance : all)
    for (int i = 0; i < kDigits; ++i) ++places[i][digit(distance, i) + 1];
  std::vector<Distance> next(all.size());
  for (int i = 0; i < kDigits; ++i) {
    if (places[i][1] == all.size()) continue;  // all are 0 there
    std::partial_sum(places[i].begin(), places[i].end(), places[i].begin());
    for (const Distance distance : all) next[places[i][digit(distance, i)]++] = distance;
    all.swap(next);
  }
  return all;
}

// Between two censored times nobody leaves unseen, so the product telescopes there: after k of the n still watched have
// ended, S is S before · (n − k) / n.
template <class Distance>
std::array<std::optional<std::int64_t>, kQuantiles.size()> estimate(const Times& all_ended, const Times& all_censored,
                                                                    std::int64_t least) {
  // Products of fractions miss a share such as 1/2 by their rounding; two neighbouring shares of as many as 10^8
  // observations are further apart than this.
  constexpr double kRounding = 1e-9;

  const auto ended = ascending<Distance>(all_ended, least), censored = ascending<Distance>(all_censored, least);
  std::array<std::optional<std::int64_t>, kQuantiles.size()> reached;
  double surviving = 1;
  std::size_t watched = ended.size() + censored.size(), next = 0;
  auto begin = ended.begin();
  for (std::size_t i = 0; i <= censored.size() && next < kQuantiles.size(); ++i, --watched) {
    // What is censored at a time was still watched there.
    const auto end = i == censored.size()
                         ? ended.end()
                         : std::find_if(begin, ended.end(), [&](Distance distance) { return distance > censored[i]; });
    const auto here = static_cast<std::size_t>(end - begin);
    if (here == 0) continue;
    const auto left = [&](std::size_t count) {
      return surviving * static_cast<double>(watched - count) / static_cast<double>(watched);
    };
    const auto reaches = [&](std::size_t count) { return 1 - left(count) >= kQuantiles[next] - kRounding; };
    for (; next < kQuantiles.size() && reaches(here); ++next) {
      std::size_t few = 0, enough = here;  // the last that does not reach it, the first that does
      while (few + 1 < enough) {
        const std::size_t middle = few + (enough - few) / 2;
        (reaches(middle) ? enough : few) = middle;
      }
      reached[next] = least + static_cast<std::int64_t>(begin[static_cast<std::ptrdiff_t>(enough - 1)]);
    }
    surviving = left(here);
    watched -= here;
    begin = end;
  }
  return reached;
}

}  // namespace

void Times::grow() {
  constexpr std::size_t kLeast = 8, kMost = 8192;
  const std::size_t room = blocks_.empty() ? kLeast : std::clamp(2 * blocks_.back().room, kLeast, kMost);
  blocks_.push_back({std::make_shared_for_overwrite<std::int64_t[]>(room), 0, room});
}

void Times::add(const Times& others) {
  // In front, so that the last stays this one's own, and as full: whose they are may go on filling them.
  blocks_.insert(blocks_.begin(), others.blocks_.begin(), others.blocks_.end());
  for (std::size_t i = 0; i < others.blocks_.size(); ++i) blocks_[i].room = blocks_[i].size;
  size_ += others.size_;
}

void Lifetimes::add(const Lifetimes& others) {
  ended_.add(others.ended_);
  censored_.add(others.censored_);
}

std::array<std::optional<std::int64_t>, 3> Lifetimes::quantiles() const {
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), greatest = std::numeric_limits<std::int64_t>::min();
  for (const Times* times : {&ended_, &censored_})
    times->each([&](std::int64_t time) {
      least = std::min(least, time);
      greatest = std::max(greatest, time);
    });
  const auto range = static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least);
  // Half as much memory to go through, for all that ends within 136 years.
  return range <= std::numeric_limits<std::uint32_t>::max() ? estimate<std::uint32_t>(ended_, censored_, least)
                                                            : estimate<std::uint64_t>(ended_, censored_, least);
}

}  // namespace traction
