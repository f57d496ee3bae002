#include "domain/command.h"

#include <gtest/gtest.h>

#include <set>

namespace traction {
namespace {

Command command() {
  Command result;
  result.idempotency_key = "k";
  result.actor = 4;
  Action& action = result.actions.emplace_back();
  action.type = "deal";
  action.fields = {{"name", "A"}, {"stage", 3}, {"tags", {1, json::object{{"x", 1}, {"y", 2}}}}};
  return result;
}

TEST(Canonical, doesNotMindTheKeyNorTheOrderOfFields) {
  Command other = command();
  other.idempotency_key = "another";
  other.actions[0].fields = {{"tags", {1, json::object{{"y", 2}, {"x", 1}}}}, {"stage", 3}, {"name", "A"}};
  EXPECT_EQ(canonical(command()), canonical(other));
}

TEST(Canonical, tellsEverythingElseApart) {
  std::set<std::string> seen{canonical(command())};
  const auto differs = [&](auto&& change) {
    Command other = command();
    change(other);
    EXPECT_TRUE(seen.insert(canonical(other)).second) << canonical(other);
  };
  differs([](Command& c) { c.actor = 5; });
  differs([](Command& c) { c.origin = 5; });
  differs([](Command& c) { c.actions.push_back(c.actions[0]); });
  differs([](Command& c) { c.actions[0].verb = Verb::change; });
  differs([](Command& c) { c.actions[0].type = "lead"; });
  differs([](Command& c) { c.actions[0].target = Id{1}; });
  differs([](Command& c) { c.actions[0].target = NewRef{1}; });
  differs([](Command& c) { c.actions[0].target = std::string("1"); });
  differs([](Command& c) { c.actions[0].into = Id{1}; });
  differs([](Command& c) { c.actions[0].expected_version = 1; });
  differs([](Command& c) { c.actions[0].client_ref = "1"; });
  differs([](Command& c) { c.actions[0].client_ref = "1 at ?"; });
  differs([](Command& c) { c.actions[0].occurred_at = Instant{1}; });
  differs([](Command& c) { c.actions[0].occurred_unknown = true; });
  differs([](Command& c) { c.actions[0].fields["name"] = "B"; });
  differs([](Command& c) { c.actions[0].fields["name"] = nullptr; });
  differs([](Command& c) { c.actions[0].fields["stage"] = "3"; });
  differs([](Command& c) { c.actions[0].fields.erase("name"); });
}

}  // namespace
}  // namespace traction
