#include <gtest/gtest.h>

#include "support/world.h"

namespace traction {
namespace {

TEST(Merge, givesWhatTheOtherLacksAndTakesExactlyThatBack) {
  World world;
  const Id kept = world.make("contact", {{"name", "Ada"}, {"title", "CEO"}});
  const Id alias = world.make("contact", {{"name", "A. L."}, {"email", "a@x"}, {"phone", "1"}, {"title", "CTO"}});
  const json::object before = world.body(kept);
  world.good(merging("contact", alias, kept));
  EXPECT_EQ(world.records[alias].state, RecordState::merged);
  EXPECT_EQ(world.records[alias].merged_into, kept);
  EXPECT_EQ(world.body(kept).at("email"), "a@x");
  EXPECT_EQ(world.body(kept).at("name"), "Ada");
  EXPECT_EQ(world.body(kept).at("title"), "CEO");
  EXPECT_EQ(world.last().record, kept);
  EXPECT_EQ(entries_with(world.entries[world.entries.size() - 2]), 1u);
  world.good(on(Verb::unmerge, "contact", alias));
  EXPECT_EQ(world.body(kept), before);
  EXPECT_EQ(world.records[alias].state, RecordState::live);
}

TEST(Merge, leavesWhatWasEditedSince) {
  World world;
  const Id kept = world.make("contact", {{"name", "Ada"}});
  const Id alias = world.make("contact", {{"name", "A."}, {"email", "a@x"}, {"phone", "1"}});
  world.good(merging("contact", alias, kept));
  world.good(on(Verb::change, "contact", kept, {{"email", "b@x"}, {"title", "CEO"}}));
  world.good(on(Verb::unmerge, "contact", alias));
  EXPECT_EQ(world.body(kept), (json::object{{"name", "Ada"}, {"email", "b@x"}, {"title", "CEO"}}));
}

TEST(Merge, keepsUniqueValuesWithTheirRecord) {
  World world;
  const Id kept = world.make("account", {{"name", "A"}});
  const Id alias = world.make("account", {{"name", "B"}, {"external_id", "x"}});
  world.good(merging("account", alias, kept));
  EXPECT_FALSE(world.body(kept).contains("external_id"));
  EXPECT_EQ(world.keys.at("account.external_id=x"), alias);
  EXPECT_EQ(world.refusal(creation("account", {{"name", "C"}, {"external_id", "x"}})),
            Refused(Code::duplicate, "fields.external_id"));
}

TEST(Merge, refusesWhatMakesNoSense) {
  World world;
  const Id a = world.make("account", {{"name", "A"}});
  const Id b = world.make("account", {{"name", "B"}});
  const Id c = world.make("account", {{"name", "C"}});
  const Id contact = world.make("contact", {{"name", "Ada"}});
  const Id team = world.make("team", {{"name", "T"}});
  EXPECT_EQ(world.refusal(merging("account", a, a)), Refused(Code::rule, "into"));
  EXPECT_EQ(world.refusal(merging("account", a, contact)), Refused(Code::not_found, "into"));
  EXPECT_EQ(world.refusal(merging("account", a, Id{0})), Refused(Code::required, "into"));
  EXPECT_EQ(world.refusal(merging("team", team, team)), Refused(Code::rule, "type"));
  EXPECT_EQ(world.refusal(on(Verb::unmerge, "account", a)), Refused(Code::rule, "target"));
  world.good(merging("account", a, b));
  EXPECT_EQ(world.refusal(merging("account", a, c)), Refused(Code::rule, "target"));
  EXPECT_EQ(world.refusal(merging("account", b, a)), Refused(Code::rule, "into"));
  EXPECT_EQ(world.refusal(on(Verb::change, "account", a, {{"name", "X"}})), Refused(Code::rule, "target"));
  EXPECT_EQ(world.refusal(on(Verb::remove, "account", a)), Refused(Code::rule, "target"));
  world.good(on(Verb::remove, "account", c));
  EXPECT_EQ(world.refusal(merging("account", b, c)), Refused(Code::rule, "into"));
  EXPECT_EQ(world.refusal(merging("account", c, b)), Refused(Code::rule, "target"));
}

TEST(Merge, isUndoneInReverseOrder) {
  World world;
  const Id a = world.make("account", {{"name", "A"}, {"sector", "x"}});
  const Id b = world.make("account", {{"name", "B"}});
  const Id c = world.make("account", {{"name", "C"}});
  world.good(merging("account", a, b));
  world.good(merging("account", b, c));
  EXPECT_EQ(world.body(c).at("sector"), "x");
  EXPECT_EQ(world.refusal(on(Verb::unmerge, "account", a)), Refused(Code::rule, "target"));
  world.good(on(Verb::unmerge, "account", b));
  world.good(on(Verb::unmerge, "account", a));
  EXPECT_FALSE(world.body(b).contains("sector"));
  EXPECT_FALSE(world.body(c).contains("sector"));
}

TEST(Merge, undoesAlsoIntoARecordInTheBin) {
  World world;
  const Id a = world.make("account", {{"name", "A"}, {"sector", "x"}});
  const Id b = world.make("account", {{"name", "B"}});
  world.good(merging("account", a, b));
  world.good(on(Verb::remove, "account", b));
  world.good(on(Verb::unmerge, "account", a));
  world.good(on(Verb::restore, "account", b));
  EXPECT_FALSE(world.body(b).contains("sector"));
}

TEST(Merge, putsNothingAboveItself) {
  World world;
  const Id top = world.make("account", {{"name", "Top"}});
  const Id middle = world.make("account", {{"name", "Middle"}, {"parent", top}});
  const Id low = world.make("account", {{"name", "Low"}, {"parent", middle}});
  EXPECT_EQ(world.refusal(merging("account", top, low)), Refused(Code::rule, "into"));
  world.good(merging("account", low, top));
  EXPECT_FALSE(world.body(top).contains("parent")) << "its new parent would be below it";
  EXPECT_EQ(world.refusal(on(Verb::change, "account", top, {{"parent", low}})), Refused(Code::rule, "fields.parent"));
  // While low stands for top, its own place is free: taking the merge back must not close a circle.
  world.good(on(Verb::change, "account", middle, {{"parent", nullptr}}));
  world.good(on(Verb::change, "account", middle, {{"parent", low}}));
  EXPECT_EQ(world.refusal(on(Verb::unmerge, "account", low)), Refused(Code::rule, "target"));
  world.good(on(Verb::change, "account", middle, {{"parent", nullptr}}));
  world.good(on(Verb::unmerge, "account", low));
}

}  // namespace
}  // namespace traction
