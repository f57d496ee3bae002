// Kaplan-Meier: how long things last when some are still going on. Pure; a value, one thread at a time. The mart offers
// it to SQL as survival().
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

class Lifetimes {
 public:
  // One that ended after so many seconds, or else was still going on when last seen.
  void add(std::int64_t seconds, bool ended) { (ended ? ended_ : censored_).push_back(seconds); }
  void add(const Lifetimes& others);

  // The smallest time t with 1 − S(t) ≥ q for q = 0.5, 0.75 and 0.9; nullopt where that is never reached, and when
  // there is nothing. Linear in what ended, as long as that is most of it; reorders what is held.
  std::array<std::optional<std::int64_t>, 3> quantiles();

 private:
  std::vector<std::int64_t> ended_, censored_;
};

}  // namespace traction
