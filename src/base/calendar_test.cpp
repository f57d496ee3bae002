#include "base/calendar.h"

#include <gtest/gtest.h>

#include <random>

namespace traction {
namespace {

Calendar calendar_of(std::string_view text) { return *Calendar::parse(parse_json(text)->as_object()); }

const Calendar kOffice = calendar_of(R"({
  "monday": [["09:00", "12:30"], ["13:30", "18:00"]], "tuesday": [["09:00", "17:00"]],
  "friday": [["00:00", "24:00"]], "holidays": ["2017-12-26", "2017-12-25", "2017-12-25"]})");

Instant at(std::string_view text) { return *parse_instant(text); }

TEST(Calendar, countsOnlyWorkingTime) {
  const Zone& utc = **Zone::find("UTC");
  const auto seconds = [&](std::string_view from, std::string_view to) {
    return kOffice.business_seconds(utc, at(from), at(to));
  };
  EXPECT_EQ(seconds("2017-12-04T08:00:00Z", "2017-12-04T10:00:00Z"), 3600);       // a Monday
  EXPECT_EQ(seconds("2017-12-04T12:00:00Z", "2017-12-04T14:00:00Z"), 3600);       // lunch is free
  EXPECT_EQ(seconds("2017-12-04T17:59:30Z", "2017-12-05T09:00:30Z"), 60);         // over night
  EXPECT_EQ(seconds("2017-12-06T00:00:00Z", "2017-12-08T00:00:00Z"), 0);          // closed all the while
  EXPECT_EQ(seconds("2017-12-08T00:00:00Z", "2017-12-09T00:00:00Z"), 86'400);     // a day without end
  EXPECT_EQ(seconds("2017-12-25T00:00:00Z", "2017-12-27T00:00:00Z"), 0);          // holidays on open weekdays
  EXPECT_EQ(seconds("2017-12-04T00:00:00Z", "2017-12-11T00:00:00Z"), 3600 * 40);  // one week
  EXPECT_EQ(seconds("2017-12-04T10:00:00Z", "2017-12-04T10:00:00Z"), 0);
  EXPECT_EQ(seconds("2017-12-04T11:00:00Z", "2017-12-04T10:00:00Z"), 0);
}

TEST(Calendar, countsWhatReallyPassesWhenClocksChange) {
  const Zone& berlin = **Zone::find("Europe/Berlin");
  const Calendar always = calendar_of(R"({"sunday": [["00:00", "24:00"]]})");
  EXPECT_EQ(always.business_seconds(berlin, at("2017-03-25T00:00:00Z"), at("2017-03-28T00:00:00Z")), 23 * 3600);
  EXPECT_EQ(always.business_seconds(berlin, at("2017-10-28T00:00:00Z"), at("2017-10-31T00:00:00Z")), 25 * 3600);
  // The hours are local ones: nine in the morning is 08:00 UTC in winter and 07:00 UTC in summer.
  EXPECT_EQ(kOffice.business_seconds(berlin, at("2017-12-04T07:00:00Z"), at("2017-12-04T09:00:00Z")), 3600);
  EXPECT_EQ(kOffice.business_seconds(berlin, at("2017-07-03T07:00:00Z"), at("2017-07-03T08:00:00Z")), 3600);
}

TEST(Calendar, addsUpOverAnySplit) {
  const Zone& zone = **Zone::find("America/Sao_Paulo");
  std::mt19937_64 random(7);
  for (int i = 0; i < 500; ++i) {
    std::int64_t cut[3];
    for (auto& c : cut)
      c = at("2017-01-01T00:00:00Z").micros + static_cast<std::int64_t>(random() % 63'072'000) * kSecond;
    std::sort(cut, cut + 3);
    EXPECT_EQ(kOffice.business_seconds(zone, {cut[0]}, {cut[2]}),
              kOffice.business_seconds(zone, {cut[0]}, {cut[1]}) + kOffice.business_seconds(zone, {cut[1]}, {cut[2]}));
  }
}

TEST(Calendar, writesWhatItReads) {
  EXPECT_EQ(json::serialize(kOffice.to_json()),
            R"({"monday":[["09:00","12:30"],["13:30","18:00"]],"tuesday":[["09:00","17:00"]],)"
            R"("friday":[["00:00","24:00"]],"holidays":["2017-12-25","2017-12-26"]})");
  EXPECT_EQ(*Calendar::parse(kOffice.to_json()), kOffice);
  EXPECT_TRUE(Calendar::parse({})->to_json().empty());
}

TEST(Calendar, refusesWithThePlace) {
  for (const auto& [text, code, field] : std::vector<std::tuple<std::string, Code, std::string>>{
           {R"({"monday": "9-5"})", Code::invalid, "monday"},
           {R"({"monday": [["9:00", "17:00"]]})", Code::invalid, "monday"},
           {R"({"monday": [["09:00", "24:01"]]})", Code::invalid, "monday"},
           {R"({"monday": [["09:60", "17:00"]]})", Code::invalid, "monday"},
           {R"({"monday": [["17:00", "09:00"]]})", Code::invalid, "monday"},
           {R"({"monday": [["09:00", "09:00"]]})", Code::invalid, "monday"},
           {R"({"monday": [["09:00", "12:00"], ["11:00", "13:00"]]})", Code::invalid, "monday"},
           {R"({"monday": [["09:00"]]})", Code::invalid, "monday"},
           {R"({"monday": [[9, 17]]})", Code::invalid, "monday"},
           {R"({"mondays": []})", Code::unknown, "mondays"},
           {R"({"holidays": {}})", Code::invalid, "holidays"},
           {R"({"holidays": [20171225]})", Code::invalid, "holidays"},
           {R"({"holidays": ["9999-12-25"]})", Code::invalid, "holidays"},
       }) {
    const Result<Calendar> result = Calendar::parse(parse_json(text)->as_object());
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, code) << text;
    EXPECT_EQ(result.error().field, field) << text;
  }
  json::array many;
  for (int i = 0; i < 10'001; ++i) many.emplace_back("2017-12-25");
  EXPECT_EQ(Calendar::parse({{"holidays", many}}).error().code, Code::too_large);
}

}  // namespace
}  // namespace traction
