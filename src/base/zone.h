// Zone: an IANA time zone, and what the wall clock there shows. It reads the machine's tz database once per zone.
// Immutable after find(), thread-safe. Days and hours of every metric go through here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace traction {

class Zone {
 public:
  // The zone of that IANA name ("Europe/Berlin"). Refused (unknown) when there is none.
  static Result<const Zone*> find(std::string_view name);

  const std::string& name() const { return name_; }

  // The calendar day on which `instant` falls there.
  Date day(Instant instant) const;

  // Seconds past local midnight on the wall clock, [0, 86400).
  std::int32_t second_of_day(Instant instant) const;

  // The instant at which a local day begins. Where midnight does not exist (daylight saving starts, or the day was
  // skipped), the first instant after it.
  Instant start_of(Date day) const;

  // The instant at which the wall clock shows `seconds` past midnight of `day`; a time that does not exist moves
  // forward, of a time that exists twice the first is meant.
  Instant at(Date day, std::int32_t seconds) const;

 private:
  struct Span {
    std::int64_t begin_micros;   // first instant of this offset
    std::int64_t offset_micros;  // local = UTC + offset
  };
  explicit Zone(std::string name) : name_(std::move(name)) {}
  std::int64_t offset_at(std::int64_t micros) const;

  std::string name_;
  std::vector<Span> spans_;  // ascending, the first begins before any instant we take
};

}  // namespace traction
