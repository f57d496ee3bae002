// Numbers on the command line, over the bundled 200 deals. What each metric means is tested in tests/metrics.
#include "cli/program.h"

namespace traction {
namespace {

using Numbers = Program;

TEST_F(Numbers, ANumberIsTheCountOfTheRowsBehindIt) {
  import_extract();
  const json::object won = told({"metric", "won_deals"});
  const auto n = won.at("rows").at(0).at("n").as_int64();
  EXPECT_GT(n, 0);
  EXPECT_EQ(won.at("rows").at(0).at("values").at(0).at("number").to_number<double>(), static_cast<double>(n));
  EXPECT_EQ(static_cast<std::int64_t>(told({"metric", "won_deals", "--rows"}).at("rows").as_array().size()), n);
  const std::string csv = ok({"metric", "won_deals", "--rows", "--csv"});
  EXPECT_EQ(std::ranges::count(csv, '\n'), n + 1);
  // The parts of a whole: every grouping adds up to it.
  for (const std::string by : {"owner", "product", "owner.team"}) {
    std::int64_t sum = 0;
    const json::object parts = told({"metric", "won_deals", "--by", by});
    for (const json::value& row : parts.at("rows").as_array()) sum += row.at("n").as_int64();
    EXPECT_EQ(sum, n) << by;
  }
}

TEST_F(Numbers, PeopleSeeUnitsAndPassportProgramsSeeEverything) {
  import_extract();
  const std::string sales = ok({"metric", "sales"});
  EXPECT_NE(sales.find(" USD"), std::string::npos) << sales;
  EXPECT_NE(sales.find("UTC"), std::string::npos) << sales;
  EXPECT_EQ(sales.find('\x1b'), std::string::npos) << "colours are for terminals";
  EXPECT_NE(ok({"metric", "stage_time", "--by", "stage", "--at", "2018-01-01"}).find(" d"), std::string::npos);
  EXPECT_NE(ok({"metric", "sales", "--passport"}).find("Formula"), std::string::npos);
  const std::string csv = ok({"metric", "sales", "--grain", "month", "--from", "2017", "--to", "2018", "--csv"});
  EXPECT_EQ(std::ranges::count(csv, '\n'), 13) << csv;
  const json::object told_sales =
      told({"metric", "sales", "--compare", "previous", "--from", "2017-07", "--to", "2017-10"});
  EXPECT_TRUE(told_sales.at("rows").at(0).as_object().contains("compared"));
  // What is too few is said, not shown as a number.
  const std::string few = ok({"metric", "win_rate", "--from", "2017-03-01", "--to", "2017-03-02"});
  EXPECT_TRUE(few.find("too few") != std::string::npos || few.find("–") != std::string::npos) << few;
}

TEST_F(Numbers, ARowThatIsNoAmountSaysItsCurrencyToo) {
  ok({"init", "--zone", "UTC", "--currency", "USD"});
  ok({"add", "member", "name=Ada"});
  for (const std::string currency : {"EUR", "USD"})
    ok({"add", "quota", "member=Ada", "starts_on=2017-01-01", "ends_on=2018-01-01", "amount=1000",
        "currency=" + currency});
  for (const std::string& told : {ok({"metric", "quota_attainment"}), ok({"metric", "quota_attainment", "--csv"})})
    for (const char* currency : {"EUR", "USD"}) EXPECT_NE(told.find(currency), std::string::npos) << told;
}

TEST_F(Numbers, WhatCannotBeAskedIsRefused) {
  import_extract();
  EXPECT_EQ(refused({"metric", "sails"}), "unknown");
  EXPECT_EQ(refused({"metric", "sales", "--by", "moon"}), "unknown");
  EXPECT_EQ(refused({"metric", "sales", "--where", "owner=Nobody Known"}), "unknown");
  EXPECT_EQ(refused({"metric", "sales", "--where", "owner"}, 2), "invalid");
  EXPECT_EQ(refused({"metric", "sales", "--from", "2018", "--to", "2017"}), "invalid");
  EXPECT_EQ(refused({"metric", "sales", "--compare", "never"}, 2), "invalid");
}

TEST_F(Numbers, AMartThatIsNoneIsSetAsideWhileTheLedgerServes) {
  import_extract();
  const std::string before = ok({"metric", "sales", "--csv"});
  const std::string mart = data_ + "/w/default/mart.db";
  std::string noise(300'000, '\0');
  std::uint64_t state = 42;
  for (char& c : noise) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(state >> 56);
  }
  write(mart, noise);
  EXPECT_EQ(told({"list", "deal", "--limit", "5"}).at("records").as_array().size(), 5u);
  EXPECT_EQ(contents(mart), noise) << "a default list does not need the mart";
  EXPECT_EQ(ok({"metric", "sales", "--csv"}), before);
  EXPECT_EQ(contents(mart + ".bad"), noise);
  ok({"rebuild"});
  EXPECT_EQ(ok({"metric", "sales", "--csv"}), before);
}

TEST_F(Numbers, TheDemoCompanyIsThereWithItsPatterns) {
  ok({"demo", "--reps", "8", "--months", "3", "--activities", "2000", "--seed", "7"});
  EXPECT_NE(contents(data_ + "/w/demo/patterns.toml").find("[[pattern]]"), std::string::npos);
  const json::object verified = told({"verify", "--workspace", "demo"});
  EXPECT_GT(verified.at("entries").as_int64(), 2000);
  EXPECT_GT(told({"metric", "calls_made", "--workspace", "demo"}).at("rows").as_array().size(), 0u);
  EXPECT_EQ(refused({"demo"}), "duplicate");
  EXPECT_EQ(refused({"demo", "--workspace", "d2", "--reps", "1"}), "invalid");
  EXPECT_EQ(told({"workspaces"}).at("workspaces").as_array().size(), 1u);
}

}  // namespace
}  // namespace traction
