#include "metrics/period.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace traction {
namespace {

constexpr std::size_t kMostPeriods = 20'000;
constexpr std::array<std::string_view, 6> kGrains = {"", "day", "week", "month", "quarter", "year"};

// How many months a period of the grain has; 0 for days and weeks.
int months_of(Grain grain) {
  return grain == Grain::month ? 1 : grain == Grain::quarter ? 3 : grain == Grain::year ? 12 : 0;
}

Date plus(Date date, int days) { return {date.days + days}; }

Date shifted(Grain grain, Date date, int count) {
  if (const int months = months_of(grain)) return same_day(date, months * count);
  return plus(date, (grain == Grain::week ? 7 : 1) * count);
}

}  // namespace

int week_shift(std::string_view week_start) { return week_start == "sunday" ? 1 : week_start == "saturday" ? 2 : 0; }

Date begin_of(Grain grain, Date day, int shift) {
  CHECK(grain != Grain::none);
  if (grain == Grain::day) return day;
  if (grain == Grain::week) return plus(day, -((iso_weekday(day) - 1 + shift) % 7));
  const YearMonthDay ymd = year_month_day(day);
  const int into = (static_cast<int>(ymd.month) - 1) % months_of(grain);
  return add_months(day, -into);
}

Date step(Grain grain, Date begin, int count) { return shifted(grain, begin, count); }

std::vector<Date> begins(Grain grain, Date from, Date to, int shift) {
  std::vector<Date> days;
  for (Date day = begin_of(grain, from, shift); day < to && days.size() < kMostPeriods; day = step(grain, day, 1))
    days.push_back(day);
  return days;
}

std::string label(Grain grain, Date begin) {
  const YearMonthDay ymd = year_month_day(begin);
  if (grain == Grain::week) return "week of " + to_string(begin);
  if (grain == Grain::month) return fmt::format("{:04}-{:02}", ymd.year, ymd.month);
  if (grain == Grain::quarter) return fmt::format("{:04} Q{}", ymd.year, (ymd.month - 1) / 3 + 1);
  if (grain == Grain::year) return fmt::format("{:04}", ymd.year);
  return to_string(begin);
}

std::string_view name(Grain grain) { return kGrains[static_cast<std::size_t>(grain)]; }

std::optional<Grain> grain_of(std::string_view text) {
  const auto found = std::ranges::find(kGrains, text);
  if (text.empty() || found == kGrains.end()) return std::nullopt;
  return static_cast<Grain>(found - kGrains.begin());
}

Date same_day(Date date, int months) {
  const unsigned day = year_month_day(date).day;
  const Date first = add_months(date, months);
  const int length = add_months(first, 1).days - first.days;
  return plus(first, std::min(static_cast<int>(day), length) - 1);
}

Comparison compare(Compare how, Grain grain, Date from, Date to, Date today, int shift) {
  const Date until = std::max(std::min(to, plus(today, 1)), plus(from, 1));
  Comparison comparison{how, {from, until}, {}};
  if (how == Compare::previous && grain == Grain::none) {
    comparison.then = {plus(from, from.days - until.days), from};
  } else if (how == Compare::previous) {
    const int periods = static_cast<int>(begins(grain, from, until, shift).size());
    comparison.then = {shifted(grain, from, -periods), shifted(grain, until, -periods)};
  } else if (grain == Grain::week) {
    comparison.then = {plus(from, -364), plus(until, -364)};
  } else {
    // A whole period is set against a whole one (February 2024 against February 2023), a part against as many days.
    const Date begin = same_day(from, -12);
    const Date end = same_day(to, -12);
    comparison.then = {begin, until == to ? end : std::min(end, plus(begin, until.days - from.days))};
  }
  return comparison;
}

std::map<Date, Date> line_up(const Comparison& comparison, Grain grain, int shift) {
  std::map<Date, Date> places;
  const std::vector<Date> now = begins(grain, *comparison.now.from, *comparison.now.to, shift);
  const std::vector<Date> then = begins(grain, *comparison.then.from, *comparison.then.to, shift);
  const bool by_date = comparison.how == Compare::last_year && grain == Grain::day;
  for (std::size_t i = 0; i < then.size(); ++i) {
    const Date later = same_day(then[i], 12);
    if (by_date && same_day(later, -12) == then[i]) places.emplace(then[i], later);
    if (!by_date && i < now.size()) places.emplace(then[i], now[i]);
  }
  return places;
}

}  // namespace traction
