#include "app/erase.h"

#include <algorithm>

#include "ledger/chain.h"

namespace traction {
namespace {

Control::Erasure listing(Reader& reader, const Workspace& workspace, const std::string& type, Id id, Instant now) {
  const auto created = reader.entry(id);
  return {workspace.name(), type, id, created ? to_hex(created->hash) : "", now, false};
}

// Erases in the ledger, and lists it. What the mart's file still knows is the caller's.
Result<Outcome> erase_listed(Control& control, Workspace& workspace, const std::string& type, Id id, Id actor,
                             const std::string& key = "") {
  const Instant now = workspace.clock().now();
  const Seq before = workspace.ledger().read()->head().seq;
  const auto asked = listing(*workspace.ledger().read(), workspace, type, id, now);
  // Listed before it is done: forgotten is never less than what was asked for, whenever the power goes.
  const bool listed = control.add_erasure(asked);
  Command command;
  command.idempotency_key = key;
  command.actor = actor;
  Action& action = command.actions.emplace_back();
  action.verb = Verb::erase;
  action.type = type;
  action.target = id;
  auto outcome = workspace.execute(std::move(command));
  if (!outcome) {
    if (listed) control.remove_erasure(asked);
    return outcome;
  }
  // What had been merged into the record was erased with it; in an older backup it may still stand alone.
  const auto reader = workspace.ledger().read();
  const auto schema = workspace.schema();
  reader->entries(before, outcome->seq, [&](const StoredEntry& stored) {
    if (stored.entry.kind == EntryKind::erased)
      control.add_erasure(listing(*reader, workspace, schema->type(stored.entry.type)->name, stored.entry.record, now));
    return true;
  });
  return outcome;
}

}  // namespace

Result<Outcome> erase(Directory& directory, Workspace& workspace, const std::string& type, Id id, Id actor,
                      const std::string& key) {
  auto outcome = erase_listed(directory.control(), workspace, type, id, actor, key);
  if (!outcome) return outcome;
  workspace.fresh_mart();  // which makes a new file: DuckDB keeps deleted text in the old one
  directory.control().erased(workspace.name());
  return outcome;
}

Result<std::int64_t> reapply_erasures(Directory& directory, Workspace& workspace,
                                      const std::vector<Control::Erasure>& erasures) {
  const std::vector<Control::Erasure> known = directory.control().erasures();
  const auto is_done = [&](const Control::Erasure& asked) {
    return std::ranges::any_of(known, [&](const Control::Erasure& each) {
      return each.created_hash == asked.created_hash && each.workspace == asked.workspace && each.finished &&
             each.asked_at >= asked.asked_at;
    });
  };
  std::int64_t done = 0;
  for (const Control::Erasure& each : erasures) {
    if (each.workspace != workspace.name() || is_done(each)) continue;
    directory.control().add_erasure(each);
    const auto schema = workspace.schema();
    const RecordType* type = schema->type(each.type);
    const auto created = workspace.ledger().read()->entry(each.record);
    if (!type || !created || to_hex(created->hash) != each.created_hash) continue;
    const auto erased = erase_listed(directory.control(), workspace, each.type, each.record, 0);
    if (!erased) return refuse(erased);
    ++done;
  }
  directory.control().erased(workspace.name());
  return done;
}

}  // namespace traction
