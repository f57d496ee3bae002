#include <gtest/gtest.h>

#include "support/world.h"

namespace traction {
namespace {

// Whether the text lies anywhere in the entries or records.
bool holds(World& world, const std::string& text) {
  for (const Entry& entry : world.entries)
    if ((entry.plain + entry.personal.value_or("")).find(text) != std::string::npos) return true;
  for (const auto& [id, record] : world.records)
    if (json::serialize(record.body).find(text) != std::string::npos) return true;
  return false;
}

TEST(Erase, destroysAPersonInEveryVersion) {
  World world;
  const Id ada = world.make("contact", {{"name", "SECRET one"}, {"title", "CEO"}, {"email", "SECRET@two"}});
  world.good(on(Verb::change, "contact", ada, {{"name", "SECRET three"}, {"title", "Chair"}}));
  const Id bob = world.make("contact", {{"name", "Bob"}});
  const Seq version = world.good(on(Verb::erase, "contact", ada));
  EXPECT_FALSE(holds(world, "SECRET"));
  EXPECT_EQ(world.body(ada), (json::object{{"title", "Chair"}}));
  EXPECT_EQ(world.records[ada].version, version);
  EXPECT_EQ(world.last().kind, EntryKind::erased);
  EXPECT_EQ(world.body(bob).at("name"), "Bob");
  // Nothing left to erase is no reason to refuse; what is added later can be erased again.
  world.good(on(Verb::erase, "contact", ada));
  world.good(on(Verb::change, "contact", ada, {{"phone", "SECRET"}}));
  world.good(on(Verb::erase, "contact", ada));
  EXPECT_FALSE(holds(world, "SECRET"));
}

TEST(Erase, coversActivitiesAboutThePerson) {
  World world;
  const Id ada = world.make("contact", {{"name", "Ada"}});
  const Id bob = world.make("contact", {{"name", "Bob"}});
  const Id call = world.make("activity", {{"kind", "call"}, {"contact", ada}, {"note", "SECRET"}});
  const Id moved = world.make("activity", {{"kind", "call"}, {"contact", ada}, {"note", "SECRET"}});
  world.good(on(Verb::change, "activity", moved, {{"contact", bob}}));
  world.good(on(Verb::change, "activity", call, {{"note", "SECRET too"}, {"outcome", "connected"}}));
  world.make("activity", {{"kind", "call"}, {"contact", bob}, {"note", "of Bob"}});
  world.good(on(Verb::erase, "contact", ada));
  EXPECT_FALSE(holds(world, "SECRET"));
  EXPECT_TRUE(holds(world, "of Bob"));
  EXPECT_EQ(world.body(call).at("outcome"), "connected");
}

TEST(Erase, coversEveryNameOfThePerson) {
  World world;
  const Id root = world.make("contact", {{"name", "SECRET root"}});
  const Id alias = world.make("contact", {{"name", "SECRET alias"}, {"phone", "SECRET phone"}});
  const Id deep = world.make("contact", {{"name", "SECRET deep"}, {"email", "SECRET mail"}});
  world.make("activity", {{"kind", "note"}, {"contact", deep}, {"note", "SECRET"}});
  world.good(merging("contact", deep, alias));
  world.good(merging("contact", alias, root));
  const auto decision = world.run(on(Verb::erase, "contact", alias));
  ASSERT_TRUE(decision);
  EXPECT_FALSE(holds(world, "SECRET"));
  EXPECT_EQ(decision->done[0].record, alias);
  EXPECT_EQ(decision->entries[0].record, alias);
  EXPECT_EQ(entries_with(decision->entries[0]), 2u);
  EXPECT_EQ(decision->done[0].version, decision->entries[0].seq);
  world.good(on(Verb::unmerge, "contact", alias));
  world.good(on(Verb::unmerge, "contact", deep));
}

TEST(Erase, coversWhatWasGivenToAnotherByAMergeTakenBack) {
  World world;
  const Id kept = world.make("contact", {{"name", "Bob"}, {"email", "bob@x"}});
  const Id alias = world.make("contact", {{"name", "Ada"}, {"phone", "SECRET"}});
  world.good(merging("contact", alias, kept));
  world.good(on(Verb::unmerge, "contact", alias));
  world.good(on(Verb::erase, "contact", alias));
  EXPECT_FALSE(holds(world, "SECRET"));
  EXPECT_EQ(world.body(kept), (json::object{{"name", "Bob"}, {"email", "bob@x"}}));
}

TEST(Erase, coversWhatWasWrittenInTheSameBatch) {
  World world;
  ASSERT_TRUE(world.run({creation("contact", {{"name", "SECRET"}}),
                         creation("activity", {{"kind", "note"}, {"contact", {{"new", 0}}}, {"note", "SECRET"}}),
                         on(Verb::erase, "contact", NewRef{0})}));
  EXPECT_FALSE(holds(world, "SECRET"));
}

TEST(Erase, takesMembersButNotTheirWork) {
  World world;
  const Id member = world.make("member", {{"name", "SECRET"}});
  const Id call = world.make("activity", {{"kind", "call"}, {"owner", member}, {"note", "of the buyer"}});
  world.good(on(Verb::erase, "member", member));
  EXPECT_FALSE(holds(world, "SECRET"));
  EXPECT_EQ(world.body(call).at("note"), "of the buyer");
}

TEST(Erase, isForPersonsInAnyState) {
  World world;
  const Id account = world.make("account", {{"name", "A"}});
  EXPECT_EQ(world.refusal(on(Verb::erase, "account", account)), Refused(Code::rule, "type"));
  EXPECT_EQ(world.refusal(on(Verb::erase, "contact", Id{99})), Refused(Code::not_found, "target"));
  const Id ada = world.make("contact", {{"name", "SECRET"}});
  world.good(on(Verb::remove, "contact", ada));
  world.good(on(Verb::erase, "contact", ada));
  EXPECT_FALSE(holds(world, "SECRET"));
  EXPECT_EQ(world.records[ada].state, RecordState::deleted);
}

}  // namespace
}  // namespace traction
