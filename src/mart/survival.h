// Kaplan-Meier: how long things last when some are still going on. Pure, thread-safe. The mart offers it to SQL as
// survival(seconds, ended).
//
// Source: E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958): the
// product-limit estimate S(t) = Π over t_i ≤ t of (1 − d_i / n_i), with d_i ended at t_i and n_i still watched just
// before. What is censored at t_i counts as watched there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace traction {

// Eight bytes, since there are as many as an answer has cases.
struct Observed {
  std::int64_t seconds : 63;
  bool ended : 1;  // false: censored, it was still going on when last seen
};

// The smallest time t with 1 − S(t) ≥ q for q = 0.5, 0.75 and 0.9; nullopt where that is never reached. Reorders what
// it is given. All nullopt when there is nothing.
std::array<std::optional<std::int64_t>, 3> survival_quantiles(std::vector<Observed>& observed);

}  // namespace traction
