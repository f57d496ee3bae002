#include "app/asked.h"

#include <gtest/gtest.h>

namespace traction {
namespace {

const Zone& berlin() { return **Zone::find("Europe/Berlin"); }

Query good(const Asked& asked) {
  const auto query = query_of(asked, berlin());
  EXPECT_TRUE(query) << (query ? "" : to_string(query.error()));
  return query.value_or(Query{});
}

void refused(const Asked& asked, const char* field) {
  const auto query = query_of(asked, berlin());
  ASSERT_FALSE(query) << field;
  EXPECT_EQ(query.error().code, Code::invalid);
  EXPECT_EQ(query.error().field, field);
}

TEST(Asked, readsEveryPart) {
  const Query query = good({.metric = "win_rate",
                            .by = {"owner, team", "product"},
                            .where = {"owner=Ada", "owner = Bob", "owner!=Cid", "team="},
                            .grain = "month",
                            .from = "2017",
                            .to = "2018-03",
                            .at = "2018-01-01",
                            .as_of = "2018-01-05T12:00:00Z",
                            .compare = "last_year"});
  EXPECT_EQ(query.metric, "win_rate");
  EXPECT_EQ(query.by, (std::vector<std::string>{"owner", "team", "product"}));
  EXPECT_EQ(query.grain, Grain::month);
  EXPECT_EQ(to_string(*query.from), "2017-01-01");
  EXPECT_EQ(to_string(*query.to), "2018-03-01");
  EXPECT_EQ(to_string(*query.at), "2017-12-31T23:00:00Z");
  EXPECT_EQ(to_string(*query.as_of), "2018-01-05T12:00:00Z");
  EXPECT_EQ(query.compare, Compare::last_year);
  ASSERT_EQ(query.where.size(), 3u);
  EXPECT_EQ(query.where[0].values, (std::vector<std::string>{"Ada", "Bob"}));
  EXPECT_TRUE(query.where[1].negate);
  EXPECT_EQ(query.where[2].values, (std::vector<std::string>{""}));
}

TEST(Asked, asksForEverythingWhenNothingIsSaid) {
  const Query query = good({"sales", {}, {}, {}, {}, {}, {}, {}, {}});
  EXPECT_TRUE(query.by.empty() && query.where.empty());
  EXPECT_FALSE(query.from || query.to || query.at || query.as_of);
  EXPECT_EQ(query.grain, Grain::none);
}

// One rule for local times: one that does not exist is the first instant after the gap, one that exists twice the
// first.
TEST(Asked, readsLocalTimesThatDoNotExistOrExistTwice) {
  const auto at = [](const char* zone, const char* text) {
    Asked asked;
    asked.at = text;
    const auto query = query_of(asked, **Zone::find(zone));
    return query ? to_string(*query->at) : to_string(query.error());
  };
  EXPECT_EQ(at("Europe/Berlin", "2018-03-25 02:30"), "2018-03-25T01:00:00Z");  // from 2:00 to 3:00
  EXPECT_EQ(at("Europe/Berlin", "2018-10-28 02:30"), "2018-10-28T00:30:00Z");  // and again an hour later
  EXPECT_EQ(at("Australia/Lord_Howe", "2011-10-02 02:15"), "2011-10-01T15:30:00Z");
  EXPECT_EQ(at("Australia/Lord_Howe", "2011-04-03 01:45"), "2011-04-02T14:45:00Z");
  EXPECT_EQ(at("Pacific/Apia", "2011-12-30 12:00"), "2011-12-30T10:00:00Z");  // a day that was left out
  EXPECT_EQ(at("Pacific/Apia", "2011-12-30"), "2011-12-30T10:00:00Z");
  EXPECT_EQ(at("America/Sao_Paulo", "2017-10-15"), "2017-10-15T03:00:00Z");  // a day that begins at 1:00
}

TEST(Asked, refusesWithTheNameOfThePart) {
  const auto with = [](auto change) {
    Asked asked;
    change(asked);
    return asked;
  };
  refused(with([](Asked& asked) { asked.grain = "hour"; }), "grain");
  refused(with([](Asked& asked) { asked.grain = "none"; }), "grain");
  refused(with([](Asked& asked) { asked.from = "yesterday"; }), "from");
  refused(with([](Asked& asked) { asked.to = "2017-02-30"; }), "to");
  refused(with([](Asked& asked) { asked.at = "noon"; }), "at");
  refused(with([](Asked& asked) { asked.as_of = "2018-01-32"; }), "as_of");
  refused(with([](Asked& asked) { asked.compare = "best"; }), "compare");
  refused(with([](Asked& asked) { asked.where = {"owner"}; }), "where");
  refused(with([](Asked& asked) { asked.where = {"=Ada"}; }), "where");
}

}  // namespace
}  // namespace traction
