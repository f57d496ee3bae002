// Trend: whether a number grows, is level or falls over the periods of an answer: the line through them by least
// squares, and "level" where its 95 % interval holds 0. Seasons are not taken out. Internal to metrics/. Pure,
// thread-safe.
#pragma once

#include "metrics/question.h"

namespace traction {

inline constexpr std::size_t kFewestPeriods = 6;

// One trend per combination of keys and currency of the rows, which stand by their periods. Only whole periods count:
// of those that the period asked cuts, and of the one that still runs, nothing is known yet.
std::vector<Trend> trends(const Question& question, const Answer& answer);

}  // namespace traction
