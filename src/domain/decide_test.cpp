#include "domain/decide.h"

#include <fmt/format.h>

#include <gtest/gtest.h>

#include "support/world.h"

namespace traction {
namespace {

TEST(Decide, beginsAWorkspaceWithItsSettings) {
  World world(false);
  EXPECT_EQ(world.refusal(creation("account", {{"name", "A"}})), Refused(Code::rule, "type"));
  EXPECT_EQ(world.make("workspace", {{"name", "W"}}), 1);
  EXPECT_EQ(world.body(1).at("zone"), "UTC");
  EXPECT_EQ(world.refusal(creation("workspace", {{"name", "W"}})), Refused(Code::rule, "type"));
}

TEST(Decide, writesWhatWasSaidInTwoParts) {
  World world;
  Command command;
  command.origin = 9;
  command.actions.push_back(at(creation("contact", {{"name", "Ada"}, {"title", "CEO"}, {"email", nullptr}}), {5}));
  ASSERT_TRUE(world.run(command));
  const Entry& entry = world.last();
  EXPECT_EQ(entry.kind, EntryKind::created);
  EXPECT_EQ(entry.record, entry.seq);
  EXPECT_EQ(entry.plain, R"({"title":"CEO"})");
  EXPECT_EQ(entry.personal, R"({"name":"Ada"})");
  EXPECT_EQ(entry.occurred_at, Instant{5});
  EXPECT_EQ(entry.origin, 9);
  const Id account = world.make("account", {{"name", "A"}});
  EXPECT_EQ(world.last().personal, "");
  EXPECT_EQ(world.last().occurred_at, world.now);
  world.good(on(Verb::change, "account", account, {{"name", "A"}, {"sector", "x"}, {"website", nullptr}}));
  EXPECT_EQ(world.last().plain, R"({"sector":"x"})");
  world.good(on(Verb::change, "account", account, {{"sector", nullptr}}));
  EXPECT_EQ(world.last().plain, R"({"sector":null})");
}

TEST(Decide, writesNothingWhenNothingChanges) {
  World world;
  const Id account = world.make("account", {{"name", "A"}});
  const std::size_t before = world.entries.size();
  EXPECT_EQ(world.good(on(Verb::change, "account", account, {{"name", "A"}, {"sector", nullptr}})), account);
  EXPECT_EQ(world.entries.size(), before);
}

TEST(Decide, knowsWhenNothingIsKnown) {
  World world;
  Action action = creation("account", {{"name", "A"}});
  action.occurred_unknown = true;
  world.good(action);
  EXPECT_EQ(world.last().occurred_at, std::nullopt);
  action.occurred_at = Instant{1};
  EXPECT_EQ(world.refusal(action), Refused(Code::invalid, "occurred_at"));
  EXPECT_EQ(world.refusal(at(creation("account", {{"name", "A"}}), {INT64_MAX})),
            Refused(Code::invalid, "occurred_at"));
  EXPECT_EQ(world.refusal(at(creation("account", {{"name", "A"}}), {INT64_MIN})),
            Refused(Code::invalid, "occurred_at"));
}

TEST(Decide, refusesWhatIsUnknownOrMalformed) {
  World world;
  EXPECT_EQ(world.refusal(creation("acount", {{"name", "A"}})), Refused(Code::unknown, "type"));
  EXPECT_EQ(world.refusal(creation("account", {{"nam", "A"}})), Refused(Code::unknown, "fields.nam"));
  EXPECT_EQ(world.refusal(creation("account", {})), Refused(Code::required, "fields.name"));
  EXPECT_EQ(world.refusal(creation("account", {{"name", 5}})), Refused(Code::invalid, "fields.name"));
  EXPECT_EQ(world.refusal(on(Verb::change, "account", Id{77}, {{"name", "A"}})), Refused(Code::not_found, "target"));
  EXPECT_EQ(world.refusal(on(Verb::change, "account", Id{1}, {{"name", "A"}})), Refused(Code::not_found, "target"));
  EXPECT_EQ(world.refusal(on(Verb::change, "account", Id{0}, {{"name", "A"}})), Refused(Code::required, "target"));
  EXPECT_EQ(world.run(std::vector<Action>{}).error().code, Code::required);
  EXPECT_EQ(world.run(std::vector<Action>(kMostActions + 1)).error().code, Code::too_large);
}

TEST(Decide, refusesAStaleVersion) {
  World world;
  const Id account = world.make("account", {{"name", "A"}});
  Action change = on(Verb::change, "account", account, {{"name", "B"}});
  change.expected_version = account;
  world.good(change);
  change.fields = {{"name", "C"}};
  EXPECT_EQ(world.refusal(change), Refused(Code::stale, "expected_version"));
  // Both were decided upon by somebody who saw the version before the batch.
  change.expected_version = world.records[account].version;
  Action second = change;
  second.fields = {{"sector", "x"}};
  EXPECT_TRUE(world.run({change, second}));
  EXPECT_EQ(world.body(account).at("sector"), "x");
}

TEST(Decide, resolvesReferencesWithinABatch) {
  World world;
  Action account = creation("account", {{"name", "A"}});
  account.client_ref = "phone-1";
  const Action contact = creation("contact", {{"name", "Ada"}, {"account", {{"new", 0}}}});
  const Action other = creation("contact", {{"name", "Bob"}, {"account", {{"ref", "phone-1"}}}});
  const Action rename = on(Verb::change, "contact", NewRef{1}, {{"title", "CEO"}});
  const auto decision = world.run({account, contact, other, rename});
  ASSERT_TRUE(decision) << to_string(decision.error());
  const Id first = decision->done[0].record;
  EXPECT_EQ(world.body(first + 1).at("account"), first);
  EXPECT_EQ(world.body(first + 2).at("account"), first);
  EXPECT_EQ(world.body(first + 1).at("title"), "CEO");
  EXPECT_EQ(decision->done[3].record, first + 1);
  EXPECT_EQ(decision->done[3].version, first + 3);
  EXPECT_EQ(decision->records.size(), 3u);
  EXPECT_EQ(world.entries[static_cast<std::size_t>(first)].plain, fmt::format(R"({{"account":{}}})", first));
  // Later on, by the client's own name, wherever an id is taken.
  EXPECT_EQ(world.good(on(Verb::change, "account", "phone-1", {{"sector", "x"}})), first + 4);
  EXPECT_EQ(world.refusal(account), Refused(Code::duplicate, "client_ref"));
}

TEST(Decide, refusesReferencesThatLeadNowhere) {
  World world;
  const Id account = world.make("account", {{"name", "A"}});
  const auto contact = [](json::value to) {
    return creation("contact", {{"name", "Ada"}, {"account", std::move(to)}});
  };
  EXPECT_EQ(world.refusal(contact({{"new", 0}})), Refused(Code::invalid, "fields.account"));
  EXPECT_EQ(world.refusal(contact({{"new", -1}})), Refused(Code::invalid, "fields.account"));
  EXPECT_EQ(world.refusal(contact({{"new", 0}, {"ref", "x"}})), Refused(Code::invalid, "fields.account"));
  EXPECT_EQ(world.refusal(contact({{"ref", "x"}})), Refused(Code::not_found, "fields.account"));
  EXPECT_EQ(world.refusal(contact(999)), Refused(Code::not_found, "fields.account"));
  EXPECT_EQ(world.refusal(contact(1)), Refused(Code::not_found, "fields.account"));
  EXPECT_EQ(world.refusal(contact("1")), Refused(Code::invalid, "fields.account"));
  const Id other = world.make("account", {{"name", "B"}});
  const Id bob = world.make("contact", {{"name", "Bob"}});
  world.good(merging("account", other, account));
  world.good(on(Verb::change, "contact", bob, {{"account", other}}));
  EXPECT_EQ(world.body(bob).at("account"), other);
  world.good(on(Verb::remove, "account", account));
  EXPECT_EQ(world.refusal(contact(account)), Refused(Code::rule, "fields.account"));
  EXPECT_EQ(world.refusal(contact(other)), Refused(Code::rule, "fields.account"));
  Action nameless = creation("account", {{"name", "C"}});
  nameless.client_ref = "";
  EXPECT_EQ(world.refusal(nameless), Refused(Code::invalid, "client_ref"));
}

TEST(Decide, isAllOrNothing) {
  World world;
  const auto refused = world.run({creation("account", {{"name", "A"}}), creation("account", {})});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "actions[1].fields.name");
  EXPECT_EQ(world.entries.size(), 1u);
}

TEST(Decide, keepsUniqueValuesUnique) {
  World world;
  const Id first = world.make("account", {{"name", "A"}, {"external_id", "x"}});
  const Action again = creation("account", {{"name", "B"}, {"external_id", "x"}});
  EXPECT_EQ(world.refusal(again), Refused(Code::duplicate, "fields.external_id"));
  EXPECT_TRUE(world.run(creation("contact", {{"name", "B"}, {"external_id", "x"}})));
  EXPECT_FALSE(world.run({creation("team", {{"name", "A"}, {"external_id", "t"}}),
                          creation("team", {{"name", "B"}, {"external_id", "t"}})}));
  world.good(on(Verb::change, "account", first, {{"external_id", "y"}}));
  const Id second = world.make("account", {{"name", "B"}, {"external_id", "x"}});
  EXPECT_EQ(world.refusal(on(Verb::change, "account", second, {{"external_id", "y"}})),
            Refused(Code::duplicate, "fields.external_id"));
  // Changing places within one batch.
  EXPECT_TRUE(world.run({on(Verb::change, "account", first, {{"external_id", nullptr}}),
                         on(Verb::change, "account", second, {{"external_id", "y"}}),
                         on(Verb::change, "account", first, {{"external_id", "x"}})}));
  EXPECT_EQ(world.keys.at("account.external_id=y"), second);
}

TEST(Decide, fillsOwnerAndCurrency) {
  World world;
  const Id member = world.make("member", {{"name", "Rep"}});
  ASSERT_TRUE(world.run(creation("account", {{"name", "A"}}), member));
  EXPECT_EQ(world.records.rbegin()->second.body.at("owner"), member);
  EXPECT_EQ(world.last().actor, member);
  const Id account = world.make("account", {{"name", "A"}});
  EXPECT_FALSE(world.body(account).contains("owner"));
  ASSERT_TRUE(world.run(creation("account", {{"name", "A"}, {"owner", member}})));
  const Id product = world.make("product", {{"name", "P"}, {"price_minor", 100}});
  EXPECT_EQ(world.body(product).at("currency"), "EUR");
  const Id other = world.make("product", {{"name", "P"}, {"price_minor", 100}, {"currency", "JPY"}});
  EXPECT_EQ(world.body(other).at("currency"), "JPY");
  EXPECT_EQ(world.refusal(creation("account", {{"name", "A"}}), 999), Refused(Code::not_found, "fields.owner"));
}

TEST(Decide, refusesWhatOnlyTheRulesSet) {
  World world;
  EXPECT_EQ(world.refusal(creation("deal", {{"name", "D"}, {"stage", 2}, {"closed_at", 5}})),
            Refused(Code::forbidden, "fields.closed_at"));
}

TEST(Settings, needAZoneThatExists) {
  World world;
  EXPECT_EQ(world.refusal(on(Verb::change, "workspace", Id{1}, {{"zone", "Europe/Berlinn"}})),
            Refused(Code::unknown, "fields.zone"));
  world.good(on(Verb::change, "workspace", Id{1}, {{"zone", "Europe/Berlin"}}));
  EXPECT_EQ(world.refusal(on(Verb::change, "workspace", Id{1}, {{"working_hours", {{"monday", "x"}}}})).first,
            Code::invalid);
  world.good(on(Verb::change, "workspace", Id{1},
                {{"working_hours", {{"monday", json::array{json::array{"09:00", "17:00"}}}}}}));
  EXPECT_EQ(world.refusal(on(Verb::remove, "workspace", Id{1})), Refused(Code::rule, "type"));
}

TEST(Tree, putsNothingAboveItself) {
  World world;
  const Id a = world.make("team", {{"name", "A"}});
  const Id b = world.make("team", {{"name", "B"}, {"parent", a}});
  const Id c = world.make("team", {{"name", "C"}, {"parent", b}});
  EXPECT_EQ(world.refusal(on(Verb::change, "team", a, {{"parent", c}})), Refused(Code::rule, "fields.parent"));
  EXPECT_EQ(world.refusal(on(Verb::change, "team", a, {{"parent", a}})), Refused(Code::rule, "fields.parent"));
  world.good(on(Verb::change, "team", c, {{"parent", a}}));
}

}  // namespace
}  // namespace traction
