#include <gtest/gtest.h>

#include "support/world.h"

namespace traction {
namespace {

// A pipeline with a stage of every kind.
class DealTest : public testing::Test {
 protected:
  World world;
  Id pipeline = world.make("pipeline", {{"name", "Sales"}});
  Id lead = stage("lead", 1), qualified = stage("qualified", 2), open = stage("open", 3), won = stage("won", 4),
     lost = stage("lost", 5), after = stage("after", 6), won_too = stage("won", 7);

  static constexpr Instant kT0 = World::kStart;
  static Instant day(int days) { return {kT0.micros - 100 * kDay + days * kDay}; }

  Id stage(const std::string& kind, int position) {
    return world.make("stage", {{"pipeline", pipeline}, {"name", kind}, {"kind", kind}, {"position", position}});
  }
  Id deal(Id in, int on_day) {
    json::object fields{{"name", "D"}, {"stage", in}};
    if (in == lost) fields["lost_reason"] = "price";
    world.good(at(creation("deal", fields), day(on_day)));
    return static_cast<Id>(world.entries.size());
  }
  Action move(Id id, Id to, int on_day, json::object more = {}) {
    more["stage"] = to;
    return at(on(Verb::change, "deal", id, more), day(on_day));
  }
  std::optional<Instant> time(Id id, std::string_view field) {
    const json::value* value = world.body(id).if_contains(field);
    return value ? std::optional(Instant{value->get_int64()}) : std::nullopt;
  }
};

TEST_F(DealTest, recordsThePipelineAndTheTimeOfAMove) {
  const Id id = deal(lead, 1);
  EXPECT_EQ(world.body(id).at("pipeline"), pipeline);
  EXPECT_EQ(time(id, "stage_since"), day(1));
  EXPECT_EQ(time(id, "closed_at"), std::nullopt);
  world.good(move(id, open, 2));
  EXPECT_EQ(time(id, "stage_since"), day(2));
  world.good(move(id, qualified, 2));  // back, at the very same time
  EXPECT_EQ(world.last().occurred_at, day(2));
  world.good(on(Verb::change, "deal", id, {{"amount_minor", 5}}));
  EXPECT_EQ(time(id, "stage_since"), day(2));
}

TEST_F(DealTest, closesWhenWonOrLost) {
  const Id id = deal(open, 1);
  world.good(move(id, won, 3));
  EXPECT_EQ(time(id, "closed_at"), day(3));
  world.good(move(id, won_too, 4));
  EXPECT_EQ(time(id, "closed_at"), day(3)) << "it was won on day 3 and still is";
  world.good(move(id, after, 5));
  EXPECT_EQ(time(id, "closed_at"), day(3));
  world.good(move(id, won, 6));
  EXPECT_EQ(time(id, "closed_at"), day(3));
  world.good(move(id, lost, 7, {{"lost_reason", "price"}}));
  EXPECT_EQ(time(id, "closed_at"), day(7));
  EXPECT_EQ(time(deal(lost, 2), "closed_at"), day(2));
}

TEST_F(DealTest, opensAgain) {
  const Id id = deal(lost, 1);
  world.good(move(id, open, 2));
  EXPECT_EQ(time(id, "closed_at"), std::nullopt);
  EXPECT_FALSE(world.body(id).contains("lost_reason"));
  EXPECT_EQ(world.refusal(move(id, lost, 3)), Refused(Code::rule, "fields.lost_reason"));
  world.good(move(id, lost, 3, {{"lost_reason", "timing"}}));
  EXPECT_EQ(time(id, "closed_at"), day(3));
}

TEST_F(DealTest, losesForAReasonOnly) {
  EXPECT_EQ(world.refusal(creation("deal", {{"name", "D"}, {"stage", lost}})),
            Refused(Code::rule, "fields.lost_reason"));
  EXPECT_EQ(world.refusal(creation("deal", {{"name", "D"}, {"stage", open}, {"lost_reason", "price"}})),
            Refused(Code::rule, "fields.lost_reason"));
  const Id id = deal(lost, 1);
  EXPECT_EQ(world.refusal(on(Verb::change, "deal", id, {{"lost_reason", nullptr}})),
            Refused(Code::rule, "fields.lost_reason"));
  world.good(on(Verb::change, "deal", id, {{"lost_reason", "other"}}));
  EXPECT_EQ(world.refusal(move(id, open, 2, {{"lost_reason", "price"}})), Refused(Code::rule, "fields.lost_reason"));
  EXPECT_EQ(world.refusal(on(Verb::change, "deal", deal(open, 1), {{"lost_reason", "price"}})),
            Refused(Code::rule, "fields.lost_reason"));
}

TEST_F(DealTest, comesAfterAWinOnly) {
  EXPECT_EQ(world.refusal(creation("deal", {{"name", "D"}, {"stage", after}})), Refused(Code::rule, "fields.stage"));
  EXPECT_EQ(world.refusal(move(deal(open, 1), after, 2)), Refused(Code::rule, "fields.stage"));
  EXPECT_EQ(world.refusal(move(deal(lost, 1), after, 2)), Refused(Code::rule, "fields.stage"));
}

TEST_F(DealTest, movesInTheOrderOfTheWorld) {
  const Id id = deal(open, 10);
  EXPECT_EQ(world.refusal(move(id, won, 9)), Refused(Code::rule, "occurred_at"));
  EXPECT_EQ(world.refusal(move(id, won, 102)), Refused(Code::rule, "occurred_at"));
  EXPECT_EQ(world.refusal(at(creation("deal", {{"name", "D"}, {"stage", open}}), day(102))),
            Refused(Code::rule, "occurred_at"));
  world.good(on(Verb::change, "deal", id, {{"name", "E"}}));  // what is no move may be dated as it likes
  world.good(at(on(Verb::change, "deal", id, {{"name", "F"}}), day(3)));
}

TEST_F(DealTest, keepsMovesWithUnknownTimes) {
  const Id id = deal(open, 10);
  Action unknown = on(Verb::change, "deal", id, {{"stage", won}});
  unknown.occurred_unknown = true;
  world.good(unknown);
  EXPECT_EQ(time(id, "stage_since"), std::nullopt);
  EXPECT_EQ(time(id, "closed_at"), std::nullopt);
  EXPECT_EQ(world.last().occurred_at, std::nullopt);
  EXPECT_EQ(world.refusal(move(id, open, 9)), Refused(Code::rule, "occurred_at")) << "the move before is known";
  world.good(move(id, open, 11));
  EXPECT_EQ(time(id, "stage_since"), day(11));
  Action born = creation("deal", {{"name", "D"}, {"stage", won}});
  born.occurred_unknown = true;
  world.good(born);
  const Id old = static_cast<Id>(world.entries.size());
  EXPECT_EQ(time(old, "stage_since"), std::nullopt);
  world.good(move(old, open, 1));
}

TEST_F(DealTest, isNotHeldUpByAClockThatJumpsBack) {
  const Id id = world.make("deal", {{"name", "D"}, {"stage", open}});
  world.now.micros -= kDay;
  world.good(on(Verb::change, "deal", id, {{"stage", won}}));
  EXPECT_EQ(time(id, "stage_since"), kT0);
  EXPECT_EQ(world.last().occurred_at, kT0);
}

TEST_F(DealTest, refusesAStageThatIsNone) {
  EXPECT_EQ(world.refusal(creation("deal", {{"name", "D"}})), Refused(Code::required, "fields.stage"));
  EXPECT_EQ(world.refusal(creation("deal", {{"name", "D"}, {"stage", pipeline}})),
            Refused(Code::not_found, "fields.stage"));
  EXPECT_EQ(world.refusal(on(Verb::change, "deal", deal(open, 1), {{"stage", nullptr}})),
            Refused(Code::required, "fields.stage"));
}

TEST_F(DealTest, holdsItsStageInPlace) {
  EXPECT_EQ(world.refusal(on(Verb::change, "stage", open, {{"kind", "won"}})), Refused(Code::rule, "fields.kind"));
  const Id other = world.make("pipeline", {{"name", "Other"}});
  EXPECT_EQ(world.refusal(on(Verb::change, "stage", open, {{"pipeline", other}})),
            Refused(Code::rule, "fields.pipeline"));
  world.good(on(Verb::change, "stage", open, {{"name", "Talks"}, {"position", 9}}));
  const Id id = deal(open, 1);
  EXPECT_EQ(world.refusal(on(Verb::remove, "stage", open)), Refused(Code::rule, "target"));
  EXPECT_EQ(world.refusal(on(Verb::remove, "pipeline", pipeline)), Refused(Code::rule, "target"));
  world.good(move(id, won, 2));
  world.good(on(Verb::remove, "stage", open));
  EXPECT_EQ(world.refusal(move(id, open, 3)), Refused(Code::rule, "fields.stage"));
  world.good(on(Verb::remove, "pipeline", other));
}

TEST_F(DealTest, lendsItsContactAndAccountToActivities) {
  const Id account = world.make("account", {{"name", "A"}});
  const Id contact = world.make("contact", {{"name", "Ada"}});
  const Id other = world.make("contact", {{"name", "Bob"}});
  const Id id = world.make("deal", {{"name", "D"}, {"stage", open}, {"account", account}, {"contact", contact}});
  const Id call = world.make("activity", {{"kind", "call"}, {"deal", id}});
  EXPECT_EQ(world.body(call).at("account"), account);
  EXPECT_EQ(world.body(call).at("contact"), contact);
  const Id mail = world.make("activity", {{"kind", "email"}, {"deal", id}, {"contact", other}});
  EXPECT_EQ(world.body(mail).at("contact"), other);
  EXPECT_EQ(world.body(mail).at("account"), account);
  const Id note = world.make("activity", {{"kind", "note"}});
  world.good(on(Verb::change, "activity", note, {{"deal", id}}));
  EXPECT_EQ(world.body(note).at("contact"), contact);
  world.good(on(Verb::change, "activity", note, {{"contact", nullptr}}));
  EXPECT_FALSE(world.body(note).contains("contact"));
  world.good(on(Verb::remove, "contact", contact));
  EXPECT_FALSE(world.body(world.make("activity", {{"kind", "call"}, {"deal", id}})).contains("contact"));
}

TEST(Activity, happensWhenItIsDone) {
  World world;
  const Id task = world.make("activity", {{"kind", "task"}, {"status", "planned"}});
  world.now.micros += kDay;
  world.good(on(Verb::change, "activity", task, {{"status", "done"}}));
  EXPECT_EQ(world.body(task).at("happened_at"), world.now.micros);
  const Id call = world.make("activity", {{"kind", "call"}, {"status", "planned"}});
  world.good(on(Verb::change, "activity", call, {{"status", "done"}, {"happened_at", 77}}));
  EXPECT_EQ(world.body(call).at("happened_at"), 77);
  EXPECT_FALSE(world.body(world.make("activity", {{"kind", "call"}})).contains("happened_at"));
}

}  // namespace
}  // namespace traction
