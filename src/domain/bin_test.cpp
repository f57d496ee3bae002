#include <gtest/gtest.h>

#include "support/world.h"

namespace traction {
namespace {

TEST(Bin, takesAndGivesBack) {
  World world;
  const Id id = world.make("account", {{"name", "A"}});
  const Seq removed = world.good(on(Verb::remove, "account", id));
  EXPECT_EQ(world.records[id].version, removed);
  EXPECT_EQ(world.records[id].state, RecordState::deleted);
  EXPECT_EQ(world.refusal(on(Verb::remove, "account", id)), Refused(Code::rule, "target"));
  EXPECT_EQ(world.refusal(on(Verb::change, "account", id, {{"name", "B"}})), Refused(Code::rule, "target"));
  const Seq restored = world.good(on(Verb::restore, "account", id));
  EXPECT_GT(restored, removed);
  EXPECT_EQ(world.records[id].state, RecordState::live);
  EXPECT_EQ(world.refusal(on(Verb::restore, "account", id)), Refused(Code::rule, "target"));
}

TEST(Bin, keepsThingsForThirtyDays) {
  World world;
  const Id id = world.make("account", {{"name", "A"}});
  world.good(on(Verb::remove, "account", id));
  world.now.micros += kBinDays * kDay + 1;
  EXPECT_EQ(world.refusal(on(Verb::restore, "account", id)), Refused(Code::rule, "target"));
  world.now.micros -= 1;
  world.good(on(Verb::restore, "account", id));
}

TEST(Bin, givesUpUniqueValuesMeanwhile) {
  World world;
  const Id id = world.make("account", {{"name", "A"}, {"external_id", "x"}});
  world.good(on(Verb::remove, "account", id));
  const Id other = world.make("account", {{"name", "B"}, {"external_id", "x"}});
  EXPECT_EQ(world.refusal(on(Verb::restore, "account", id)), Refused(Code::duplicate, "fields.external_id"));
  world.good(on(Verb::change, "account", other, {{"external_id", nullptr}}));
  world.good(on(Verb::restore, "account", id));
  EXPECT_EQ(world.keys.at("account.external_id=x"), id);
}

TEST(Bin, worksWithinOneBatch) {
  World world;
  ASSERT_TRUE(world.run({creation("account", {{"name", "A"}, {"external_id", "x"}}),
                         on(Verb::remove, "account", NewRef{0}), on(Verb::restore, "account", NewRef{0})}));
  EXPECT_EQ(world.keys.at("account.external_id=x"), 2);
}

TEST(Bin, restoresNothingThatHangsInTheAir) {
  World world;
  const Id pipeline = world.make("pipeline", {{"name", "P"}});
  const Id stage = world.make("stage", {{"pipeline", pipeline}, {"name", "S"}, {"kind", "open"}, {"position", 1}});
  world.good(on(Verb::remove, "stage", stage));
  world.good(on(Verb::remove, "pipeline", pipeline));
  EXPECT_EQ(world.refusal(on(Verb::restore, "stage", stage)), Refused(Code::rule, "target"));
  world.good(on(Verb::restore, "pipeline", pipeline));
  world.good(on(Verb::restore, "stage", stage));
}

}  // namespace
}  // namespace traction
