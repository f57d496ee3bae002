#include "metrics/period.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace traction {
namespace {

constexpr std::size_t kMostPeriods = 20'000;
constexpr std::array<std::string_view, 8> kGrains = {"",        "day",  "week",           "month",
                                                     "quarter", "year", "fiscal_quarter", "fiscal_year"};

// How many months a period of the grain has; 0 for days and weeks.
int months_of(Grain grain) {
  switch (grain) {
    case Grain::none:
    case Grain::day:
    case Grain::week:
      return 0;
    case Grain::month:
      return 1;
    case Grain::quarter:
    case Grain::fiscal_quarter:
      return 3;
    case Grain::year:
    case Grain::fiscal_year:
      return 12;
  }
  CHECK(false);
}

bool is_fiscal(Grain grain) { return grain == Grain::fiscal_quarter || grain == Grain::fiscal_year; }

Date plus(Date date, int days) { return {date.days + days}; }

Date shifted(Grain grain, Date date, int count) {
  if (const int months = months_of(grain)) return same_day(date, months * count);
  return plus(date, (grain == Grain::week ? 7 : 1) * count);
}

}  // namespace

Turning turning(std::string_view week_start, std::int64_t fiscal_year_start) {
  CHECK(fiscal_year_start >= 1 && fiscal_year_start <= 12);
  return {week_start == "sunday" ? 1 : week_start == "saturday" ? 2 : 0, static_cast<int>(fiscal_year_start) - 1};
}

Date begin_of(Grain grain, Date day, Turning turning) {
  CHECK(grain != Grain::none);
  if (grain == Grain::day) return day;
  if (grain == Grain::week) return plus(day, -((iso_weekday(day) - 1 + turning.week) % 7));
  const YearMonthDay ymd = year_month_day(day);
  const int first = is_fiscal(grain) ? turning.fiscal : 0;
  return add_months(day, -((static_cast<int>(ymd.month) + 11 - first) % months_of(grain)));
}

std::string begin_sql(Grain grain, const std::string& day, Turning turning) {
  CHECK(grain != Grain::none);
  const char* unit = months_of(grain) == 12 ? "year" : months_of(grain) == 3 ? "quarter" : name(grain).data();
  if (grain == Grain::day) return day;
  if (grain == Grain::month) return fmt::format("({0} - (day({0}) - 1)::INTEGER)", day);  // three times as fast
  if (grain == Grain::week && turning.week != 0)
    return fmt::format("(date_trunc('week', {0} + {1})::DATE - {1})", day, turning.week);
  if (is_fiscal(grain) && turning.fiscal != 0)
    return fmt::format("(date_trunc('{0}', {1} - INTERVAL {2} MONTH) + INTERVAL {2} MONTH)::DATE", unit, day,
                       turning.fiscal);
  return fmt::format("date_trunc('{}', {})::DATE", unit, day);
}

Date step(Grain grain, Date begin, int count) { return shifted(grain, begin, count); }

std::vector<Date> begins(Grain grain, Date from, Date to, Turning turning) {
  std::vector<Date> days;
  for (Date day = begin_of(grain, from, turning); day < to && days.size() < kMostPeriods; day = step(grain, day, 1))
    days.push_back(day);
  return days;
}

std::string label(Grain grain, Date begin, Turning turning) {
  const YearMonthDay ymd = year_month_day(begin);
  if (grain == Grain::week) return "week of " + to_string(begin);
  if (grain == Grain::month) return fmt::format("{:04}-{:02}", ymd.year, ymd.month);
  if (grain == Grain::quarter) return fmt::format("{:04} Q{}", ymd.year, (ymd.month - 1) / 3 + 1);
  if (grain == Grain::year) return fmt::format("{:04}", ymd.year);
  if (is_fiscal(grain)) {
    const Date last = plus(add_months(begin_of(Grain::fiscal_year, begin, turning), 12), -1);
    const std::string year = fmt::format("FY{:04}", year_month_day(last).year);
    if (grain == Grain::fiscal_year) return year;
    return fmt::format("{} Q{}", year, (static_cast<int>(ymd.month) + 11 - turning.fiscal) % 12 / 3 + 1);
  }
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

Comparison compare(Compare how, Grain grain, Date from, Date to, Date today, Turning turning) {
  const Date until = std::max(std::min(to, plus(today, 1)), plus(from, 1));
  Comparison comparison{how, {from, until}, {}};
  if (how == Compare::previous && grain == Grain::none) {
    comparison.then = {plus(from, from.days - until.days), from};
  } else if (how == Compare::previous) {
    const int periods = static_cast<int>(begins(grain, from, until, turning).size());
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

std::map<Date, Date> line_up(const Comparison& comparison, Grain grain, Turning turning) {
  std::map<Date, Date> places;
  const std::vector<Date> now = begins(grain, *comparison.now.from, *comparison.now.to, turning);
  const std::vector<Date> then = begins(grain, *comparison.then.from, *comparison.then.to, turning);
  const bool by_date = comparison.how == Compare::last_year && grain == Grain::day;
  for (std::size_t i = 0; i < then.size(); ++i) {
    const Date later = same_day(then[i], 12);
    if (by_date && same_day(later, -12) == then[i]) places.emplace(then[i], later);
    if (!by_date && i < now.size()) places.emplace(then[i], now[i]);
  }
  return places;
}

}  // namespace traction
