#include "mart/survival.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace traction {
namespace {

std::vector<std::int64_t> flat(const Times& times) {
  std::vector<std::int64_t> all;
  all.reserve(times.size());
  times.each([&](std::int64_t time) { all.push_back(time); });
  return all;
}

// Many are sorted by the digits of how far each lies from the least, the lowest digit first: a quarter of the time that
// comparing them takes.
std::vector<std::int64_t> ascending(const Times& times) {
  constexpr std::size_t kFew = 1000;
  constexpr int kBits = 11;
  std::vector<std::int64_t> all = flat(times);
  if (all.size() <= kFew) {
    std::ranges::sort(all);
    return all;
  }
  const auto [least, greatest] = std::ranges::minmax(all);
  const int width = std::bit_width(static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least));
  std::vector<std::int64_t> next(all.size());
  for (int shift = 0; shift < width; shift += kBits) {
    const auto digit = [shift, from = static_cast<std::uint64_t>(least)](std::int64_t time) {
      return (static_cast<std::uint64_t>(time) - from) >> shift & ((1 << kBits) - 1);
    };
    std::array<std::size_t, (1 << kBits) + 1> places{};
    for (const std::int64_t time : all) ++places[digit(time) + 1];
    std::partial_sum(places.begin(), places.end(), places.begin());
    for (const std::int64_t time : all) next[places[digit(time)]++] = time;
    all.swap(next);
  }
  return all;
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

// Between two censored times nobody leaves unseen, so the product telescopes there: after k of the n still watched have
// ended, S is S before · (n − k) / n.
std::array<std::optional<std::int64_t>, 3> Lifetimes::quantiles() const {
  constexpr std::array kQuantiles = {0.5, 0.75, 0.9};
  // Products of fractions miss a share such as 1/2 by their rounding; two neighbouring shares of as many as 10^8
  // observations are further apart than this.
  constexpr double kRounding = 1e-9;

  const std::vector<std::int64_t> ended = ascending(ended_), censored = ascending(censored_);
  std::array<std::optional<std::int64_t>, 3> reached;
  double surviving = 1;
  std::size_t watched = ended.size() + censored.size(), next = 0;
  auto begin = ended.begin();
  for (std::size_t i = 0; i <= censored.size() && next < kQuantiles.size(); ++i, --watched) {
    // What is censored at a time was still watched there.
    const auto end = i == censored.size()
                         ? ended.end()
                         : std::find_if(begin, ended.end(), [&](std::int64_t time) { return time > censored[i]; });
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
      reached[next] = begin[static_cast<std::ptrdiff_t>(enough - 1)];
    }
    surviving = left(here);
    watched -= here;
    begin = end;
  }
  return reached;
}

}  // namespace traction
