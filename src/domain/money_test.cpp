#include <gtest/gtest.h>

#include "support/world.h"

namespace traction {
namespace {

TEST(MoneyTest, RatesAreAboveZero) {
  World world;
  const auto rate = [](double value) {
    return creation("rate", {{"currency", "EUR"}, {"starts_on", "2017-01-01"}, {"rate", value}});
  };
  EXPECT_EQ(world.refusal(rate(0)), Refused(Code::invalid, "fields.rate"));
  EXPECT_EQ(world.refusal(rate(-1.1)), Refused(Code::invalid, "fields.rate"));
  world.good(rate(1.1));
  const Id id = static_cast<Id>(world.entries.size());
  EXPECT_EQ(world.refusal(on(Verb::change, "rate", id, {{"rate", 0}})), Refused(Code::invalid, "fields.rate"));
  world.good(on(Verb::change, "rate", id, {{"starts_on", "2017-02-01"}}));
}

TEST(MoneyTest, QuotasEndAfterTheyBeginAndAreOneBodys) {
  World world;
  const Id team = world.make("team", {{"name", "T"}}), member = world.make("member", {{"name", "M"}});
  const auto quota = [](const char* from, const char* to, json::object more = {}) {
    more["starts_on"] = from;
    more["ends_on"] = to;
    more["amount_minor"] = 100;
    return creation("quota", more);
  };
  EXPECT_EQ(world.refusal(quota("2017-01-01", "2017-01-01")), Refused(Code::invalid, "fields.ends_on"));
  EXPECT_EQ(world.refusal(quota("2017-01-01", "2117-01-01")), Refused(Code::invalid, "fields.ends_on"));
  EXPECT_EQ(world.refusal(quota("2017-01-01", "2017-04-01", {{"member", member}, {"team", team}})),
            Refused(Code::rule, "fields.team"));
  world.good(quota("2017-01-01", "2017-04-01", {{"member", member}}));
  const Id id = static_cast<Id>(world.entries.size());
  EXPECT_EQ(world.refusal(on(Verb::change, "quota", id, {{"ends_on", "2016-04-01"}})),
            Refused(Code::invalid, "fields.ends_on"));
  EXPECT_EQ(world.refusal(on(Verb::change, "quota", id, {{"team", team}})), Refused(Code::rule, "fields.team"));
}

}  // namespace
}  // namespace traction
