#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/zone.h"
#include "domain/rules.h"

namespace traction {
namespace {

// Every outcome named among the successes is one that an activity can have.
Result<void> check_successes(const Batch& batch, std::string_view named) {
  const std::vector<std::string>& known = batch.schema().need("activity").field("outcome")->choices;
  for (const std::string& outcome : split(named, ','))
    if (std::ranges::find(known, outcome) == known.end())
      return refuse(Code::unknown, "fields.cold_success",
                    fmt::format("\"{}\" is no outcome of an activity.{}", excerpt(outcome),
                                did_you_mean(excerpt(outcome), known)));
  return {};
}

}  // namespace

Result<void> settings_rules(const Batch& batch, Change& change) {
  if (const json::value* zone = change.fields.if_contains("zone")) {
    const auto found = Zone::find(zone->get_string());
    if (!found) return refuse(found.error().code, "fields.zone", found.error().sentence);
  }
  if (const json::value* named = change.fields.if_contains("cold_success"))
    return check_successes(batch, named->get_string());
  return {};
}

}  // namespace traction
