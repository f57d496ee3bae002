// Dice: repeatable chance for the demo company: the same seed gives the same throws on every machine (the standard
// library's distributions do not promise that). Not for secrets. Not thread-safe.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

namespace traction {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  // SplitMix64 (Steele, Lea, Flood 2014).
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  // [0, 1)
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return share() < probability; }
  double between(double low, double high) { return low + (high - low) * share(); }
  // [0, count)
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(share() * static_cast<double>(count)); }

  template <class T>
  const T& pick(std::span<const T> items) {
    return items[below(items.size())];
  }

  // The index of one of the weights, in proportion to them.
  std::size_t weighted(std::span<const double> weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    double at = share() * sum;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i)
      if ((at -= weights[i]) < 0) return i;
    return weights.size() - 1;
  }

  // Standard normal (Box and Muller).
  double normal() { return std::sqrt(-2 * std::log(1 - share())) * std::cos(2 * std::numbers::pi * share()); }

  // Exponential, cut off at three times its mean and stretched back to mean 1: the long tail of waiting, with an end.
  double wait() {
    constexpr double kCut = 0.950212931632136;    // 1 - e^-3
    constexpr double kMean = 0.8428129105262321;  // 1 - 3e^-3 / (1 - e^-3)
    return -std::log(1 - share() * kCut) / kMean;
  }

 private:
  std::uint64_t state_;
};

}  // namespace traction
