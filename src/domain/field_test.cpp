#include <gtest/gtest.h>

#include "support/world.h"

namespace traction {
namespace {

Action field(std::string name, std::string type, json::object more = {}) {
  more["record_type"] = "account";
  more["name"] = std::move(name);
  more["field_type"] = std::move(type);
  return creation("field", std::move(more));
}

TEST(CustomField, canBeUsedRightAway) {
  World world;
  ASSERT_TRUE(
      world.run({field("renewal_on", "date"), creation("account", {{"name", "A"}, {"renewal_on", "2024-01-31"}})}));
  EXPECT_EQ(world.body(3).at("renewal_on"), "2024-01-31");
  const Schema extended = with_custom_field(world.schema, world.body(2)).value();
  EXPECT_EQ(extended.need("account").field("renewal_on")->label, "Renewal on");
  EXPECT_TRUE(extended.need("account").field("renewal_on")->custom);
  // A caller who does not pass the extended schema has no such field.
  EXPECT_EQ(world.refusal(creation("account", {{"name", "B"}, {"renewal_on", "2024-01-31"}})),
            Refused(Code::unknown, "fields.renewal_on"));
}

TEST(CustomField, takesChoicesReferencesAndPersonalOnes) {
  World world;
  const std::string list = "Gold, Silver";
  ASSERT_TRUE(world.run(
      {field("tier", "choice", {{"choices", list}}), field("partner", "reference", {{"references", "account"}}),
       field("founder", "text", {{"personal", true}}), creation("account", {{"name", "A"}}),
       creation("account", {{"name", "B"}, {"tier", "Gold"}, {"partner", {{"new", 3}}}, {"founder", "Ada"}})}));
  EXPECT_EQ(world.last().personal, R"({"founder":"Ada"})");
}

TEST(CustomField, isRefusedWhenItDoesNotFit) {
  World world;
  EXPECT_EQ(world.refusal(field("Bad Name", "text")), Refused(Code::invalid, "fields.name"));
  EXPECT_EQ(world.refusal(field("sector", "text")), Refused(Code::duplicate, "fields.name"));
  EXPECT_EQ(world.refusal(field("x", "money")), Refused(Code::unknown, "fields.field_type"));
  EXPECT_EQ(world.refusal(field("x", "choice")), Refused(Code::required, "fields.choices"));
  EXPECT_EQ(world.refusal(field("x", "reference", {{"references", "acount"}})),
            Refused(Code::unknown, "fields.references"));
  Action nowhere = field("x", "text");
  nowhere.fields["record_type"] = "acount";
  EXPECT_EQ(world.refusal(nowhere), Refused(Code::unknown, "fields.record_type"));
  nowhere.fields["record_type"] = "field";
  EXPECT_EQ(world.refusal(nowhere), Refused(Code::rule, "fields.record_type"));
  EXPECT_FALSE(world.run({field("x", "text"), field("x", "date")}));
}

TEST(CustomField, staysWhatItIs) {
  World world;
  const Id id = world.run(field("tier", "choice", {{"choices", "Gold,Silver"}}))->done[0].record;
  world.schema = with_custom_field(world.schema, world.body(id)).value();
  const auto change = [&](json::object fields) { return on(Verb::change, "field", id, std::move(fields)); };
  EXPECT_EQ(world.refusal(change({{"field_type", "text"}})), Refused(Code::rule, "fields.field_type"));
  EXPECT_EQ(world.refusal(change({{"name", "level"}})), Refused(Code::rule, "fields.name"));
  EXPECT_EQ(world.refusal(change({{"personal", true}})), Refused(Code::rule, "fields.personal"));
  EXPECT_EQ(world.refusal(change({{"choices", "Gold"}})), Refused(Code::rule, "fields.choices"));
  EXPECT_EQ(world.refusal(change({{"choices", nullptr}})), Refused(Code::rule, "fields.choices"));
  EXPECT_EQ(world.refusal(change({{"choices", "Gold,Silver,Gold"}})), Refused(Code::duplicate, "fields.choices"));
  world.good(change({{"choices", "Gold,Silver,Bronze"}, {"label", "Tier of the customer"}}));
  EXPECT_EQ(world.refusal(on(Verb::remove, "field", id)), Refused(Code::rule, "type"));
}

}  // namespace
}  // namespace traction
