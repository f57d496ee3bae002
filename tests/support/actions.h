// Short ways to write commands, and the schema as shipped, for tests of whatever takes commands. Tests only.
// Thread-safe.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "domain/command.h"
#include "schema/schema.h"

namespace traction {

inline Schema shipped_schema() {
  std::vector<DefinitionFile> files;
  for (const auto& file : std::filesystem::directory_iterator(TRACTION_SOURCE_DIR "/definitions/records")) {
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    files.push_back({file.path().filename().string(), text.str()});
  }
  return Schema::load(files).value();
}

inline Action creation(std::string type, json::object fields) {
  Action action;
  action.type = std::move(type);
  action.fields = std::move(fields);
  return action;
}

inline Action on(Verb verb, std::string type, Ref target, json::object fields = {}) {
  Action action;
  action.verb = verb;
  action.type = std::move(type);
  action.target = std::move(target);
  action.fields = std::move(fields);
  return action;
}

inline Action merging(std::string type, Ref alias, Ref kept) {
  Action action = on(Verb::merge, std::move(type), std::move(alias));
  action.into = std::move(kept);
  return action;
}

inline Action at(Action action, Instant when) {
  action.occurred_at = when;
  return action;
}

inline Command batch(std::vector<Action> actions, std::string key = "", Id actor = 0) {
  return {.idempotency_key = std::move(key), .actor = actor, .origin = 0, .actions = std::move(actions)};
}

}  // namespace traction
