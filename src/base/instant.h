// Instant and Date: a moment in UTC and a day on a calendar, with their text forms. They know nothing of time zones
// (zone.h) and never read a clock (clock.h). Values, thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace traction {

// Microseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t micros = 0;
  auto operator<=>(const Instant&) const = default;
};

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kDay = 86'400 * kSecond;

// A day without a zone, as days since 1970-01-01 (proleptic Gregorian).
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};

struct YearMonthDay {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
};

// Sales happen between these; anything outside is taken for a slip of the pen and refused.
inline constexpr int kFirstYear = 1900;
inline constexpr int kLastYear = 2199;

YearMonthDay year_month_day(Date date);

// The date of a year, month and day; refused (invalid) when there is no such day or it is outside kFirstYear …
// kLastYear.
Result<Date> make_date(int year, unsigned month, unsigned day);

// 1 = Monday … 7 = Sunday (ISO 8601).
int iso_weekday(Date date);

// The first day of the month `months` after (or before) the month of `date`.
Date add_months(Date date, int months);

// Reads "2017-12-31". Refused (invalid) otherwise, with a sentence that shows the form.
Result<Date> parse_date(std::string_view text);

// Reads RFC 3339 with an offset: "2017-12-31T09:30:00Z", "…T09:30:00.25+02:00". Refused (invalid) without an offset.
Result<Instant> parse_instant(std::string_view text);

// "2017-12-31"
std::string to_string(Date date);

// "2017-12-31T09:30:00Z", with as many of six decimals as are not zero.
std::string to_string(Instant instant);

}  // namespace traction
