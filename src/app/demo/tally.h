// The list of what is planted in the demo company, and the count of how it came out. Each case is entered once with the
// chance it was drawn by and what happened. Values; called by demo_story.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "app/demo/demo.h"

namespace traction::demo {

enum class Plant {
  speed_to_lead,
  never_answered,
  skill,
  meeting,
  source,
  coaching,
  starter,
  discount,
  stuck_stage,
  competitor,
  comeback,
  comeback_wins,
  late_calls,
  season,
  silent,
  rare_deals,
  placebo,
  weekday,
};
inline constexpr std::size_t kPlants = 18;

class Tally {
 public:
  Tally();

  // One case: its group (by place), what it was planted with, what it came to (0 or 1 for a rate).
  void add(Plant plant, std::size_t group, double planted, double counted, std::int64_t cases = 1);

  std::vector<Pattern> patterns() const;

 private:
  struct Sum {
    double planted = 0, counted = 0;
    std::int64_t n = 0;
  };
  std::array<std::vector<Sum>, kPlants> sums_;
};

}  // namespace traction::demo
