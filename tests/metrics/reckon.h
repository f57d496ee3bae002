// Reckoning a metric again from the rows behind it, as a person with a spreadsheet would: counts, sums, shares, means,
// quantiles, fences and Kaplan-Meier, of texts, sharing nothing with the engine but the definition. Tests only. Not
// thread-safe.
#pragma once

#include <string>

#include "metrics/metric.h"
#include "metrics/query.h"

namespace traction {

// What the rows were asked under.
struct Circumstances {
  Instant judged;         // up to which what is open has lasted
  json::object settings;  // of the workspace: zone and working hours
};

// Expects the row of an answer to be what `cases`, the rows behind it and no others, come to; differences are failures
// of the running test. How many values were reckoned: passed over is what looks
// beyond these rows (last year, before the period, a yardstick from history), an age, and a count of different values.
int expect_reckoned(const Catalogue& catalogue, const MetricDefinition& metric, const Row& row, const Cases& cases,
                    const Circumstances& under, const std::string& what);

}  // namespace traction
