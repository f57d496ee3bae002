#include <fmt/format.h>

#include "domain/rules.h"

namespace traction {
namespace {

constexpr std::int32_t kLongestDays = 3'660;  // a goal has a share of every day of it

}  // namespace

Result<void> quota_rules(const Change& change) {
  if (change.after("member") && change.after("team"))
    return refuse(Code::rule, "fields.team", "A quota is a member's or a team's, not both; the company's has neither.");
  const auto day = [&](const char* field) { return *parse_date(change.after(field)->get_string()); };
  const Date starts = day("starts_on"), ends = day("ends_on");
  if (starts < ends && ends.days - starts.days <= kLongestDays) return {};
  return refuse(Code::invalid, "fields.ends_on",
                fmt::format("A quota ends after it begins, at most {} days later. The end is the first day after it.",
                            kLongestDays));
}

}  // namespace traction
