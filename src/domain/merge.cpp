#include <fmt/format.h>

#include "base/fault.h"
#include "base/text.h"
#include "domain/rules.h"

namespace traction {
namespace {

// What the record that stays takes over: all it lacks, but not what is unique (the alias goes on answering to that) and
// no parent that would put it above itself.
json::object taken_over(Batch& batch, const RecordType& type, const Record& alias, const Record& kept) {
  json::object gained;
  for (const Field& field : type.fields) {
    const json::value* value = alias.body.if_contains(field.name);
    if (!value || field.unique || kept.body.contains(field.name)) continue;
    if (field.name == "parent" && is_above(batch, type, kept.id, value->get_int64())) continue;
    gained.emplace(field.name, *value);
  }
  return gained;
}

json::array names(const json::object& fields) {
  json::array result;
  for (const auto& [key, value] : fields) result.emplace_back(key);
  return result;
}

Entry last_merge(Batch& batch, const Record& alias) {
  for (Seq seq = alias.version; seq != 0;) {
    std::optional<Entry> entry = batch.entry(seq);
    if (!entry) break;
    if (entry->kind == EntryKind::merged) return std::move(*entry);
    seq = entry->previous;
  }
  throw Fault(Fault::Kind::damaged, fmt::format("record {} is merged, but no entry says so", alias.id));
}

}  // namespace

Result<Seq> merge(Batch& batch, const RecordType& type, const Record& alias, const Record& kept,
                  std::optional<Instant> occurred_at) {
  if (!allows(Verb::merge, type)) return refuse(Code::rule, "type", "Only accounts and contacts can be merged.");
  if (alias.id == kept.id)
    return refuse(Code::rule, "into", fmt::format("{} {} cannot be merged into itself.", type.label, kept.id));
  if (const auto live = must_be_live(type, alias, "target"); !live) return refuse(live);
  if (const auto live = must_be_live(type, kept, "into"); !live) return refuse(live);
  if (is_above(batch, type, alias.id, kept.id))
    return refuse(Code::rule, "into",
                  fmt::format("{} {} stands below {}. Merge the other way round, or clear its parent first.",
                              type.label, kept.id, alias.id));

  const Id kept_id = kept.id;
  const json::object gained = taken_over(batch, type, alias, kept);
  json::object note{{"into", kept_id}};
  if (!gained.empty()) note["gave"] = names(gained);
  const Seq version = batch.noted(EntryKind::merged, type, alias.id, json::serialize(note), occurred_at);
  if (!gained.empty()) batch.changed(type, kept_id, gained, occurred_at);
  return version;
}

Result<Seq> unmerge(Batch& batch, const RecordType& type, const Record& alias, std::optional<Instant> occurred_at) {
  if (alias.state != RecordState::merged)
    return refuse(Code::rule, "target", fmt::format("{} {} is not merged into another.", type.label, alias.id));
  const Record* kept = batch.find(type, alias.merged_into);
  if (!kept) throw Fault(Fault::Kind::damaged, "a merged record leads nowhere");
  // Its values may have gone further up by the second merge; taking them back here would leave them there.
  if (kept->state == RecordState::merged)
    return refuse(Code::rule, "target",
                  fmt::format("{} {} was itself merged into {} later. Undo that first.", type.label, kept->id,
                              kept->merged_into));
  if (const json::value* parent = alias.body.if_contains("parent");
      parent && parent->is_int64() && is_above(batch, type, alias.id, parent->get_int64(), alias.id))
    return refuse(Code::rule, "target",
                  fmt::format("{} {} would stand above itself. Clear the parent of what is above it first.", type.label,
                              alias.id));

  json::object taken_back;
  const json::object note = parse_stored(last_merge(batch, alias).plain);
  if (const json::value* gave = note.if_contains("gave"))
    for (const json::value& given : gave->as_array()) {
      const json::value* value = kept->body.if_contains(given.get_string());
      const json::value* own = alias.body.if_contains(given.get_string());
      // What was edited since the merge is no longer what the alias gave.
      if (value && own && *value == *own) taken_back.emplace(given.get_string(), nullptr);
    }
  const Id kept_id = kept->id;
  json::object taken;
  if (!taken_back.empty()) taken["took"] = names(taken_back);
  const Seq version = batch.noted(EntryKind::unmerged, type, alias.id, json::serialize(taken), occurred_at);
  if (!taken_back.empty()) batch.changed(type, kept_id, taken_back, occurred_at);
  return version;
}

}  // namespace traction
