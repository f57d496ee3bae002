#include "base/business_clock.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace traction {
namespace {

// What has passed of a day's working time by an instant.
std::int64_t worked(const Calendar& calendar, const Zone& zone, Date day, Instant until) {
  std::int64_t micros = 0;
  for (const Calendar::Hours& spell : calendar.hours(day)) {
    const Instant end = std::min(until, zone.at(day, spell.to));
    micros += std::max<std::int64_t>(0, end.micros - zone.at(day, spell.from).micros);
  }
  return micros;
}

}  // namespace

BusinessClock::BusinessClock(const Calendar& calendar, const Zone& zone, Date first, Date last)
    : calendar_(calendar), zone_(zone), first_(first) {
  std::int64_t micros = 0;
  for (Date day = first; day <= last; ++day.days) {
    before_.push_back(micros);
    micros += worked(calendar, zone, day, Instant{std::numeric_limits<std::int64_t>::max()});
  }
}

std::int64_t BusinessClock::micros_before(Instant instant) const {
  const Date day = zone_.day(instant);
  const auto place = static_cast<std::size_t>(day.days - first_.days);
  CHECK(day >= first_ && place < before_.size());
  return before_[place] + worked(calendar_, zone_, day, instant);
}

std::int64_t BusinessClock::seconds(Instant from, Instant to) const {
  return to <= from ? 0 : (micros_before(to) - micros_before(from)) / kSecond;
}

}  // namespace traction
