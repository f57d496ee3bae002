// BusinessClock: the working time of a calendar in a zone, added up once over a span of days so that each question
// takes no time worth speaking of. It says what Calendar::business_seconds says. Immutable, thread-safe. The mart's SQL
// function business_seconds asks it for the rows of a chunk.
#pragma once

#include <cstdint>
#include <vector>

#include "base/calendar.h"

namespace traction {

class BusinessClock {
 public:
  // For instants from the day `first` to the day `last`, both as days of the zone.
  BusinessClock(const Calendar& calendar, const Zone& zone, Date first, Date last);

  // Seconds of working time in [from, to), both within the span; 0 when `to` is not after `from`.
  std::int64_t seconds(Instant from, Instant to) const;

 private:
  std::int64_t micros_before(Instant instant) const;

  const Calendar& calendar_;
  const Zone& zone_;
  Date first_;
  std::vector<std::int64_t> before_;  // by day: microseconds worked from the first day's beginning to this one's
};

}  // namespace traction
