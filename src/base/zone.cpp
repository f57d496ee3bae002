#include "base/zone.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "base/text.h"

namespace traction {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a % b < 0)); }

}  // namespace

Result<const Zone*> Zone::find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Zone>, std::less<>> known;
  const std::lock_guard lock(mutex);
  if (const auto it = known.find(name); it != known.end()) return it->second.get();

  const date::time_zone* source = nullptr;
  try {
    source = date::locate_zone(std::string(name));
  } catch (const std::runtime_error&) {
    return refuse(Code::unknown, "zone",
                  fmt::format("There is no time zone \"{}\"; write one such as Europe/Berlin.", excerpt(name)));
  }
  // All offsets of the years we take, so that a look-up is a binary search over some 500 numbers.
  std::unique_ptr<Zone> zone(new Zone(std::string(name)));
  date::sys_seconds at = date::sys_days{date::year{kFirstYear - 1} / 1 / 1};
  const date::sys_seconds end = date::sys_days{date::year{kLastYear + 2} / 1 / 1};
  while (at < end) {
    const date::sys_info info = source->get_info(at);
    const std::int64_t offset = info.offset.count() * kSecond;
    if (zone->spans_.empty() || zone->spans_.back().offset_micros != offset)
      zone->spans_.push_back({at.time_since_epoch().count() * kSecond, offset});
    if (info.end <= at) break;
    at = info.end;
  }
  const Zone* result = zone.get();
  known.emplace(result->name_, std::move(zone));
  return result;
}

std::int64_t Zone::offset_at(std::int64_t micros) const {
  const auto after = std::upper_bound(spans_.begin(), spans_.end(), micros,
                                      [](std::int64_t value, const Span& span) { return value < span.begin_micros; });
  return (after == spans_.begin() ? after : after - 1)->offset_micros;
}

Date Zone::day(Instant instant) const {
  return Date{static_cast<std::int32_t>(floor_div(instant.micros + offset_at(instant.micros), kDay))};
}

std::int32_t Zone::second_of_day(Instant instant) const {
  const std::int64_t local = instant.micros + offset_at(instant.micros);
  return static_cast<std::int32_t>((local - floor_div(local, kDay) * kDay) / kSecond);
}

Instant Zone::start_of(Date day) const { return at(day, 0); }

Instant Zone::at(Date day, std::int32_t seconds) const {
  const std::int64_t local = day.days * kDay + seconds * kSecond;
  // Of the offsets in force around here, the first span in which the wall clock reaches `local` gives the answer:
  // inside it, or at its very beginning when the clock jumped over `local`.
  auto span = std::upper_bound(spans_.begin(), spans_.end(), local - 2 * kDay,
                               [](std::int64_t value, const Span& s) { return value < s.begin_micros; });
  if (span != spans_.begin()) --span;
  for (;; ++span) {
    const auto next = span + 1;
    const std::int64_t micros = local - span->offset_micros;
    if (next == spans_.end() || micros < next->begin_micros) return Instant{std::max(micros, span->begin_micros)};
  }
}

}  // namespace traction
