#include "metrics/fact.h"

#include <gtest/gtest.h>

namespace traction {
namespace {

const std::string kGood = R"(--| name = "visit"
--| about = "Stays."
--| grain = "One row per stay."
--| key = "deal"
--| order = 2
--| reads = ["deal", "touch"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.began_at]
--| type = "instant"
--| role = "start"
--| [columns.count]
--| type = "integer"
--| [touched]
--| deal = "SELECT id FROM changed_deal"

SELECT d.id AS deal, d.created_at AS began_at, 1 AS count
FROM deal d WHERE {keys d.id}
)";

std::string with(std::string text, const std::string& old, const std::string& put) {
  text.replace(text.find(old), old.size(), put);
  return text;
}

TEST(Fact, isReadWithColumnsInWrittenOrder) {
  const std::vector<DefinitionFile> files = {{"facts/visit.sql", kGood}};
  const auto facts = load_facts(files);
  ASSERT_TRUE(facts) << to_string(facts.error());
  const FactDefinition& fact = facts->at(0);
  ASSERT_EQ(fact.columns.size(), 3u);
  EXPECT_EQ(fact.columns[1].name, "began_at");
  EXPECT_EQ(fact.start(), &fact.columns[1]);
  EXPECT_EQ(fact.end(), nullptr);
  EXPECT_EQ(fact.touched.at("deal"), "SELECT id FROM changed_deal");
  EXPECT_NE(fact.sql().find("WHERE TRUE"), std::string::npos);
  EXPECT_NE(fact.sql("% IN (SELECT key FROM k) AND % > 3").find("(d.id IN (SELECT key FROM k) AND d.id > 3)"),
            std::string::npos);
}

TEST(Fact, mistakesAreRefusedWithTheirLine) {
  const struct {
    std::string old, put, place;
  } cases[] = {
      {"name = \"visit\"", "name = \"stay\"", "facts/visit.sql:1"},
      {"--| order = 2", "--| ordre = 2", "facts/visit.sql:5"},
      {"--| order = 2", "--| order = = 2", "facts/visit.sql:5"},
      {"type = \"instant\"", "type = \"instnt\"", "facts/visit.sql:11"},
      {"--| references = \"deal\"", "--|", "facts/visit.sql:7"},
      {"role = \"start\"", "role = \"begin\"", "facts/visit.sql:12"},
      {"type = \"integer\"", "type = \"integer\"\n--| merge = \"mean\"", "facts/visit.sql:15"},
      {"key = \"deal\"", "key = \"del\"", "facts/visit.sql:1"},
      {"role = \"start\"", "role = \"settled\"", "facts/visit.sql:1"},  // of what is not rebuilt
      {"type = \"integer\"", "type = \"integer\"\n--| with = \"began_at\"", "facts/visit.sql:1"},
      {"type = \"integer\"", "type = \"integer\"\n--| before = \"deal\"", "facts/visit.sql:1"},
      {"--| deal = \"SELECT", "--| account = \"SELECT", "facts/visit.sql:15"},
      {"{keys d.id}", "TRUE", "facts/visit.sql:18"},
      {"{keys d.id}", "{keys d.id} AND d.created_at < now()", "facts/visit.sql:19"},
      {"{keys d.id}", "{keys d.id} AND {new d.id}", "facts/visit.sql:18"},
  };
  for (const auto& wrong : cases) {
    const std::vector<DefinitionFile> files = {{"facts/visit.sql", with(kGood, wrong.old, wrong.put)}};
    const auto facts = load_facts(files);
    ASSERT_FALSE(facts) << wrong.put;
    EXPECT_EQ(facts.error().field, wrong.place) << facts.error().sentence;
  }
}

TEST(Fact, aFactIsBuiltAfterWhatItReads) {
  const std::string touch = with(with(kGood, "\"visit\"", "\"touch\""), "[\"deal\", \"touch\"]", "[\"deal\"]");
  const std::vector<DefinitionFile> late = {{"visit.sql", kGood}, {"touch.sql", with(touch, "order = 2", "order = 3")}};
  EXPECT_EQ(load_facts(late).error().field, "visit.sql:1");
  const std::vector<DefinitionFile> early = {{"visit.sql", kGood},
                                             {"touch.sql", with(touch, "order = 2", "order = 1")}};
  const auto facts = load_facts(early);
  ASSERT_TRUE(facts) << to_string(facts.error());
  EXPECT_EQ(facts->at(0).name, "touch");
}

}  // namespace
}  // namespace traction
