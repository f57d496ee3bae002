// Days of a time zone through the whole engine: with a call at every hour of three years, counting by day must come to
// what filtering by that day gives and to what the wall clock shows: days of 23 and 25 hours, Lord Howe's of 23½ and
// 24½, days that begin at one o'clock, midnights that come twice (St John's), and the day that Apia left out.
#include <gtest/gtest.h>

#include "app/ask.h"
#include "app/workspace.h"
#include "base/zone.h"
#include "ledger/memory.h"
#include "metrics/period.h"
#include "metrics/question.h"
#include "support/actions.h"
#include "support/machine.h"

namespace traction {
namespace {

constexpr const char* kZones[] = {
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Windhoek",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Asuncion",
    "America/Bogota",
    "America/Caracas",
    "America/Chicago",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Dubai",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
};
static_assert(std::size(kZones) == 40);

constexpr std::int64_t kHour = 3600 * kSecond;

class ZoneDays : public testing::Test {
 protected:
  ZoneDays() {
    definitions_ = *load_definitions(TRACTION_SOURCE_DIR "/definitions");
    workspace_ =
        std::make_unique<Workspace>("test", memory_ledger(), definitions_, MartOptions{"", 300, 2}, clock_, random_);
    EXPECT_TRUE(workspace_->begin({{"name", "Test"}}));
    Command command;
    for (Instant hour = first_; hour < last_; hour.micros += kHour) {
      command.actions.push_back(
          at(creation("activity", {{"kind", "call"}, {"status", "done"}, {"direction", "outbound"}}), hour));
      if (command.actions.size() < 1000 && hour.micros + kHour < last_.micros) continue;
      EXPECT_TRUE(workspace_->execute(std::move(command)));
      command = {};
    }
  }

  void set(const char* setting, const json::value& value) {
    const auto changed = workspace_->execute(batch({on(Verb::change, "workspace", Id{1}, {{setting, value}})}));
    ASSERT_TRUE(changed) << to_string(changed.error());
    workspace_->fresh_mart();
  }

  Answer ask_touches(Grain grain, Period period) {
    Query query;
    query.metric = "touches";
    query.by = {"kind"};
    query.grain = grain;
    query.from = period.from;
    query.to = period.to;
    auto answer = ask(*workspace_->mart(), definitions_->catalogue, *workspace_->schema(), query, clock_.now());
    EXPECT_TRUE(answer) << to_string(answer.error());
    return answer.value_or(Answer{});
  }

  // How many there are by first day of the grain's periods, from the engine.
  std::map<Date, std::int64_t> counted(Grain grain) {
    std::map<Date, std::int64_t> counts;
    const Answer answer = ask_touches(grain, {});
    for (const Row& row : answer.rows)
      if (row.n > 0) counts[parse_date(answer.key(row, 1)).value()] = row.n;
    return counts;
  }

  // The same days by DuckDB's own reckoning, which shares nothing with ours.
  std::map<Date, std::int64_t> by_wall_clock(const char* zone) {
    std::map<Date, std::int64_t> counts;
    const auto table = workspace_->mart()->read()->query(
        "SELECT timezone($1, timezone('UTC', happened_at))::DATE::VARCHAR, count(*) FROM touch GROUP BY ALL",
        {std::string(zone)});
    EXPECT_TRUE(table) << to_string(table.error());
    if (!table) return counts;
    for (const TableRow row : table->rows()) counts[parse_date(row.text(0)).value()] = row.whole(1).value();
    return counts;
  }

  std::int64_t filtered(Date from, Date to) {
    const Answer answer = ask_touches(Grain::none, {from, to});
    return answer.total ? answer.total->n : -1;
  }

  // The hours that fall on a day, by where the day begins and ends.
  std::int64_t hours_of(const Zone& zone, Date from, Date to) const {
    const auto hours_before = [&](Instant instant) {
      const std::int64_t micros = std::clamp(instant.micros, first_.micros, last_.micros) - first_.micros;
      return (micros + kHour - 1) / kHour;
    };
    return hours_before(zone.start_of(to)) - hours_before(zone.start_of(from));
  }

  const Instant first_ = parse_instant("2010-01-01T00:00:00Z").value();
  const Instant last_ = parse_instant("2013-01-01T00:00:00Z").value();
  TestClock clock_;
  TestRandom random_;
  std::shared_ptr<const Definitions> definitions_;
  std::unique_ptr<Workspace> workspace_;
};

TEST_F(ZoneDays, countingByDayEqualsFilteringByTheDay) {
  std::map<std::int64_t, int> lengths;  // days by their hours
  for (const char* name : kZones) {
    SCOPED_TRACE(name);
    set("zone", name);
    const Zone& zone = **Zone::find(name);
    const auto by_day = counted(Grain::day);
    EXPECT_EQ(by_day, by_wall_clock(name));
    const Date begin = zone.day(first_), end{zone.day({last_.micros - 1}).days + 1};
    std::int64_t all = 0, before = 24;
    for (Date day = begin; day < end; ++day.days) {
      const Date next{day.days + 1};
      const auto found = by_day.find(day);
      const std::int64_t count = found == by_day.end() ? 0 : found->second;
      all += count;
      // Filtering is asked around everything unusual, and now and then.
      if (count != 24 || before != 24 || day.days % 200 == 0) {
        ASSERT_EQ(filtered(day, next), count) << to_string(day);
      }
      if (begin < day && next < end) ++lengths[count];
      before = count;
    }
    EXPECT_EQ(all, (last_.micros - first_.micros) / kHour);
    EXPECT_EQ(filtered(begin, end), all);
  }
  EXPECT_GT(lengths[23], 70);
  EXPECT_GT(lengths[25], 70);
  EXPECT_EQ(lengths[0], 1);  // 2011-12-30 in Apia
  EXPECT_GT(lengths[24], 43'000);
}

TEST_F(ZoneDays, weeksAndFiscalYearsBeginWhereTheSettingsSay) {
  set("zone", "Pacific/Apia");
  const Zone& zone = **Zone::find("Pacific/Apia");
  const auto check = [&](Grain grain, Turning turning) {
    const auto counts = counted(grain);
    std::int64_t all = 0;
    for (const auto& [begin, count] : counts) {
      EXPECT_EQ(begin, begin_of(grain, begin, turning));
      EXPECT_EQ(count, hours_of(zone, begin, step(grain, begin, 1))) << to_string(begin);
      all += count;
    }
    EXPECT_EQ(all, (last_.micros - first_.micros) / kHour);
  };
  for (const char* start : {"monday", "sunday", "saturday"}) {
    SCOPED_TRACE(start);
    set("week_start", start);
    check(Grain::week, turning(start, 1));
    for (const auto& [begin, count] : counted(Grain::week))
      EXPECT_EQ(iso_weekday(begin), start[0] == 'm' ? 1 : start[1] == 'u' ? 7 : 6);
  }
  for (std::int64_t month = 1; month <= 12; ++month) {
    SCOPED_TRACE(month);
    set("fiscal_year_start", month);
    check(Grain::fiscal_quarter, turning("monday", month));
    check(Grain::fiscal_year, turning("monday", month));
    for (const auto& [begin, count] : counted(Grain::fiscal_year)) EXPECT_EQ(year_month_day(begin).month, month);
  }
  const auto refused =
      workspace_->execute(batch({on(Verb::change, "workspace", Id{1}, {{"zone", "Europe/Atlantis"}})}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unknown);
}

}  // namespace
}  // namespace traction
