#include "base/instant.h"

#include <date/date.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "base/text.h"

namespace traction {
namespace {

date::sys_days to_sys(Date d) { return date::sys_days{date::days{d.days}}; }

// Reads exactly `width` digits at `position`; -1 when they are not there.
int digits(std::string_view text, std::size_t position, std::size_t width) {
  if (position + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = position; i < position + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool is_at(std::string_view text, std::size_t position, char c) {
  return position < text.size() && text[position] == c;
}

tl::unexpected<Refusal> not_an_instant(std::string_view text) {
  return refuse(Code::invalid, "",
                fmt::format("\"{}\" is not an instant such as 2017-12-31T09:30:00Z.", excerpt(text)));
}

}  // namespace

YearMonthDay year_month_day(Date d) {
  const date::year_month_day ymd{to_sys(d)};
  return {static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day())};
}

Result<Date> make_date(int year, unsigned month, unsigned day) {
  const date::year_month_day ymd{date::year{year}, date::month{month}, date::day{day}};
  if (!ymd.ok()) return refuse(Code::invalid, "", fmt::format("There is no day {:04}-{:02}-{:02}.", year, month, day));
  if (year < kFirstYear || year > kLastYear)
    return refuse(Code::invalid, "", fmt::format("The year {} is not between {} and {}.", year, kFirstYear, kLastYear));
  return Date{static_cast<std::int32_t>(date::sys_days{ymd}.time_since_epoch().count())};
}

int iso_weekday(Date d) { return static_cast<int>(date::weekday{to_sys(d)}.iso_encoding()); }

Date add_months(Date d, int months) {
  const date::year_month_day ymd{to_sys(d)};
  const date::year_month target = date::year_month{ymd.year(), ymd.month()} + date::months{months};
  return Date{static_cast<std::int32_t>(date::sys_days{target / 1}.time_since_epoch().count())};
}

Result<Date> parse_date(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (text.size() != 10 || year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-')
    return refuse(Code::invalid, "", fmt::format("\"{}\" is not a date such as 2017-12-31.", excerpt(text)));
  return make_date(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
}

Result<Instant> parse_instant(std::string_view text) {
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return not_an_instant(text);
  const Result<Date> day = parse_date(text.substr(0, 10));
  if (!day) return refuse(day);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || text[13] != ':' ||
      text[16] != ':')
    return not_an_instant(text);
  std::size_t position = 19;
  std::int64_t fraction = 0;
  if (is_at(text, position, '.')) {
    std::int64_t unit = 100'000;
    const std::size_t first = ++position;
    for (; position < text.size() && text[position] >= '0' && text[position] <= '9'; ++position, unit /= 10)
      fraction += (text[position] - '0') * unit;  // digits past the sixth add 0
    if (position == first || position - first > 9) return not_an_instant(text);
  }
  std::int64_t offset_minutes = 0;
  if (is_at(text, position, 'Z') || is_at(text, position, 'z')) {
    ++position;
  } else if (is_at(text, position, '+') || is_at(text, position, '-')) {
    const int offset_hour = digits(text, position + 1, 2), offset_minute = digits(text, position + 4, 2);
    if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59 || text[position + 3] != ':')
      return not_an_instant(text);
    offset_minutes = (text[position] == '-' ? -1 : 1) * (offset_hour * 60 + offset_minute);
    position += 6;
  }  // anything else leaves characters over
  else {
    return not_an_instant(text);
  }
  if (position != text.size()) return not_an_instant(text);
  const std::int64_t seconds = (hour * 60LL + minute - offset_minutes) * 60 + second;
  return Instant{day->days * kDay + seconds * kSecond + fraction};
}

std::string to_string(Date d) {
  const YearMonthDay ymd = year_month_day(d);
  return fmt::format("{:04}-{:02}-{:02}", ymd.year, ymd.month, ymd.day);
}

std::string to_string(Instant instant) {
  std::int64_t days = instant.micros / kDay, rest = instant.micros % kDay;
  if (rest < 0) rest += kDay, --days;
  const std::int64_t seconds = rest / kSecond;
  std::string text = fmt::format("{}T{:02}:{:02}:{:02}", to_string(Date{static_cast<std::int32_t>(days)}),
                                 seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (const std::int64_t fraction = rest % kSecond; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

}  // namespace traction
