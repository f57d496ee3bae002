// World: the plainest ledger there is, for the tests of the rules. It keeps entries and checks after every command that
// each record decide() answers with is the fold of its entries. Tests only. Not thread-safe.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "domain/decide.h"
#include "support/actions.h"

namespace traction {

class World : public Records {
 public:
  static constexpr Instant kStart{1'700'000'000 * kSecond};

  Instant now = kStart;
  Schema schema = shipped_schema();
  std::vector<Entry> entries;
  std::map<Id, Record> records;
  std::map<std::string, Id> keys;

  // An empty world; with `begun` it has its settings.
  explicit World(bool begun = true) {
    if (begun) make("workspace", {{"name", "Test"}, {"currency", "EUR"}});
  }

  Result<Decision> run(Command command) {
    const Seq next = static_cast<Seq>(entries.size()) + 1;
    Result<Decision> decision = decide(schema, *this, command, next, now);
    if (decision) take_over(*decision);
    return decision;
  }
  Result<Decision> run(Action action, Id actor = 0) {
    Command command;
    command.actor = actor;
    command.actions.push_back(std::move(action));
    return run(std::move(command));
  }
  Result<Decision> run(std::vector<Action> actions) {
    Command command;
    command.actions = std::move(actions);
    return run(std::move(command));
  }

  // A creation that must succeed.
  Id make(const std::string& type, json::object fields) {
    const auto decision = run(creation(type, std::move(fields)));
    EXPECT_TRUE(decision) << to_string(decision.error());
    return decision ? decision->done.front().record : 0;
  }
  // An action that must succeed; its version.
  Seq good(Action action) {
    const auto decision = run(std::move(action));
    EXPECT_TRUE(decision) << to_string(decision.error());
    return decision ? decision->done.front().version : 0;
  }
  // An action that must be refused; the code and the place within the first action.
  std::pair<Code, std::string> refusal(Action action, Id actor = 0) {
    const std::size_t before = entries.size();
    const auto decision = run(std::move(action), actor);
    EXPECT_FALSE(decision);
    EXPECT_EQ(entries.size(), before);
    if (decision) return {};
    EXPECT_FALSE(decision.error().sentence.empty());
    EXPECT_TRUE(decision.error().field.starts_with("actions[0].")) << decision.error().field;
    return {decision.error().code,
            decision.error().field.substr(std::min<std::size_t>(11, decision.error().field.size()))};
  }

  const json::object& body(Id id) const { return records.at(id).body; }
  const Entry& last() const { return entries.back(); }

  const Record* find(const RecordType& type, Id id) override {
    const auto found = records.find(id);
    return found != records.end() && found->second.type == type.number ? &found->second : nullptr;
  }
  Id find_key(const std::string& key) override { return keys.contains(key) ? keys.at(key) : 0; }
  std::vector<Record> all(const RecordType& type) override {
    std::vector<Record> live;
    for (const auto& [id, record] : records)
      if (record.type == type.number && record.state == RecordState::live) live.push_back(record);
    return live;
  }
  std::optional<Entry> entry(Seq seq) override { return entries.at(static_cast<std::size_t>(seq - 1)); }
  std::vector<Id> aliases(const RecordType& type, Id id) override {
    std::vector<Id> found;
    for (const auto& [other, record] : records)
      if (record.type == type.number && record.merged_into == id) found.push_back(other);
    return found;
  }
  std::vector<Id> naming(const RecordType& type, const Field& field, const std::vector<Id>& ids) override {
    std::vector<Id> found;
    for (const Entry& entry : entries) {
      if (entry.type != type.number) continue;
      const json::object fields = parse_stored(entry.plain);
      const json::value* value = fields.if_contains(field.name);
      if (value && value->is_int64() && std::ranges::find(ids, value->get_int64()) != ids.end())
        found.push_back(entry.record);
    }
    return found;
  }

  // The record as its entries tell.
  Record folded(Id id) {
    Record record;
    for (const Entry& entry : entries)
      if (entry.record == id) apply(record, entry);
    return record;
  }

 private:
  void take_over(Decision& decision) {
    for (Entry& entry : decision.entries) {
      EXPECT_EQ(entry.seq, static_cast<Seq>(entries.size()) + 1);
      EXPECT_EQ(entry.previous, entry.kind == EntryKind::created ? 0 : folded(entry.record).version);
      entry.recorded_at = now;
      entries.push_back(entry);
    }
    for (const Seq seq : decision.erased) {
      Entry& entry = entries.at(static_cast<std::size_t>(seq - 1));
      EXPECT_TRUE(entry.personal && !entry.personal->empty());
      entry.personal.reset();
    }
    for (const KeyChange& change : decision.keys) {
      if (change.record == 0)
        keys.erase(change.key);
      else
        keys[change.key] = change.record;
    }
    for (const Record& record : decision.records) records[record.id] = record;
    check();
  }

  // Every record, not only those answered with: what was forgotten in the answer shows too.
  void check() {
    std::map<std::string, Id> held;
    for (const auto& [key, id] : keys)
      if (key.starts_with("ref=")) held.emplace(key, id);
    for (const auto& [id, record] : records) {
      const Record fold = folded(id);
      EXPECT_EQ(json::serialize(fold.body), json::serialize(record.body)) << id;
      EXPECT_EQ(fold.version, record.version) << id;
      EXPECT_EQ(fold.state, record.state) << id;
      EXPECT_EQ(fold.merged_into, record.merged_into) << id;
      for (const std::string& key : held_keys(*schema.type(record.type), record))
        EXPECT_TRUE(held.emplace(key, id).second);
    }
    EXPECT_EQ(held, keys);
  }
};

using Refused = std::pair<Code, std::string>;

}  // namespace traction
