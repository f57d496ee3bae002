#include "mart/facts.h"

#include <gtest/gtest.h>

#include "support/mart_story.h"

namespace traction {
namespace {

// A company with one pipeline; every question is asked of a mart that followed and of one built from nothing.
class FactsTest : public testing::Test {
 protected:
  FactsTest() : followed_(story.mart()) {
    north = story.make("team", {{"name", "North"}});
    south = story.make("team", {{"name", "South"}});
    mia = story.make("member", {{"name", "Mia"}, {"team", north}});
    pipeline = story.make("pipeline", {{"name", "Sales"}});
    int position = 0;
    for (const char* kind : {"lead", "qualified", "open", "won", "lost", "after"})
      stage[kind] =
          story.make("stage", {{"name", kind}, {"pipeline", pipeline}, {"kind", kind}, {"position", position += 10}});
    ann = story.make("contact", {{"name", "Ann"}});
    bob = story.make("contact", {{"name", "Bob"}});
    story.now = Story::day(100);
  }

  Id deal(json::object fields, std::optional<Instant> when) {
    if (!fields.contains("stage")) fields["stage"] = stage["lead"];
    fields["name"] = "D";
    fields["owner"] = mia;
    return made(creation("deal", std::move(fields)), when);
  }

  Id activity(json::object fields, std::optional<Instant> when) {
    fields["owner"] = mia;
    return made(creation("activity", std::move(fields)), when);
  }

  void move(Id id, const char* to, std::optional<Instant> when, json::object fields = {}) {
    fields["stage"] = stage[to];
    Action action = on(Verb::change, "deal", id, std::move(fields));
    action.occurred_at = when;
    action.occurred_unknown = !when;
    story.good(std::move(action));
  }

  std::string ask(const std::string& sql) {
    story.tell();
    followed_->catch_up();
    const auto built = story.mart();
    built->catch_up();
    std::string answer = text_of(built->read()->query(sql));
    EXPECT_EQ(text_of(followed_->read()->query(sql)), answer);
    return answer;
  }

  Story story;
  Id north, south, mia, pipeline, ann, bob;
  std::map<std::string, Id> stage;

 private:
  Id made(Action action, std::optional<Instant> when) {
    action.occurred_at = when;
    action.occurred_unknown = !when;
    return story.entries[static_cast<std::size_t>(story.good(std::move(action)) - 1)].record;
  }

  std::unique_ptr<Mart> followed_;
};

constexpr const char* kVisits =
    "SELECT visit, stage_kind, date_diff('day', make_timestamp(1700000000000000), entered_at), "
    "date_diff('second', entered_at, left_at) / 86400, next_kind, amount_minor FROM stage_visit ORDER BY deal, visit";

TEST_F(FactsTest, aStayIsOneRowAndComingBackIsAnother) {
  const Id id = deal({{"amount_minor", 100}}, Story::day(1));
  EXPECT_EQ(ask(kVisits), "1 lead 1 - - 100\n");
  move(id, "open", Story::day(3));
  story.good(on(Verb::change, "deal", id, {{"amount_minor", 250}}));
  move(id, "lost", Story::day(10), {{"lost_reason", "price"}});
  EXPECT_EQ(ask(kVisits), "1 lead 1 2 open 100\n2 open 3 7 lost 250\n3 lost 10 - - 250\n");
  move(id, "open", Story::day(20));
  move(id, "won", Story::day(21), {{"amount_minor", 300}});
  move(id, "after", Story::day(30));
  EXPECT_EQ(ask(kVisits),
            "1 lead 1 2 open 100\n2 open 3 7 lost 250\n3 lost 10 10 open 250\n4 open 20 1 won 250\n"
            "5 won 21 9 after 300\n6 after 30 - - 300\n");
  EXPECT_EQ(ask("SELECT outcome, cycle_days, amount_minor, lost_reason FROM deal_fact"), "won 20 300 -\n");
  story.good(on(Verb::remove, "deal", id));
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM stage_visit), (SELECT count(*) FROM deal_fact), "
                "(SELECT count(*) FROM funnel_step)"),
            "0 0 0\n");
}

TEST_F(FactsTest, anUnknownStartStaysUnknownAndAnUnknownMoveEndsAtTheNextKnownTime) {
  const Id unknown = deal({}, std::nullopt);
  move(unknown, "open", Story::day(3));
  const Id vague = deal({}, Story::day(1));
  move(vague, "qualified", std::nullopt);
  move(vague, "won", Story::day(6));
  EXPECT_EQ(ask(kVisits),
            "1 lead - - open -\n2 open 3 - - -\n1 lead 1 5 qualified -\n2 qualified - - won -\n3 won 6 - - -\n");
  EXPECT_EQ(ask("SELECT created_at, cycle_days FROM deal_fact ORDER BY deal"),
            fmt::format("- -\n{} 5\n", Story::day(1).micros));
}

TEST_F(FactsTest, atEveryStepEnteredIsAdvancedAndLostAndStillThere) {
  const Id skips = deal({}, Story::day(1));
  move(skips, "open", Story::day(2));
  move(skips, "lost", Story::day(3), {{"lost_reason", "price"}});
  const Id wins = deal({{"stage", stage["qualified"]}}, Story::day(1));
  move(wins, "won", Story::day(2));
  const Id back = deal({{"stage", stage["open"]}}, Story::day(1));
  move(back, "lead", Story::day(2));
  EXPECT_EQ(ask("SELECT stage_kind, count(*), count(*) FILTER (started_here), count(*) FILTER (advanced), "
                "count(*) FILTER (lost_here), count(*) FILTER (still_here), count(*) FILTER (skipped) "
                "FROM funnel_step GROUP BY position, stage_kind ORDER BY position"),
            "lead 2 2 2 0 0 0\nqualified 3 1 3 0 0 2\nopen 3 0 1 1 1 1\nwon 1 0 0 0 1 0\n");
}

TEST_F(FactsTest, aDialIsNotAConnectAndAConnectIsNotAConversation) {
  activity({{"kind", "call"}, {"direction", "outbound"}, {"outcome", "no_answer"}}, Story::day(1));
  activity({{"kind", "call"}, {"direction", "outbound"}, {"outcome", "connected"}, {"duration_seconds", 59}},
           Story::day(2));
  activity({{"kind", "call"}, {"direction", "outbound"}, {"outcome", "connected"}, {"duration_seconds", 60}},
           Story::day(3));
  activity({{"kind", "meeting"}, {"outcome", "held"}}, Story::day(4));
  activity({{"kind", "meeting"}, {"outcome", "no_show"}}, Story::day(5));
  activity({{"kind", "call"}, {"status", "planned"}}, Story::day(6));
  activity({{"kind", "note"}}, Story::day(7));
  const char* flags = "SELECT kind, connected, conversation FROM touch ORDER BY happened_at";
  EXPECT_EQ(ask(flags), "call false false\ncall true false\ncall true true\nmeeting false true\nmeeting false false\n");
  story.good(on(Verb::change, "workspace", 1, {{"conversation_seconds", 59}}));
  EXPECT_EQ(ask(flags), "call false false\ncall true true\ncall true true\nmeeting false true\nmeeting false false\n");
}

TEST_F(FactsTest, oneReplyPerContactAndDayIsAConversation) {
  const auto reply = [&](Id contact, Instant when, const char* outcome) {
    return activity({{"kind", "email"}, {"direction", "inbound"}, {"outcome", outcome}, {"contact", contact}}, when);
  };
  reply(ann, Story::day(1, 500), "replied");
  reply(ann, Story::day(1, 400), "auto_reply");
  reply(ann, Story::day(2, 500), "replied");
  reply(bob, Story::day(1, 600), "replied");
  const char* counted = "SELECT activity FROM touch WHERE conversation ORDER BY happened_at, activity";
  const std::string before = ask(counted);
  EXPECT_EQ(std::ranges::count(before, '\n'), 3);
  const Id earlier = reply(ann, Story::day(1, 300), "replied");
  EXPECT_NE(ask(counted), before);
  EXPECT_EQ(ask("SELECT count(*) FROM touch WHERE conversation"), "3\n");
  story.good(on(Verb::remove, "activity", earlier));
  EXPECT_EQ(ask(counted), before);
}

TEST_F(FactsTest, aFollowUpComesAfterAnotherTouchOfTheDealOrContact) {
  const Id id = deal({{"contact", ann}}, Story::day(0));
  const json::object call = {{"kind", "call"}, {"direction", "outbound"}, {"deal", id}};
  activity(call, Story::day(5));
  activity({{"kind", "email"}, {"direction", "outbound"}, {"contact", ann}}, Story::day(6));
  activity({{"kind", "email"}, {"direction", "inbound"}, {"contact", ann}}, Story::day(7));
  activity({{"kind", "email"}, {"direction", "outbound"}, {"contact", bob}}, Story::day(8));
  const char* flags = "SELECT follow_up, post_close FROM touch ORDER BY happened_at";
  EXPECT_EQ(ask(flags), "false false\ntrue false\nfalse false\nfalse false\n");
  activity(call, Story::day(4));  // recorded late: now the first
  EXPECT_EQ(ask(flags), "false false\ntrue false\ntrue false\nfalse false\nfalse false\n");
  story.good(merging("contact", ann, bob));
  EXPECT_EQ(ask(flags), "false false\ntrue false\ntrue false\nfalse false\ntrue false\n");
  move(id, "won", Story::day(4, 60));
  EXPECT_EQ(ask(flags), "false false\ntrue true\ntrue false\nfalse false\ntrue false\n");
}

TEST_F(FactsTest, aLeadIsAnsweredByAPersonOnTheDealOrWithItsContact) {
  const Id early = deal({{"inbound", true}, {"contact", ann}}, Story::day(10));
  const Id never = deal({{"inbound", true}, {"contact", bob}}, Story::day(10));
  deal({{"contact", ann}}, Story::day(10));
  activity({{"kind", "call"}, {"direction", "outbound"}, {"contact", ann}}, Story::day(9));
  activity({{"kind", "email"}, {"direction", "inbound"}, {"deal", early}}, Story::day(10, 10));
  activity({{"kind", "email"}, {"direction", "outbound"}, {"outcome", "auto_reply"}, {"deal", early}},
           Story::day(10, 20));
  EXPECT_EQ(ask("SELECT response_seconds FROM lead ORDER BY deal"), "-\n-\n");
  const Id email = activity({{"kind", "email"}, {"direction", "outbound"}, {"contact", ann}}, Story::day(10, 3600));
  EXPECT_EQ(ask("SELECT deal, response_seconds FROM lead ORDER BY deal"), fmt::format("{} 3600\n{} -\n", early, never));
  const Id call = activity({{"kind", "call"}, {"direction", "outbound"}, {"deal", early}}, Story::day(10, 1800));
  EXPECT_EQ(ask("SELECT response_seconds FROM lead ORDER BY deal"), "1800\n-\n");
  story.good(on(Verb::change, "deal", never, {{"contact", ann}}));
  EXPECT_EQ(ask("SELECT response_seconds FROM lead ORDER BY deal"), "1800\n1800\n");
  story.good(on(Verb::remove, "activity", call));
  EXPECT_EQ(ask("SELECT response_seconds FROM lead ORDER BY deal"), "3600\n3600\n");
  story.good(on(Verb::change, "activity", email, {{"contact", bob}}));
  EXPECT_EQ(ask("SELECT response_seconds FROM lead ORDER BY deal"), "-\n-\n");
}

TEST_F(FactsTest, aTouchCountsForTheTeamOfThatTime) {
  activity({{"kind", "call"}}, Story::day(5));
  activity({{"kind", "call"}}, Story::day(15));
  const char* teams = "SELECT team FROM touch ORDER BY happened_at";
  EXPECT_EQ(ask(teams), fmt::format("{0}\n{0}\n", north));
  story.good(at(on(Verb::change, "member", mia, {{"team", south}}), Story::day(10)));
  EXPECT_EQ(ask(teams), fmt::format("{}\n{}\n", north, south));
  story.good(at(on(Verb::change, "member", mia, {{"team", nullptr}}), Story::day(1)));  // says otherwise, from day 1 on
  EXPECT_EQ(ask(teams), "-\n-\n");
}

TEST_F(FactsTest, daysAreThoseOfTheWorkspacesZone) {
  activity({{"kind", "call"}}, parse_instant("2023-11-20T23:30:00Z").value());
  EXPECT_EQ(ask("SELECT happened_on::VARCHAR FROM touch"), "2023-11-20\n");
  story.good(on(Verb::change, "workspace", 1, {{"zone", "Europe/Berlin"}}));
  EXPECT_EQ(ask("SELECT happened_on::VARCHAR FROM touch"), "2023-11-21\n");
}

}  // namespace
}  // namespace traction
