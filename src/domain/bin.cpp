#include <fmt/format.h>

#include "base/fault.h"
#include "base/text.h"
#include "domain/rules.h"

namespace traction {
namespace {

Instant deleted_at(Batch& batch, const Record& record) {
  for (Seq seq = record.version; seq != 0;) {
    const std::optional<Entry> entry = batch.entry(seq);
    if (!entry) break;
    // An entry of this very command has no recorded_at yet: it is now.
    if (entry->kind == EntryKind::deleted) return entry->recorded_at.micros ? entry->recorded_at : batch.now();
    seq = entry->previous;
  }
  throw Fault(Fault::Kind::damaged, fmt::format("record {} is deleted, but no entry says so", record.id));
}

}  // namespace

Result<Seq> remove(Batch& batch, const RecordType& type, const Record& record, std::optional<Instant> occurred_at) {
  if (!allows(Verb::remove, type))
    return refuse(Code::rule, "type",
                  fmt::format("{} cannot be removed: what was recorded depends on it.", type.label));
  if (const auto live = must_be_live(type, record, "target"); !live) return refuse(live);
  Result<void> allowed;
  if (type.name == "stage") allowed = stage_removal_rules(batch, record);
  if (type.name == "pipeline") allowed = pipeline_removal_rules(batch, record);
  if (!allowed) return refuse(allowed);
  for (const std::string& key : held_keys(type, record)) batch.give_up_key(key, record.id);
  return batch.noted(EntryKind::deleted, type, record.id, "{}", occurred_at);
}

Result<Seq> restore(Batch& batch, const RecordType& type, const Record& record, std::optional<Instant> occurred_at) {
  if (record.state != RecordState::deleted)
    return refuse(Code::rule, "target", fmt::format("{} {} is not in the bin.", type.label, record.id));
  if (batch.now().micros - deleted_at(batch, record).micros > kBinDays * kDay)
    return refuse(Code::rule, "target",
                  fmt::format("{} {} was removed more than {} days ago and can no longer be restored.", type.label,
                              record.id, kBinDays));
  for (const Field& field : type.fields) {
    const json::value* value = field.required ? record.body.if_contains(field.name) : nullptr;
    if (!value || field.type != FieldType::reference) continue;
    if (const auto found = usable(batch, field.references, value->get_int64(), "target"); !found) return refuse(found);
  }
  for (const std::string& key : unique_keys(type, record.body))
    if (auto taken = batch.take_key(key, record.id); !taken) {
      taken.error().sentence += " Change that one before you restore this one.";
      return refuse(taken);
    }
  return batch.noted(EntryKind::restored, type, record.id, "{}", occurred_at);
}

}  // namespace traction
