// Any history of commands, sensible or not: every record stays the fold of its entries and holds its keys (World checks
// both after each command), a refused command leaves nothing, and undoing every merge gives back what was.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support/world.h"

namespace traction {
namespace {

Id any_id(const World& world) { return *rc::gen::inRange<Id>(0, static_cast<Id>(world.entries.size()) + 3); }

json::value any_text() { return *rc::gen::element<json::value>(nullptr, "a", "b", "c"); }

Action any_action(const World& world) {
  const std::string type =
      *rc::gen::element<std::string>("account", "contact", "deal", "activity", "stage", "pipeline");
  json::object fields;
  const auto maybe = [&](std::string_view name, const auto& value) {
    if (*rc::gen::inRange(0, 3) == 0) fields[name] = value();
  };
  const auto id = [&] { return json::value(any_id(world)); };
  if (type != "activity") fields["name"] = "n";
  if (type == "activity") fields["kind"] = "call";
  if (type == "deal") fields["stage"] = *rc::gen::inRange<Id>(3, 9);
  if (type == "stage") fields = {{"name", "n"}, {"kind", "open"}, {"pipeline", any_id(world)}, {"position", 1}};
  if (type != "stage") maybe("external_id", any_text);
  if (type == "account") maybe("parent", id), maybe("sector", any_text);
  if (type == "contact") maybe("account", id), maybe("email", any_text), maybe("phone", any_text);
  if (type == "deal") maybe("contact", id), maybe("lost_reason", [] { return json::value("price"); });
  if (type == "activity") maybe("contact", id), maybe("deal", id), maybe("note", any_text);
  const auto verb = *rc::gen::weightedElement<Verb>({{6, Verb::create},
                                                     {6, Verb::change},
                                                     {2, Verb::remove},
                                                     {2, Verb::restore},
                                                     {3, Verb::merge},
                                                     {2, Verb::unmerge},
                                                     {1, Verb::erase}});
  Action action = on(verb, type, any_id(world), std::move(fields));
  action.into = any_id(world);
  if (*rc::gen::inRange(0, 4) == 0) action.target = NewRef{0};
  return action;
}

void begin(World& world) {
  world.make("pipeline", {{"name", "P"}});
  int position = 0;
  for (const char* kind : {"lead", "qualified", "open", "won", "lost", "after"})
    world.make("stage", {{"pipeline", 2}, {"name", kind}, {"kind", kind}, {"position", ++position}});
  for (int i = 0; i < 2; ++i) {
    world.make("account", {{"name", "A"}});
    world.make("contact", {{"name", "C"}});
  }
}

TEST(History, isAlwaysTheFoldOfItsEntries) {
  EXPECT_TRUE(rc::check([] {
    World world;
    begin(world);
    for (int step = 0; step < 40; ++step) {
      std::vector<Action> actions;
      for (int i = *rc::gen::inRange(1, 4); i > 0; --i) actions.push_back(any_action(world));
      const std::size_t before = world.entries.size();
      if (!world.run(actions)) RC_ASSERT(world.entries.size() == before);
      RC_ASSERT(!testing::Test::HasFailure());
    }
  }));
}

TEST(History, losesNothingByMerging) {
  EXPECT_TRUE(rc::check([] {
    World world;
    std::vector<Id> ids;
    for (int i = 0; i < 6; ++i) {
      json::object fields{{"name", "C"}};
      for (const char* name : {"email", "phone", "title"})
        if (json::value value = any_text(); !value.is_null()) fields[name] = std::move(value);
      ids.push_back(world.make("contact", std::move(fields)));
    }
    std::map<Id, json::object> before;
    for (const Id id : ids) before[id] = world.body(id);
    std::vector<Id> merged;
    for (int i = 0; i < 8; ++i) {
      const Id alias = *rc::gen::elementOf(ids);
      if (world.run(merging("contact", alias, *rc::gen::elementOf(ids)))) merged.push_back(alias);
    }
    for (auto alias = merged.rbegin(); alias != merged.rend(); ++alias) {
      RC_ASSERT(world.run(on(Verb::unmerge, "contact", *alias)).has_value());
    }
    for (const Id id : ids) RC_ASSERT(world.body(id) == before[id]);
  }));
}

}  // namespace
}  // namespace traction
