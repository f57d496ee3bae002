// Compared: asks the metric engine and the auditor the same, and tells where they differ; and makes up what to ask.
// Tests only. Stateless, thread-safe.
#pragma once

#include "app/ask.h"
#include "simulation/auditor/auditor.h"
#include "simulation/history.h"

namespace traction {

// A question that both sides take, out of the history's time.
auditor::Inquiry make_up(const std::string& metric, Chance& chance, Instant now);

std::string text_of(const auditor::Inquiry& inquiry);

// "" when the engine answers as the auditor reckons: the same groups of as many cases, each number with the same
// standing, counts, sums and shares exactly, means and medians to 1e-9, and the same total. Otherwise the first few
// differences.
std::string differences(Mart& mart, const Catalogue& catalogue, const Schema& schema, auditor::Reckoning reckoned,
                        const auditor::Inquiry& inquiry);

}  // namespace traction
