#include <gtest/gtest.h>

#include "base/instant.h"
#include "base/json.h"
#include "base/money.h"
#include "base/text.h"
#include "base/zone.h"

namespace traction {
namespace {

TEST(Date, readsAndWritesIsoForm) {
  EXPECT_EQ(to_string(*parse_date("2017-12-31")), "2017-12-31");
  EXPECT_EQ(iso_weekday(*parse_date("2017-12-31")), 7);
  for (const char* wrong : {"2017-02-29", "17-12-31", "2017-13-01", "9999-01-01", "12/31/2017", "2017-12-31 ", ""})
    EXPECT_EQ(parse_date(wrong).error().code, Code::invalid) << wrong;
}

TEST(Instant, readsOffsetsAndFractions) {
  EXPECT_EQ(to_string(*parse_instant("2017-12-31T09:30:00.25+02:00")), "2017-12-31T07:30:00.25Z");
  EXPECT_EQ(to_string(*parse_instant("1969-12-31T23:59:59.999999Z")), "1969-12-31T23:59:59.999999Z");
  for (const char* wrong : {"2017-12-31T09:30:00", "2017-12-31T24:00:00Z", "2017-12-31T09:30:00.Z",
                            "2017-12-31T09:30:00Zx", "2017-12-31T09:30:00+2:00", "2017-12-31"})
    EXPECT_EQ(parse_instant(wrong).error().code, Code::invalid) << wrong;
}

TEST(Zone, localDaysFollowDaylightSaving) {
  const Zone& berlin = **Zone::find("Europe/Berlin");
  const Date march26 = *parse_date("2017-03-26");  // 23 hours long
  EXPECT_EQ(to_string(berlin.start_of(march26)), "2017-03-25T23:00:00Z");
  EXPECT_EQ(to_string(berlin.start_of(Date{march26.days + 1})), "2017-03-26T22:00:00Z");
  EXPECT_EQ(to_string(berlin.at(march26, 2 * 3600 + 1800)), "2017-03-26T01:00:00Z");  // 02:30 does not exist
  EXPECT_EQ(to_string(berlin.day(*parse_instant("2017-03-25T23:30:00Z"))), "2017-03-26");
  EXPECT_EQ(berlin.second_of_day(*parse_instant("2017-10-29T01:30:00Z")), 2 * 3600 + 1800);
  EXPECT_EQ(Zone::find("Europe/Berln").error().code, Code::unknown);
}

TEST(Zone, aSkippedDayBeginsWhereTheNextOneDoes) {
  const Zone& apia = **Zone::find("Pacific/Apia");  // had no 30 December 2011
  const Date skipped = *parse_date("2011-12-30");
  EXPECT_EQ(apia.start_of(skipped), apia.start_of(Date{skipped.days + 1}));
  EXPECT_EQ(to_string(apia.start_of(skipped)), "2011-12-30T10:00:00Z");
}

TEST(Zone, everyInstantLiesInItsOwnDay) {
  for (const char* name :
       {"Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"}) {
    const Zone& zone = **Zone::find(name);
    for (std::int64_t hour = 0; hour < 3 * 366 * 24; ++hour) {
      const Instant instant{parse_instant("2010-01-01T00:30:00Z")->micros + hour * 3600 * kSecond};
      const Date day = zone.day(instant);
      ASSERT_LE(zone.start_of(day), instant) << name << " " << to_string(instant);
      ASSERT_GT(zone.start_of(Date{day.days + 1}), instant) << name << " " << to_string(instant);
    }
  }
}

TEST(Money, keepsEveryMinorUnit) {
  EXPECT_EQ(*parse_minor("1234.5", "EUR"), 123450);
  EXPECT_EQ(*parse_minor("-0.07", "EUR"), -7);
  EXPECT_EQ(*parse_minor("12.500", "EUR"), 1250);
  EXPECT_EQ(*parse_minor("12", "JPY"), 12);
  EXPECT_EQ(*parse_minor("1.234", "KWD"), 1234);
  EXPECT_EQ(format_minor(1000553400, "USD"), "10005534.00");
  EXPECT_EQ(format_minor(-7, "EUR"), "-0.07");
  EXPECT_EQ(format_minor(12, "JPY"), "12");
  for (const char* wrong : {"13,75", "1e308", "1.005", "", "-", ".5", "5.", "1 000", "99999999999999999999", "0x1f"})
    EXPECT_EQ(parse_minor(wrong, "EUR").error().code, Code::invalid) << wrong;
  EXPECT_EQ(parse_minor("1", "XXQ").error().code, Code::unknown);
}

TEST(Json, refusesWhatBoostTakes) {
  EXPECT_EQ(parse_json(R"({"a": [1, 2.5, "ü", null]})")->as_object().size(), 1u);
  for (const std::string wrong : {"1e400", "-1e400", R"({"a":1,"a":2})", R"({"x":{"a":1,"b":2,"a":3}})", "\"\xff\"",
                                  "\"\xed\xa0\x80\"", R"("\u0000")", "{} x", "[1,]", "", "{\"\xff\":1}"})
    EXPECT_EQ(parse_json(wrong).error().code, Code::invalid) << wrong;
  EXPECT_FALSE(parse_json(std::string(100'000, '[')));
  EXPECT_TRUE(parse_json(R"({"a":{"x":1},"b":{"x":1}})"));
}

TEST(Text, excerptsAreFitToBeQuoted) {
  EXPECT_EQ(excerpt("größer", 4), "grö…");
  EXPECT_EQ(excerpt("größer", 3), "gr…");
  EXPECT_EQ(excerpt("größer"), "größer");
  EXPECT_EQ(excerpt(std::string_view("a\xff\0\n\xe2\x82", 6)), "a?????");
  EXPECT_EQ(excerpt(std::string(100, 'x'), 5), "xxxxx…");
}

TEST(Text, findsTheNearestName) {
  const std::vector<std::string> known = {"stage", "owner", "amount_minor"};
  EXPECT_EQ(nearest("stge", known), "stage");
  EXPECT_EQ(nearest("Owner", known), "owner");
  EXPECT_EQ(nearest("colour", known), "");
  EXPECT_EQ(enumerate(known), "stage, owner and amount_minor");
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
}

}  // namespace
}  // namespace traction
