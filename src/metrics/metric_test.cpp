#include "metrics/metric.h"

#include <gtest/gtest.h>

#include "support/actions.h"

namespace traction {
namespace {

const char* const kFact = R"(--| name = "sale"
--| order = 1
--| about = "A sale."
--| grain = "One row per sale."
--| key = "deal"
--| reads = ["deal"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| [columns.amount_minor]
--| type = "money"
--| [columns.currency]
--| type = "currency"
--| [columns.begun_at]
--| type = "instant"
--| role = "start"
--| [columns.begun_on]
--| type = "date"
--| [columns.ended_at]
--| type = "instant"
--| role = "end"
--| [columns.ended_on]
--| type = "date"
--| [columns.won]
--| type = "boolean"
--| [touched]
--| deal = "SELECT id AS key FROM changed_deal"
SELECT id AS deal FROM deal WHERE {keys id}
)";

const char* const kVisit = R"(--| name = "visit"
--| order = 2
--| about = "A visit."
--| grain = "One row per visit."
--| key = "deal"
--| reads = ["deal"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.seen_on]
--| type = "date"
--| [touched]
--| deal = "SELECT id AS key FROM changed_deal"
SELECT id AS deal FROM deal WHERE {keys id}
)";

// A block with a good start; what `more` says stands from line 8 on.
std::string block(const std::string& name, const std::string& more, const std::string& unit = "count") {
  return "[[metric]]\nname = \"" + name + "\"\nlabel = \"L\"\nunit = \"" + unit +
         "\"\nbetter = \"more\"\nabout = \"A.\"\nsource = \"S0\"\n" + more;
}

const std::string kCount = "kind = \"base\"\nfrom = \"sale\"\nvalue = \"count\"\ntime = \"begun_on\"\n";

Result<Catalogue> load(const std::string& text) {
  const std::vector<DefinitionFile> facts{{"facts/sale.sql", kFact}, {"facts/visit.sql", kVisit}};
  const std::vector<DefinitionFile> metrics{{"metrics/m.toml", text}};
  return Catalogue::load(metrics, load_facts(facts).value(), shipped_schema());
}

void expect_refused(const std::string& text, Code code, const std::string& place) {
  const auto catalogue = load(text);
  ASSERT_FALSE(catalogue) << text;
  EXPECT_EQ(catalogue.error().code, code) << to_string(catalogue.error());
  EXPECT_EQ(catalogue.error().field, place) << to_string(catalogue.error());
}

TEST(Catalogue, ReadsEveryKind) {
  const auto catalogue = load(
      block("sales", kCount) +
      block("sum", "kind = \"base\"\nfrom = \"sale\"\nvalue = \"sum(amount_minor)\"\ntime = \"begun_on\"\n", "money") +
      block("open", "kind = \"state\"\nfrom = \"sale\"\nvalue = \"count\"\n") +
      block("share", "kind = \"base\"\nfrom = \"sale\"\nvalue = \"share\"\nshare = {won = true}\ntime = \"begun_on\"\n",
            "rate") +
      block("per", "kind = \"derived\"\nformula = \"sum / sales\"\n", "money") +
      block("twice", "kind = \"derived\"\nformula = \"per * 2 + size.median\"\n", "money") +
      block("size",
            "kind = \"distribution\"\nfrom = \"sale\"\nvalue = \"amount_minor\"\ncolumns = [\"mean\", \"median\"]\n"
            "time = \"begun_on\"\n",
            "money") +
      block("length", "kind = \"duration\"\nfrom = \"sale\"\ncolumns = [\"p90\"]\ntime = \"begun_on\"\n", "seconds"));
  ASSERT_TRUE(catalogue) << to_string(catalogue.error());
  EXPECT_EQ(catalogue->metrics().size(), 8u);
  EXPECT_EQ(catalogue->metrics()[0].name, "length");  // by name
  const auto leaves = catalogue->leaves(**catalogue->find("twice"));
  ASSERT_EQ(leaves.size(), 3u);
  EXPECT_EQ(leaves[0]->name, "sum");
  EXPECT_EQ(leaves[1]->name, "sales");
  EXPECT_EQ(leaves[2]->name, "size");
  EXPECT_TRUE(is_money(**catalogue->find("size")));
  EXPECT_EQ(smallest_n((*catalogue->find("size"))->columns[1]), 6);
  EXPECT_EQ(smallest_n((*catalogue->find("length"))->columns[0]), 29);
  EXPECT_EQ(smallest_n((*catalogue->find("share"))->columns[0]), 10);
  EXPECT_EQ(smallest_n((*catalogue->find("sales"))->columns[0]), 0);
  EXPECT_EQ(catalogue->find("sals").error().code, Code::unknown);
  EXPECT_NE(catalogue->find("sals").error().sentence.find("sales"), std::string::npos);
}

TEST(Catalogue, PlacesEveryMistake) {
  const std::string at8 = "metrics/m.toml:8";
  expect_refused("[[metric]\n", Code::invalid, "metrics/m.toml:1");
  expect_refused("[metric]\nname = \"a\"\n", Code::required, "metrics/m.toml:1");
  expect_refused("\nother = 1\n", Code::unknown, "metrics/m.toml:2");
  expect_refused("[[metric]]\nlabel = \"L\"\n", Code::required, "metrics/m.toml:1");
  expect_refused(block("a", "form = \"sale\"\n" + kCount), Code::unknown, at8);
  expect_refused(block("a", "kind = \"basic\"\n"), Code::unknown, at8);
  expect_refused(block("a", kCount, "pieces"), Code::unknown, "metrics/m.toml:4");
  expect_refused(block("a", kCount, "rate"), Code::invalid, "metrics/m.toml:4");
  expect_refused(block("a", "from = \"sales\"\nkind = \"base\"\n"), Code::unknown, at8);
  expect_refused(block("a", "time = \"began_on\"\nkind = \"base\"\nfrom = \"sale\"\nvalue = \"count\"\n"),
                 Code::unknown, at8);
  expect_refused(block("a", "time = \"owner\"\nkind = \"base\"\nfrom = \"sale\"\nvalue = \"count\"\n"), Code::invalid,
                 at8);
  expect_refused(block("a", "where = {wom = true}\n" + kCount), Code::unknown, at8);
  expect_refused(block("a", "where = {won = \"yes\"}\n" + kCount), Code::invalid, at8);
  expect_refused(block("a", "where = \"won\"\n" + kCount), Code::invalid, at8);
  expect_refused(block("a", "by = [\"owner.tem\"]\n" + kCount), Code::unknown, at8);
  expect_refused(block("a", "dimensions = {who = \"ower\"}\n" + kCount), Code::unknown, at8);
  expect_refused(block("a", "settings = [\"forgotten\"]\n" + kCount), Code::unknown, at8);
  expect_refused(block("a", "empty = 0.5\n" + kCount), Code::invalid, at8);
  expect_refused(block("a", "leave_out = [{say = \"x\"}]\n" + kCount), Code::invalid, at8);
  expect_refused(block("a", "formula = \"b\"\n" + kCount), Code::invalid, at8);
  expect_refused(block("a", "value = \"median\"\nkind = \"base\"\nfrom = \"sale\"\ntime = \"begun_on\"\n"),
                 Code::invalid, at8);
  expect_refused(block("a", "value = \"sum(owner)\"\nkind = \"base\"\nfrom = \"sale\"\ntime = \"begun_on\"\n"),
                 Code::invalid, at8);
  expect_refused(block("a",
                       "columns = [\"mode\"]\nkind = \"distribution\"\nfrom = \"sale\"\nvalue = \"amount_minor\"\n"
                       "time = \"begun_on\"\n",
                       "money"),
                 Code::unknown, at8);
  expect_refused(block("a", "from = \"visit\"\nkind = \"state\"\nvalue = \"count\"\n"), Code::invalid, at8);
}

TEST(Catalogue, ASumOfAmountsIsMoneyAndNothingElseIs) {
  const std::string sum = "kind = \"base\"\nfrom = \"sale\"\nvalue = \"sum(amount_minor)\"\ntime = \"begun_on\"\n";
  expect_refused(block("a", sum, "count"), Code::invalid, "metrics/m.toml:4");
  // Amounts per visit: whose currency would a visit be of?
  expect_refused(block("a", sum, "money") +
                     block("b", "kind = \"base\"\nfrom = \"visit\"\nvalue = \"count\"\ntime = \"seen_on\"\n") +
                     block("c", "kind = \"derived\"\nformula = \"a / b\"\n", "money"),
                 Code::invalid, "metrics/m.toml:23");
}

TEST(Catalogue, FormulasMustCloseUpon) {
  expect_refused(block("a", kCount) + block("a", kCount), Code::duplicate, "metrics/m.toml:12");
  expect_refused(block("a", "formula = \"b / c\"\nkind = \"derived\"\n") + block("b", kCount), Code::unknown,
                 "metrics/m.toml:1");
  expect_refused(
      block("a", "formula = \"b + 1\"\nkind = \"derived\"\n") + block("b", "formula = \"a + 1\"\nkind = \"derived\"\n"),
      Code::invalid, "metrics/m.toml:10");
  expect_refused(block("a", "formula = \"a\"\nkind = \"derived\"\n"), Code::invalid, "metrics/m.toml:1");
  expect_refused(block("a", "formula = \"b.p75\"\nkind = \"derived\"\n") + block("b", kCount), Code::unknown,
                 "metrics/m.toml:1");
  expect_refused(block("a", "formula = \"b +\"\nkind = \"derived\"\n"), Code::invalid, "metrics/m.toml:8");
  expect_refused(block("a", "kind = \"derived\"\n"), Code::required, "metrics/m.toml:1");
}

TEST(Catalogue, TablesCountAddUpAndCompute) {
  const std::string table = "kind = \"table\"\nfrom = \"sale\"\ntime = \"begun_on\"\n", at8 = "metrics/m.toml:8";
  const auto catalogue =
      load(block("a",
                 "columns = [{name = \"o\", unit = \"money\", sum = \"amount_minor\", before = true}, "
                 "{name = \"w\", unit = \"money\", sum = \"amount_minor\", when = {won = true}}, "
                 "{name = \"c\", unit = \"money\", formula = \"o + w\"}]\n" +
                     table,
                 "money"));
  ASSERT_TRUE(catalogue) << to_string(catalogue.error());
  EXPECT_TRUE(has_opening(**catalogue->find("a")));
  const auto refused = [&](const std::string& column, Code code) {
    expect_refused(block("a", "columns = [{" + column + "}]\n" + table, "money"), code, at8);
  };
  refused("name = \"o\", unit = \"money\", sum = \"amount\"", Code::unknown);
  refused("name = \"o\", unit = \"money\", sum = \"owner\"", Code::invalid);
  refused("name = \"o\", unit = \"money\", sum = \"amount_minor\", before = 1", Code::invalid);
  refused("name = \"o\", unit = \"money\", sum = \"amount_minor\", count = {}", Code::invalid);
  refused("unit = \"money\", sum = \"amount_minor\"", Code::required);
  refused("name = \"o\", unit = \"rate\", band = 1", Code::invalid);
  refused("name = \"o\", unit = \"money\", formula = \"p + 1\"", Code::unknown);
}

TEST(Catalogue, CasesAreHeldAgainstWhatIsThere) {
  const std::string share =
      block("share", "kind = \"base\"\nfrom = \"sale\"\nvalue = \"share\"\nshare = {won = true}\ntime = \"begun_on\"\n",
            "rate");
  const std::string length =
      block("length", "kind = \"duration\"\nfrom = \"sale\"\ncolumns = [\"p90\"]\ntime = \"begun_on\"\n", "seconds");
  const std::string open = "kind = \"state\"\nfrom = \"sale\"\nvalue = \"count\"\n", at8 = "metrics/m.toml:8";
  const auto limit = [&](const std::string& parts) { return block("a", "limit = {" + parts + "}\n" + open); };
  const auto good = load(limit("metric = \"length.p90\", by = \"owner\", least = 29, say = \"x\"") + length);
  ASSERT_TRUE(good) << to_string(good.error());
  EXPECT_TRUE((*good->find("a"))->limited());
  expect_refused(limit("metric = \"length\"") + length, Code::invalid, at8);
  expect_refused(limit("metric = \"length\", say = \"x\", least = 0") + length, Code::invalid, at8);
  expect_refused(limit("metric = \"length\", say = \"x\", more = \"y\"") + length, Code::invalid, at8);
  const std::string at1 = "metrics/m.toml:1";
  expect_refused(limit("metric = \"lenght\", say = \"x\"") + length, Code::unknown, at1);
  expect_refused(limit("metric = \"length.p75\", say = \"x\"") + length, Code::unknown, at1);
  expect_refused(limit("metric = \"length\", by = \"currency\", say = \"x\"") + length, Code::invalid, at1);
  const std::string held = "metric = \"length\", say = \"x\", otherwise = ";
  for (const char* by : {"", ", by = \"owner\""}) {
    const auto set = load(limit(held + "\"workspace.forgotten_days\"" + by) + length);
    EXPECT_EQ((*set->find("a"))->settings, std::vector<std::string>{"forgotten_days"}) << by;
    expect_refused(limit(held + "\"workspace.zone\"" + by) + length, Code::unknown, at1);
  }
  expect_refused(limit(held + "\"forgotten_days\"") + length, Code::invalid, at1);
  expect_refused(limit("metric = \"length\", by = \"owner\", otherwise = \"owner.name\", say = \"x\"") + length,
                 Code::unknown, at1);
  expect_refused(limit("metric = \"a\", say = \"x\""), Code::invalid, at1);
  expect_refused(block("a", "limit = {metric = \"share\", say = \"x\"}\n" + kCount) + share, Code::invalid, at8);
  expect_refused(block("a", "bands = {metric = \"share\", say = \"x\"}\n" + kCount) + share, Code::invalid, at8);
}

TEST(Catalogue, WhatIsToldOfANumberFitsItsKind) {
  const std::string at8 = "metrics/m.toml:8";
  const std::string sum = "kind = \"base\"\nfrom = \"sale\"\nvalue = \"sum(amount_minor)\"\ntime = \"begun_on\"\n";
  const std::string noise = "kind = \"base\"\nfrom = \"sale\"\nvalue = \"noise(amount_minor)\"\ntime = \"begun_on\"\n";
  const std::string size =
      block("size",
            "kind = \"distribution\"\nfrom = \"sale\"\nvalue = \"amount_minor\"\ncolumns = [\"median\"]\n"
            "time = \"begun_on\"\n",
            "money");
  const auto good = load(
      block("sum", "trend = true\ncycle = {by = \"won\", years = 2}\n" + sum, "money") + block("wide", noise, "money") +
      size + block("late", "lag = {metric = \"size\", say = \"x\"}\n" + kCount) +
      block("ratio", "noise = \"wide / sum\"\ntarget = 1\nkind = \"derived\"\nformula = \"sum / sum\"\n", "ratio") +
      block("better", "kind = \"derived\"\nformula = \"improving(late, late, sum)\"\n", "verdict"));
  ASSERT_TRUE(good) << to_string(good.error());
  EXPECT_EQ(good->leaves(**good->find("ratio")).size(), 2u);
  EXPECT_TRUE((*good->find("late"))->lagged());
  expect_refused(block("a", "cycle = {by = \"wom\", years = 2}\n" + kCount), Code::unknown, at8);
  expect_refused(block("a", "cycle = {by = \"won\", years = 0}\n" + kCount), Code::invalid, at8);
  expect_refused(block("a", "cycle = {by = \"won\"}\n" + kCount), Code::invalid, at8);
  expect_refused(
      block("a", "cycle = {by = \"won\", years = 2}\nkind = \"state\"\nfrom = \"sale\"\nvalue = \"count\"\n"),
      Code::invalid, at8);
  expect_refused(block("a", "trend = true\nkind = \"state\"\nfrom = \"sale\"\nvalue = \"count\"\n"), Code::invalid,
                 at8);
  expect_refused(
      block("a", "lag = {metric = \"b\", say = \"x\"}\nkind = \"state\"\nfrom = \"sale\"\nvalue = \"count\"\n"),
      Code::invalid, at8);
  expect_refused(block("a", "target = \"x\"\nkind = \"derived\"\nformula = \"b\"\n") + block("b", kCount),
                 Code::invalid, at8);
  expect_refused(block("a", "noise = \"b +\"\nkind = \"derived\"\nformula = \"b\"\n") + block("b", kCount),
                 Code::invalid, at8);
  expect_refused(block("a", "noise = \"c\"\nkind = \"derived\"\nformula = \"b\"\n") + block("b", kCount), Code::unknown,
                 "metrics/m.toml:1");
  expect_refused(
      block("a", "formula = \"improving(b, b) + last_year(b)\"\nkind = \"derived\"\n", "verdict") + block("b", kCount),
      Code::invalid, at8);
}

}  // namespace
}  // namespace traction
