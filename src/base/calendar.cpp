#include "base/calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"

namespace traction {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                                       "friday", "saturday", "sunday"};
constexpr std::size_t kMostSpells = 24;
constexpr std::size_t kMostHolidays = 10'000;

// "09:30" in seconds, "24:00" included; -1 for anything else.
std::int32_t clock_time(const json::value& value) {
  const json::string* text = value.if_string();
  if (text == nullptr || text->size() != 5 || (*text)[2] != ':') return -1;
  for (const std::size_t i : {0, 1, 3, 4})
    if ((*text)[i] < '0' || (*text)[i] > '9') return -1;
  const int hour = ((*text)[0] - '0') * 10 + (*text)[1] - '0', minute = ((*text)[3] - '0') * 10 + (*text)[4] - '0';
  if (minute > 59 || hour > 24 || (hour == 24 && minute != 0)) return -1;
  return hour * 3600 + minute * 60;
}

Result<std::vector<Calendar::Hours>> parse_spells(std::string_view weekday, const json::value& value) {
  const auto invalid = [&] {
    return refuse(Code::invalid, std::string(weekday),
                  fmt::format("The working hours of {} are not a list of spells that follow each other, such as "
                              "[[\"09:00\", \"12:30\"], [\"13:30\", \"18:00\"]].",
                              weekday));
  };
  const json::array* list = value.if_array();
  if (list == nullptr) return invalid();
  if (list->size() > kMostSpells)
    return refuse(Code::too_large, std::string(weekday), fmt::format("At most {} spells a day.", kMostSpells));
  std::vector<Calendar::Hours> spells;
  std::int32_t last = 0;
  for (const json::value& item : *list) {
    const json::array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2) return invalid();
    const Calendar::Hours spell{clock_time((*pair)[0]), clock_time((*pair)[1])};
    if (spell.from < last || spell.to <= spell.from) return invalid();
    last = spell.to;
    spells.push_back(spell);
  }
  return spells;
}

Result<std::vector<Date>> parse_holidays(const json::value& value) {
  const json::array* list = value.if_array();
  if (list == nullptr)
    return refuse(Code::invalid, "holidays", "Holidays are a list of dates, such as [\"2017-12-25\"].");
  if (list->size() > kMostHolidays)
    return refuse(Code::too_large, "holidays", fmt::format("At most {} holidays.", kMostHolidays));
  std::vector<Date> days;
  for (const json::value& item : *list) {
    const Result<Date> day = parse_date(item.is_string() ? std::string_view(item.get_string()) : "");
    if (!day) return refuse(day.error().code, "holidays", day.error().sentence);
    days.push_back(*day);
  }
  std::ranges::sort(days);
  const auto rest = std::ranges::unique(days);
  days.erase(rest.begin(), rest.end());
  return days;
}

std::string clock_text(std::int32_t seconds) { return fmt::format("{:02}:{:02}", seconds / 3600, seconds / 60 % 60); }

}  // namespace

Result<Calendar> Calendar::parse(const json::object& object) {
  Calendar calendar;
  for (const auto& [key, value] : object) {
    if (key == "holidays") {
      Result<std::vector<Date>> days = parse_holidays(value);
      if (!days) return refuse(days);
      calendar.holidays_ = std::move(*days);
      continue;
    }
    const auto weekday = std::ranges::find(kWeekdays, std::string_view(key));
    if (weekday == kWeekdays.end()) {
      std::vector<std::string> known(kWeekdays.begin(), kWeekdays.end());
      known.emplace_back("holidays");
      return refuse(Code::unknown, std::string(key),
                    fmt::format("Working hours have no \"{}\".{}", std::string_view(key).substr(0, 40),
                                did_you_mean(key, known)));
    }
    Result<std::vector<Hours>> spells = parse_spells(*weekday, value);
    if (!spells) return refuse(spells);
    calendar.week_[static_cast<std::size_t>(weekday - kWeekdays.begin())] = std::move(*spells);
  }
  return calendar;
}

json::object Calendar::to_json() const {
  json::object object;
  for (std::size_t i = 0; i < week_.size(); ++i) {
    if (week_[i].empty()) continue;
    json::array spells;
    for (const Hours& spell : week_[i]) spells.push_back({clock_text(spell.from), clock_text(spell.to)});
    object.emplace(kWeekdays[i], std::move(spells));
  }
  if (!holidays_.empty()) {
    json::array days;
    for (const Date day : holidays_) days.emplace_back(to_string(day));
    object.emplace("holidays", std::move(days));
  }
  return object;
}

const std::vector<Calendar::Hours>& Calendar::hours(Date day) const {
  static const std::vector<Hours> closed;
  if (std::ranges::binary_search(holidays_, day)) return closed;
  return week_[static_cast<std::size_t>(iso_weekday(day) - 1)];
}

std::int64_t Calendar::business_seconds(const Zone& zone, Instant from, Instant to) const {
  std::int64_t micros = 0;
  if (to <= from) return 0;
  for (Date day = zone.day(from), last = zone.day(to); day <= last; ++day.days)
    for (const Hours& spell : hours(day)) {
      const Instant begin = std::max(from, zone.at(day, spell.from));
      const Instant end = std::min(to, zone.at(day, spell.to));
      micros += std::max<std::int64_t>(0, end.micros - begin.micros);
    }
  return micros / kSecond;
}

}  // namespace traction
