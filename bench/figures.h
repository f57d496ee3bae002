// Figures: what a bench measured, each beside its limit. Limits are for the whole size: of a run with --small they are
// shown, but it is not held to them. Not thread-safe.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace traction {

inline bool small_bench() { return std::getenv("TRACTION_BENCH_SMALL") != nullptr; }

class Figures {
 public:
  void at_least(const std::string& name, double value, const std::string& unit, double limit) {
    add(name, value, unit, "≥", limit, value >= limit);
  }
  void at_most(const std::string& name, double value, const std::string& unit, double limit) {
    add(name, value, unit, "≤", limit, value <= limit);
  }
  // What makes another figure worth nothing.
  void spoilt(const std::string& why) {
    lines_.push_back(why);
    within_ = false;
  }

  // True when none is over its limit, or none is held to it.
  bool print() const {
    fmt::print("\n");
    for (const std::string& line : lines_) fmt::print("{}\n", line);
    if (small_bench()) fmt::print("A small run: the limits are for the whole size and this one is not held to them.\n");
    return within_ || small_bench();
  }

 private:
  void add(const std::string& name, double value, const std::string& unit, const char* sign, double limit, bool kept) {
    lines_.push_back(fmt::format("{:<48}{:>12.{}f} {:<5}{} {:<8}{}", name, value, value < 100 ? 2 : 0, unit, sign,
                                 limit, kept || small_bench() ? "" : "missed"));
    within_ &= kept;
  }
  std::vector<std::string> lines_;
  bool within_ = true;
};

}  // namespace traction
