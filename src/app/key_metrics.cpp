#include "app/key_metrics.h"

#include <fmt/format.h>

#include "base/text.h"

namespace traction {
namespace {

constexpr int kDeepestTeams = 1'000;  // rules refuse circles, so that this ends a damaged one

Id reference(const json::object& body, std::string_view field) {
  const json::value* value = body.if_contains(field);
  return value && value->is_int64() ? value->get_int64() : 0;
}

}  // namespace

Result<KeyMetrics> key_metrics(Reader& reader, const Schema& schema, const Catalogue& catalogue, Id member, Id team) {
  // The record's own choice; its body for the way up.
  const auto look = [&](const char* type, Id id, KeyMetrics& into) -> Result<json::object> {
    const auto stored = reader.record(schema.need(type).number, id);
    if (!stored) return refuse(Code::not_found, type, fmt::format("There is no {} {}.", type, id));
    json::object body = parse_stored(stored->body);
    if (const json::value* chosen = body.if_contains("key_metrics"); chosen && into.from.empty()) {
      for (const std::string& name : split(std::string_view(chosen->get_string()), ','))
        if (catalogue.find(name)) into.names.push_back(name);
      into.from = type;
      into.record = id;
    }
    return body;
  };
  KeyMetrics key;
  if (member != 0) {
    const auto body = look("member", member, key);
    if (!body) return refuse(body);
    team = reference(*body, "team");
  }
  for (int steps = 0; team != 0 && key.from.empty() && steps < kDeepestTeams; ++steps) {
    const auto body = look("team", team, key);
    if (!body) return refuse(body);
    team = reference(*body, "parent");
  }
  if (!key.from.empty()) return key;
  const auto settings = reader.newest(schema.need("workspace").number, INT64_MAX, 1);
  if (settings.empty()) return refuse(Code::not_found, "workspace", "The workspace has no settings yet.");
  if (const auto body = look("workspace", settings.front().id, key); !body) return refuse(body);
  key.from = "workspace";
  key.record = settings.front().id;
  return key;
}

json::object to_json(const KeyMetrics& key) {
  return {{"metrics", json::array(key.names.begin(), key.names.end())}, {"from", key.from}, {"record", key.record}};
}

}  // namespace traction
