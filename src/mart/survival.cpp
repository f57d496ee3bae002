#include "mart/survival.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/check.h"

namespace traction {
namespace {

constexpr std::array kQuantiles = {0.5, 0.75, 0.9};

// Many are sorted by their digits, the lowest first: a quarter of the time that comparing them takes.
template <class Distance>
std::vector<Distance> ascending(std::vector<Distance> all) {
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

std::uint64_t distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

template <class Distance>
std::vector<Distance> distances(const Times& times, std::int64_t least) {
  std::vector<Distance> all;
  all.reserve(times.size());
  times.each([&](std::int64_t time) { all.push_back(static_cast<Distance>(distance(least, time))); });
  return all;
}

// The first place from `from` on of which `before` does not hold; it holds of all before that. The nearer it is, the
// sooner it is found.
template <class Before>
std::size_t gallop(std::size_t from, std::size_t size, const Before& before) {
  std::size_t step = 1;
  while (from + step <= size && before(from + step - 1)) {
    from += step;
    step *= 2;
  }
  std::size_t end = std::min(from + step - 1, size);
  while (from < end) {
    const std::size_t middle = from + (end - from) / 2;
    if (before(middle))
      from = middle + 1;
    else
      end = middle;
  }
  return from;
}

std::vector<std::int64_t> all_censored(const std::vector<SortedTimes>& sorted) {
  std::vector<std::uint64_t> all;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const SortedTimes& times : sorted) least = std::min(least, times.least());
  for (const SortedTimes& times : sorted)
    times.spans([&](const auto&, const auto& censored) {
      for (const auto each : censored) all.push_back(distance(least, times.least()) + each);
    });
  if (sorted.size() > 1) all = ascending(std::move(all));
  std::vector<std::int64_t> censored;
  censored.reserve(all.size());
  for (const std::uint64_t each : all) censored.push_back(least + static_cast<std::int64_t>(each));
  return censored;
}

// Adds to counts[i] how many ended after the censored time before i, and up to that of i; the last is after all.
void count_ended(const SortedTimes& times, const std::vector<std::int64_t>& censored,
                 std::vector<std::size_t>& counts) {
  times.spans([&](const auto& ended, const auto&) {
    const auto time = [&](std::size_t i) { return times.least() + static_cast<std::int64_t>(ended[i]); };
    for (std::size_t i = 0, next = 0; next < ended.size();) {
      const std::size_t begin = next;
      i = gallop(i, censored.size(), [&](std::size_t at) { return censored[at] < time(begin); });
      next = i == censored.size() ? ended.size()
                                  : gallop(next, ended.size(), [&](std::size_t at) { return time(at) <= censored[i]; });
      counts[i] += next - begin;
    }
  });
}

// The time by which so many have ended, which they do.
std::int64_t time_of(const std::vector<SortedTimes>& sorted, std::size_t count) {
  std::int64_t from = std::numeric_limits<std::int64_t>::max(), to = std::numeric_limits<std::int64_t>::min();
  for (const SortedTimes& times : sorted)
    times.spans([&](const auto& ended, const auto&) {
      if (ended.empty()) return;
      from = std::min(from, times.least() + static_cast<std::int64_t>(ended.front()));
      to = std::max(to, times.least() + static_cast<std::int64_t>(ended.back()));
    });
  while (from < to) {
    const std::int64_t middle = from + static_cast<std::int64_t>(distance(from, to) / 2);
    std::size_t by_then = 0;
    for (const SortedTimes& times : sorted)
      times.spans([&](const auto& ended, const auto&) {
        by_then += static_cast<std::size_t>(
            std::ranges::upper_bound(ended, middle, {},
                                     [&](auto each) { return times.least() + static_cast<std::int64_t>(each); }) -
            ended.begin());
      });
    if (by_then >= count)
      to = middle;
    else
      from = middle + 1;
  }
  return from;
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

SortedTimes::SortedTimes(const Times& ended, const Times& censored) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), greatest = std::numeric_limits<std::int64_t>::min();
  for (const Times* times : {&ended, &censored})
    times->each([&](std::int64_t time) {
      least = std::min(least, time);
      greatest = std::max(greatest, time);
    });
  const std::size_t count = ended.size() + censored.size();
  const auto sort = [&]<class Distance>(Distance) {
    words_ = std::make_shared_for_overwrite<std::uint64_t[]>(kHead + (count * sizeof(Distance) + 7) / 8);
    words_[kLeast] = static_cast<std::uint64_t>(least);
    words_[kEnded] = ended.size();
    words_[kCensored] = censored.size();
    words_[kWidth] = sizeof(Distance);
    auto* next = reinterpret_cast<char*>(words_.get() + kHead);
    for (const Times* times : {&ended, &censored}) {
      const auto sorted = ascending(distances<Distance>(*times, least));
      std::memcpy(next, sorted.data(), sorted.size() * sizeof(Distance));
      next += sorted.size() * sizeof(Distance);
    }
  };
  // Half as much memory to go through, for all that ends within 136 years.
  if (count == 0 || distance(least, greatest) <= std::numeric_limits<std::uint32_t>::max())
    sort(std::uint32_t{});
  else
    sort(std::uint64_t{});
}

SortedTimes::SortedTimes(std::string_view bytes)
    : words_(std::make_shared_for_overwrite<std::uint64_t[]>((bytes.size() + 7) / 8)) {
  CHECK(bytes.size() >= kHead * sizeof(std::uint64_t));
  std::memcpy(words_.get(), bytes.data(), bytes.size());
  CHECK(bytes.size() == size());
}

std::string_view SortedTimes::bytes() const { return {reinterpret_cast<const char*>(words_.get()), size()}; }

std::size_t SortedTimes::size() const { return kHead * sizeof(std::uint64_t) + count() * words_[kWidth]; }

void Lifetimes::add(const Lifetimes& others) {
  ended_.add(others.ended_);
  censored_.add(others.censored_);
  sorted_.insert(sorted_.end(), others.sorted_.begin(), others.sorted_.end());
}

std::size_t Lifetimes::count() const {
  std::size_t count = ended_.size() + censored_.size();
  for (const SortedTimes& times : sorted_) count += times.count();
  return count;
}

std::size_t Lifetimes::ended() const {
  std::size_t count = ended_.size();
  for (const SortedTimes& times : sorted_) count += times.ended();
  return count;
}

// Between two censored times nobody leaves unseen, so the product telescopes there: after k of the n still watched have
// ended, S is S before · (n − k) / n.
std::array<std::optional<std::int64_t>, kQuantiles.size()> Lifetimes::quantiles() const {
  // Products of fractions miss a share such as 1/2 by their rounding; two neighbouring shares of as many as 10^8
  // observations are further apart than this.
  constexpr double kRounding = 1e-9;

  std::vector<SortedTimes> sorted = sorted_;
  if (ended_.size() + censored_.size() > 0) sorted.push_back(this->sorted());
  const std::vector<std::int64_t> censored = all_censored(sorted);
  std::vector<std::size_t> ended(censored.size() + 1);  // what is censored at a time was still watched there
  for (const SortedTimes& times : sorted) count_ended(times, censored, ended);

  std::array<std::optional<std::int64_t>, kQuantiles.size()> reached;
  double surviving = 1;
  std::size_t watched = std::reduce(ended.begin(), ended.end()) + censored.size(), gone = 0, next = 0;
  for (std::size_t i = 0; i < ended.size() && next < kQuantiles.size(); ++i, --watched) {
    const std::size_t here = ended[i];
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
      reached[next] = time_of(sorted, gone + enough);
    }
    surviving = left(here);
    watched -= here;
    gone += here;
  }
  return reached;
}

}  // namespace traction
