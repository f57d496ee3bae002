#include "mart/survival.h"

#include <algorithm>

namespace traction {

std::array<std::optional<std::int64_t>, 3> survival_quantiles(std::vector<Observed>& observed) {
  constexpr std::array kQuantiles = {0.5, 0.75, 0.9};
  // Products of fractions miss a share such as 1/2 by their rounding; two neighbouring shares of as many as 10^8
  // observations are further apart than this.
  constexpr double kRounding = 1e-9;

  std::ranges::sort(observed, {}, &Observed::seconds);
  std::array<std::optional<std::int64_t>, 3> reached;
  double surviving = 1;
  std::size_t watched = observed.size(), next = 0;
  for (std::size_t i = 0; i < observed.size() && next < kQuantiles.size();) {
    const std::int64_t time = observed[i].seconds;
    std::size_t ended = 0, seen = 0;
    for (; i < observed.size() && observed[i].seconds == time; ++i, ++seen) ended += observed[i].ended;
    if (ended > 0) surviving *= static_cast<double>(watched - ended) / static_cast<double>(watched);
    watched -= seen;
    while (next < kQuantiles.size() && 1 - surviving >= kQuantiles[next] - kRounding) reached[next++] = time;
  }
  return reached;
}

}  // namespace traction
