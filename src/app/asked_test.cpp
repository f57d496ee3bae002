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
                            .compare = "last_year"});
  EXPECT_EQ(query.metric, "win_rate");
  EXPECT_EQ(query.by, (std::vector<std::string>{"owner", "team", "product"}));
  EXPECT_EQ(query.grain, Grain::month);
  EXPECT_EQ(to_string(*query.from), "2017-01-01");
  EXPECT_EQ(to_string(*query.to), "2018-03-01");
  EXPECT_EQ(to_string(*query.at), "2017-12-31T23:00:00Z");
  EXPECT_EQ(query.compare, Compare::last_year);
  ASSERT_EQ(query.where.size(), 3u);
  EXPECT_EQ(query.where[0].values, (std::vector<std::string>{"Ada", "Bob"}));
  EXPECT_TRUE(query.where[1].negate);
  EXPECT_EQ(query.where[2].values, (std::vector<std::string>{""}));
}

TEST(Asked, asksForEverythingWhenNothingIsSaid) {
  const Query query = good({"sales", {}, {}, {}, {}, {}, {}, {}});
  EXPECT_TRUE(query.by.empty() && query.where.empty());
  EXPECT_FALSE(query.from || query.to || query.at);
  EXPECT_EQ(query.grain, Grain::none);
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
  refused(with([](Asked& asked) { asked.compare = "best"; }), "compare");
  refused(with([](Asked& asked) { asked.where = {"owner"}; }), "where");
  refused(with([](Asked& asked) { asked.where = {"=Ada"}; }), "where");
}

}  // namespace
}  // namespace traction
