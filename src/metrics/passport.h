// Passport: what every number carries with it, put into words: formula, filters, period, zone, currencies, what was
// left out and why. Internal to metrics/. Pure, thread-safe.
#pragma once

#include "metrics/groups.h"
#include "metrics/row.h"

namespace traction {

Passport make_passport(const Asking& asking, const Question& question, const Groups& groups, const Rows& rows);

// "count of deal_fact where outcome is won", or the formula as written.
std::string formula_words(const MetricDefinition& metric);

}  // namespace traction
