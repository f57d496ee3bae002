// Calendar: a company's working hours per weekday and its days off, and how much working time lies between two
// instants. It knows local days and hours alone; the zone comes with each question. Immutable, thread-safe. The
// workspace's settings hold one as JSON; demo and business-hours durations read it.
//
// As JSON, closed days left out, hours ascending and apart:
//   {"monday": [["09:00", "12:30"], ["13:30", "18:00"]], …, "holidays": ["2017-12-25", …]}
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/instant.h"
#include "base/json.h"
#include "base/result.h"
#include "base/zone.h"

namespace traction {

class Calendar {
 public:
  // Seconds past local midnight, [from, to), to <= 86400.
  struct Hours {
    std::int32_t from = 0;
    std::int32_t to = 0;
    bool operator==(const Hours&) const = default;
  };

  // Reads the form above; holidays may come in any order and more than once. Refused (invalid, unknown) with the
  // weekday or "holidays" as field, and (too_large) for over 24 spells a day or 10,000 holidays.
  static Result<Calendar> parse(const json::object& object);

  // The form above: weekdays from Monday, holidays ascending.
  json::object to_json() const;

  // The working hours of that local day; empty when it is closed.
  const std::vector<Hours>& hours(Date day) const;

  // Seconds of working time in [from, to); 0 when `to` is not after `from`. A spell across a change of clocks counts
  // what really passes. Takes time in proportion to the days between.
  std::int64_t business_seconds(const Zone& zone, Instant from, Instant to) const;

  bool operator==(const Calendar&) const = default;

 private:
  std::array<std::vector<Hours>, 7> week_;  // Monday first
  std::vector<Date> holidays_;              // ascending, each once
};

}  // namespace traction
