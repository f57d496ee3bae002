// Checks of metrics against each other, once all are read: formulas that need themselves or what is not there, amounts
// joined with what has no currency, yardsticks that nothing can be held against. Called by Catalogue::load alone.
// Pure, thread-safe.
#pragma once

#include <optional>

#include "metrics/metric.h"

namespace traction {

// The first mistake, with the place of its metric; nothing when all hold.
std::optional<Refusal> check_together(const Catalogue& catalogue, const Schema& schema);

}  // namespace traction
