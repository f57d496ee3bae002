// Command: what somebody asks for. A batch of actions that happens wholly or not at all; an idempotency key makes
// asking twice safe. Plain values: decide.h says what they come to, app/writer.h carries them out. Thread-safe as
// values.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "base/json.h"
#include "domain/entry.h"

namespace traction {

// How an action names a record: its id, the client_ref it was created with, or its place among the records created
// earlier in the same batch ({"new": 2}).
struct NewRef {
  std::size_t index = 0;  // 0 = first creation of the batch
};
using Ref = std::variant<Id, std::string, NewRef>;

enum class Verb { create, change, remove, restore, merge, unmerge, erase };

std::string_view name(Verb verb);

struct Action {
  Verb verb = Verb::create;
  std::string type;                       // record type
  Ref target = Id{0};                     // not for create
  Ref into = Id{0};                       // for merge: the record that stays
  std::optional<Seq> expected_version;    // refused (stale) when the record has moved on
  std::optional<std::string> client_ref;  // for create: a name the client gave it, unique in the workspace
  json::object
      fields;  // for create and change; in a reference field an object {"new": n} or {"ref": "…"} stands for a Ref
  std::optional<Instant> occurred_at;  // default: now
  bool occurred_unknown = false;       // the entry's occurred_at stays empty
};

struct Command {
  std::string idempotency_key;  // "" = none; the same key and request within 24 h is answered again, not done again
  Id actor = 0;
  Id origin = 0;
  std::vector<Action> actions;
};

// The digestable form of everything a client sent: two commands are the same request when these bytes are equal.
std::string canonical(const Command& command);

}  // namespace traction
