#include "app/import/rehearsal.h"

namespace traction {

Rehearsal::Rehearsal(const Schema& schema, Ledger& ledger, Instant now, MetricCheck metrics)
    : schema_(schema), ledger_(ledger), now_(now), metrics_(std::move(metrics)) {
  refresh();
}

void Rehearsal::refresh() {
  reader_ = ledger_.read();
  scans_.clear();
  store_.forget();
  store_.attach(*reader_, scans_);
  if (entries_.empty() && pending_.empty()) next_ = reader_->head().seq + 1;
}

Result<Outcome> Rehearsal::apply(const Command& command) {
  auto decision = decide(schema_, *this, command, next_, now_, metrics_);
  seen_.clear();
  if (!decision) return refuse(decision);
  Outcome outcome;
  outcome.actions = std::move(decision->done);
  next_ += static_cast<Seq>(decision->entries.size());
  outcome.seq = next_ - 1;
  for (const Record& record : decision->records)
    if (schema_.type(record.type)->small)
      pending_[record.id] = {record.id,    record.type,        record.version,
                             record.state, record.merged_into, json::serialize(record.body)};
  for (Entry& entry : decision->entries)
    if (schema_.type(entry.type)->small) entries_.emplace(entry.seq, std::move(entry));
  for (KeyChange& key : decision->keys) keys_[std::move(key.key)] = key.record;
  return outcome;
}

void Rehearsal::each(const RecordType& type, const std::function<bool(const Record&)>& visit) {
  bool on = true;
  reader_->records(type.number, 0, [&](const StoredRecord& stored) {
    return on = pending_.contains(stored.id) || visit(to_record(stored));
  });
  for (auto at = pending_.begin(); on && at != pending_.end(); ++at)
    if (at->second.type == type.number) on = visit(to_record(at->second));
}

const Record* Rehearsal::find(const RecordType& type, Id id) {
  const auto pending = pending_.find(id);
  if (pending == pending_.end()) return store_.find(type, id);
  if (pending->second.type != type.number) return nullptr;
  const auto seen = seen_.find(id);
  if (seen != seen_.end()) return &seen->second;
  return &seen_.emplace(id, to_record(pending->second)).first->second;
}

Id Rehearsal::find_key(const std::string& key) {
  const auto pending = keys_.find(key);
  return pending != keys_.end() ? pending->second : store_.find_key(key);
}

std::vector<Record> Rehearsal::all(const RecordType& type) {
  std::vector<Record> live;
  each(type, [&](const Record& record) {
    if (record.state == RecordState::live) live.push_back(record);
    return true;
  });
  return live;
}

std::optional<Entry> Rehearsal::entry(Seq seq) {
  const auto pending = entries_.find(seq);
  if (pending != entries_.end()) return pending->second;
  return store_.entry(seq);
}

std::vector<Id> Rehearsal::aliases(const RecordType& type, Id id) { return store_.aliases(type, id); }

std::vector<Id> Rehearsal::naming(const RecordType& type, const Field& field, const std::vector<Id>& ids) {
  return store_.naming(type, field, ids);
}

}  // namespace traction
