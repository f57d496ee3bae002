// Demo: an invented company with a history to look at, and with patterns planted in it whose truth is known, so that
// an analysis can be tested against it. The same options, clock and random source give the same ledger, byte for byte.
// It writes to a ledger and returns the list of patterns; where that list is kept is the caller's business. Called by
// the command line and by tests; one call at a time per ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "ledger/ledger.h"
#include "schema/schema.h"

namespace traction {

struct DemoOptions {
  int reps = 12;                      // 8 … 2,000
  int months = 36;                    // 3 … 240, before the month of the end
  std::int64_t activities = 120'000;  // 2,000 … 50,000,000; so many exactly
  std::uint64_t seed = 1;
  std::optional<Instant> end{};  // the history stops at the local midnight before it; default: the clock's present
};

// One side of a planted comparison.
struct PatternGroup {
  std::string label;
  double planted = 0;  // what the cases were drawn from: the mean over these very cases
  std::int64_t n = 0;  // cases
  double counted = 0;  // what they came to; 0 without cases
};

// One thing that is true of the demo company by construction, or, as a decoy, is not.
struct Pattern {
  std::string id;         // "speed_to_lead"
  bool real = true;       // false: a decoy, an analysis must not find it
  std::string unit;       // "rate", "days", "ratio"
  std::string statement;  // for people
  std::string cases;      // which records count, so that anybody can count them again
  std::vector<PatternGroup> groups;
};

struct DemoReport {
  Date from, to;  // history in [from, to)
  Seq entries = 0;
  std::int64_t deals = 0, activities = 0, contacts = 0, accounts = 0;
  std::vector<Pattern> patterns;
};

// The settings of the demo's workspace: zone, currency, working hours with holidays.
json::object demo_settings();

// Refused (invalid) for options out of bounds.
Result<void> check(const DemoOptions& options);

// Invents the company into a ledger that is empty or holds nothing but demo_settings(). Refused (invalid) for options
// out of bounds, (rule) when the ledger holds more. `progress` gets activities done and in all. Not one transaction: a
// kill leaves a ledger to be thrown away.
Result<DemoReport> make_demo(Ledger& ledger, const Schema& schema, const DemoOptions& options, Clock& clock,
                             Random& random, const std::function<void(std::int64_t, std::int64_t)>& progress = {});

// The report as TOML, one [[pattern]] each.
std::string to_toml(const DemoReport& report);

}  // namespace traction
