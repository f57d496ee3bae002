#include "metrics/period.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traction {
namespace {

using testing::ElementsAre;

Date day(std::string_view text) { return parse_date(text).value(); }

std::vector<std::string> texts(const std::vector<Date>& days) {
  std::vector<std::string> all;
  for (const Date one : days) all.push_back(to_string(one));
  return all;
}

std::string text(const Period& period) { return to_string(*period.from) + " " + to_string(*period.to); }

TEST(Period, BeginsWhereTheGrainSays) {
  const Date date = day("2017-05-17");  // a Wednesday
  EXPECT_EQ(begin_of(Grain::day, date, {}), date);
  EXPECT_EQ(begin_of(Grain::week, date, turning("monday", 1)), day("2017-05-15"));
  EXPECT_EQ(begin_of(Grain::week, date, turning("sunday", 1)), day("2017-05-14"));
  EXPECT_EQ(begin_of(Grain::week, date, turning("saturday", 1)), day("2017-05-13"));
  EXPECT_EQ(begin_of(Grain::month, date, {}), day("2017-05-01"));
  EXPECT_EQ(begin_of(Grain::quarter, date, {}), day("2017-04-01"));
  EXPECT_EQ(begin_of(Grain::year, date, {}), day("2017-01-01"));
  EXPECT_EQ(begin_of(Grain::fiscal_quarter, date, turning("monday", 1)), day("2017-04-01"));
  EXPECT_EQ(begin_of(Grain::fiscal_quarter, date, turning("monday", 2)), day("2017-05-01"));
  EXPECT_EQ(begin_of(Grain::fiscal_quarter, date, turning("monday", 3)), day("2017-03-01"));
  EXPECT_EQ(begin_of(Grain::fiscal_year, date, turning("monday", 1)), day("2017-01-01"));
  EXPECT_EQ(begin_of(Grain::fiscal_year, date, turning("monday", 4)), day("2017-04-01"));
  EXPECT_EQ(begin_of(Grain::fiscal_year, date, turning("monday", 6)), day("2016-06-01"));
  EXPECT_EQ(begin_of(Grain::fiscal_year, date, turning("monday", 12)), day("2016-12-01"));
  // Before 1970 as well.
  EXPECT_EQ(begin_of(Grain::week, day("1969-12-31"), {}), day("1969-12-29"));
  EXPECT_EQ(begin_of(Grain::quarter, day("1969-12-31"), {}), day("1969-10-01"));
}

TEST(Period, ListsAllThatTouchTheInterval) {
  EXPECT_THAT(texts(begins(Grain::month, day("2016-12-31"), day("2017-02-02"), {})),
              ElementsAre("2016-12-01", "2017-01-01", "2017-02-01"));
  EXPECT_THAT(texts(begins(Grain::month, day("2017-01-01"), day("2017-02-01"), {})), ElementsAre("2017-01-01"));
  EXPECT_THAT(texts(begins(Grain::year, day("2016-02-29"), day("2017-01-02"), {})),
              ElementsAre("2016-01-01", "2017-01-01"));
  EXPECT_LE(begins(Grain::day, day("1900-01-01"), day("2199-01-01"), {}).size(), 20'000u);
}

TEST(Period, SameDayStaysInItsMonth) {
  EXPECT_EQ(same_day(day("2016-02-29"), 12), day("2017-02-28"));
  EXPECT_EQ(same_day(day("2017-03-31"), -1), day("2017-02-28"));
  EXPECT_EQ(same_day(day("2017-01-31"), 1), day("2017-02-28"));
  EXPECT_EQ(same_day(day("2017-12-15"), 1), day("2018-01-15"));
}

TEST(Period, IsLabelledForPeople) {
  EXPECT_EQ(label(Grain::week, day("2017-03-06"), {}), "week of 2017-03-06");
  EXPECT_EQ(label(Grain::month, day("2017-03-01"), {}), "2017-03");
  EXPECT_EQ(label(Grain::quarter, day("2017-10-01"), {}), "2017 Q4");
  EXPECT_EQ(label(Grain::year, day("2017-01-01"), {}), "2017");
  EXPECT_EQ(label(Grain::fiscal_year, day("2017-01-01"), turning("monday", 1)), "FY2017");
  EXPECT_EQ(label(Grain::fiscal_year, day("2017-04-01"), turning("monday", 4)), "FY2018");
  EXPECT_EQ(label(Grain::fiscal_quarter, day("2018-01-01"), turning("monday", 4)), "FY2018 Q4");
  EXPECT_EQ(label(Grain::fiscal_quarter, day("2016-12-01"), turning("monday", 12)), "FY2017 Q1");
  EXPECT_EQ(label(Grain::fiscal_quarter, day("2017-10-01"), turning("monday", 1)), "FY2017 Q4");
  EXPECT_EQ(grain_of("quarter"), Grain::quarter);
  EXPECT_EQ(grain_of("fiscal_quarter"), Grain::fiscal_quarter);
  EXPECT_EQ(grain_of("fortnight"), std::nullopt);
  EXPECT_EQ(grain_of(""), std::nullopt);
}

TEST(Compare, PreviousIsAsLong) {
  const Date today = day("2018-06-01");
  const auto march = compare(Compare::previous, Grain::none, day("2017-03-01"), day("2017-04-01"), today, {});
  EXPECT_EQ(text(march.now), "2017-03-01 2017-04-01");
  EXPECT_EQ(text(march.then), "2017-01-29 2017-03-01");
  // With a grain, by whole periods, so that rows line up.
  const auto months = compare(Compare::previous, Grain::month, day("2017-03-01"), day("2017-05-01"), today, {});
  EXPECT_EQ(text(months.then), "2017-01-01 2017-03-01");
  const auto places = line_up(months, Grain::month, {});
  EXPECT_EQ(places.at(day("2017-01-01")), day("2017-03-01"));
  EXPECT_EQ(places.at(day("2017-02-01")), day("2017-04-01"));
}

TEST(Compare, LastYearIsTheSameDays) {
  const Date today = day("2018-06-01");
  EXPECT_EQ(text(compare(Compare::last_year, Grain::none, day("2017-02-01"), day("2017-03-01"), today, {}).then),
            "2016-02-01 2016-03-01");  // a whole February, though longer
  EXPECT_EQ(text(compare(Compare::last_year, Grain::none, day("2016-02-01"), day("2016-03-01"), today, {}).then),
            "2015-02-01 2015-03-01");
  const auto weeks = compare(Compare::last_year, Grain::week, day("2017-03-06"), day("2017-03-20"), today, {});
  EXPECT_EQ(text(weeks.then), "2016-03-07 2016-03-21");
  EXPECT_EQ(line_up(weeks, Grain::week, {}).at(day("2016-03-14")), day("2017-03-13"));
}

TEST(Compare, APartIsSetAgainstAsManyDays) {
  const auto year =
      compare(Compare::last_year, Grain::none, day("2017-01-01"), day("2018-01-01"), day("2017-02-14"), {});
  EXPECT_EQ(text(year.now), "2017-01-01 2017-02-15");  // today has begun and counts
  EXPECT_EQ(text(year.then), "2016-01-01 2016-02-15");
  // 29 days of February 2016 against a February of 28.
  const auto leap =
      compare(Compare::last_year, Grain::none, day("2016-02-01"), day("2016-03-02"), day("2016-02-29"), {});
  EXPECT_EQ(text(leap.then), "2015-02-01 2015-03-02");
  const auto previous =
      compare(Compare::previous, Grain::none, day("2017-02-01"), day("2017-03-01"), day("2017-02-10"), {});
  EXPECT_EQ(text(previous.now), "2017-02-01 2017-02-11");
  EXPECT_EQ(text(previous.then), "2017-01-22 2017-02-01");
}

TEST(Compare, TheLeapDayHasNoCounterpart) {
  const auto days =
      compare(Compare::last_year, Grain::day, day("2017-02-27"), day("2017-03-02"), day("2018-01-01"), {});
  const auto places = line_up(days, Grain::day, {});
  EXPECT_EQ(places.at(day("2016-02-28")), day("2017-02-28"));
  EXPECT_EQ(places.at(day("2016-03-01")), day("2017-03-01"));
  EXPECT_FALSE(places.contains(day("2016-02-29")));
}

}  // namespace
}  // namespace traction
