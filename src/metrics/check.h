// Checks of a metric against the others, once all are read: formulas that need themselves, what is not there or too
// much, amounts joined with what has no currency, yardsticks that nothing can be held against. Called by the catalogue
// alone. Pure, thread-safe.
#pragma once

#include <optional>

#include "metrics/metric.h"

namespace traction {

// The first mistake, with the place of the metric; nothing when it holds.
std::optional<Refusal> check_beside_others(const MetricDefinition& metric, const Catalogue& catalogue,
                                           const Schema& schema);

}  // namespace traction
