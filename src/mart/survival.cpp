#include "mart/survival.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

namespace traction {
namespace {

// Times in ascending order, and for any time how many of them lie before it. Found through a table over their range,
// which costs a step or two where a search would cost twenty.
class Ascending {
 public:
  explicit Ascending(std::vector<std::int64_t>& times) : times_(times) {
    std::ranges::sort(times);
    if (times.empty()) return;
    const auto range = static_cast<std::uint64_t>(times.back()) - static_cast<std::uint64_t>(times.front());
    shift_ = std::max(0, static_cast<int>(std::bit_width(range)) - kBits);
    first_.resize((range >> shift_) + 1);
    std::size_t place = 0;
    for (std::size_t i = 0; i < first_.size(); ++i) {
      while (place < times.size() && part(times[place]) < i) ++place;
      first_[i] = static_cast<std::uint32_t>(place);
    }
  }

  std::size_t before(std::int64_t time) const {
    if (times_.empty() || time <= times_.front()) return 0;
    if (time > times_.back()) return times_.size();
    // A part of the table holds few times, and the last is never before `time`: two steps without a branch, then more.
    std::size_t place = first_[part(time)];
    place += times_[place] < time;
    place += times_[place] < time;
    while (times_[place] < time) ++place;
    return place;
  }

 private:
  static constexpr int kBits = 16;
  std::size_t part(std::int64_t time) const {
    return (static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(times_.front())) >> shift_;
  }

  const std::vector<std::int64_t>& times_;
  std::vector<std::uint32_t> first_;
  int shift_ = 0;
};

}  // namespace

void Lifetimes::add(const Lifetimes& others) {
  ended_.insert(ended_.end(), others.ended_.begin(), others.ended_.end());
  censored_.insert(censored_.end(), others.censored_.begin(), others.censored_.end());
}

// Between two censored times nobody leaves unseen, so the product telescopes there: after k of the n still watched have
// ended, S is S before · (n − k) / n. So nothing that ended needs to be sorted: it is enough to count how many lie
// between which censored times, and to pick the k-th where a quantile falls.
std::array<std::optional<std::int64_t>, 3> Lifetimes::quantiles() {
  constexpr std::array kQuantiles = {0.5, 0.75, 0.9};
  // Products of fractions miss a share such as 1/2 by their rounding; two neighbouring shares of as many as 10^8
  // observations are further apart than this.
  constexpr double kRounding = 1e-9;

  const Ascending censored(censored_);
  std::vector<std::size_t> between(censored_.size() + 1);
  for (const std::int64_t time : ended_) ++between[censored.before(time)];

  std::array<std::optional<std::int64_t>, 3> reached;
  double surviving = 1;
  std::size_t watched = ended_.size() + censored_.size(), next = 0;
  for (std::size_t i = 0; i < between.size() && next < kQuantiles.size(); ++i, --watched) {
    const std::size_t here = between[i];
    if (here == 0) continue;
    const auto left = [&](std::size_t ended) {
      return surviving * static_cast<double>(watched - ended) / static_cast<double>(watched);
    };
    const auto reaches = [&](std::size_t ended) { return 1 - left(ended) >= kQuantiles[next] - kRounding; };
    std::vector<std::int64_t> times;  // of those that ended here, as soon as one is wanted
    auto sorted = times.begin();      // those before it are in their places
    for (; next < kQuantiles.size() && reaches(here); ++next) {
      if (times.empty()) {
        times.reserve(here);
        const std::int64_t after = i == 0 ? std::numeric_limits<std::int64_t>::min() : censored_[i - 1];
        const std::int64_t last = i == censored_.size() ? std::numeric_limits<std::int64_t>::max() : censored_[i];
        std::ranges::copy_if(ended_, std::back_inserter(times),
                             [=](std::int64_t time) { return time > after && time <= last; });
        sorted = times.begin();
      }
      std::size_t few = 0, enough = here;  // the last that does not reach it, the first that does
      while (few + 1 < enough) {
        const std::size_t middle = few + (enough - few) / 2;
        (reaches(middle) ? enough : few) = middle;
      }
      const auto wanted = times.begin() + static_cast<std::ptrdiff_t>(enough - 1);
      if (wanted >= sorted) std::nth_element(sorted, wanted, times.end());
      sorted = std::max(sorted, wanted);
      reached[next] = *wanted;
    }
    surviving = left(here);
    watched -= here;
  }
  return reached;
}

}  // namespace traction
