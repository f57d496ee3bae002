#include "domain/batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/fault.h"

namespace traction {
namespace {

// An empty part is "{}" in plain, which every entry has, and "" in personal, which needs no salt then.
void serialize_into(Entry& entry, const SplitBody& fields) {
  if (!fields.plain.empty()) entry.plain = json::serialize(fields.plain);
  if (!fields.personal.empty()) entry.personal = json::serialize(fields.personal);
}

}  // namespace

Batch::Batch(const Schema& schema, Records& records, const Command& command, Seq next, Instant now,
             const MetricCheck& metrics)
    : schema_(schema), records_(records), command_(command), next_(next), now_(now), metrics_(metrics) {
  decision_.entries.reserve(command.actions.size());
  decision_.done.reserve(command.actions.size());
}

MetricsHeld Batch::metrics(std::span<const json::object> own) const {
  if (metrics_) return metrics_(schema(), own);
  MetricsHeld none;
  for (const json::object& body : own)
    none.wrong.emplace(std::string_view(body.at("name").get_string()),
                       Refusal{Code::rule, "", "Metrics cannot be defined here."});
  return none;
}

const Record* Batch::find(const RecordType& type, Id id) {
  if (const auto place = places_.find(id); place != places_.end()) {
    const Record& record = touched_[place->second].record;
    return record.type == type.number ? &record : nullptr;
  }
  return id > 0 && id < next_ ? records_.find(type, id) : nullptr;
}

const Record& Batch::root(const RecordType& type, const Record& record) {
  const Record* at = &record;
  // Merging refuses what would close a circle, so this ends; a ledger that says otherwise is damaged.
  for (int steps = 0; at->state == RecordState::merged; ++steps) {
    const Record* into = find(type, at->merged_into);
    if (!into || steps > 100'000) throw Fault(Fault::Kind::damaged, "a merged record leads nowhere");
    at = into;
  }
  return *at;
}

Seq Batch::version_before(const Record& record) const {
  const auto place = places_.find(record.id);
  return place == places_.end() ? record.version : touched_[place->second].version_before;
}

std::vector<Record> Batch::all(const RecordType& type) {
  std::vector<Record> live;
  if (next_ > 1) live = records_.all(type);
  std::erase_if(live, [&](const Record& record) { return places_.contains(record.id); });
  for (const Touched& touched : touched_)
    if (touched.record.type == type.number && touched.record.state == RecordState::live) live.push_back(touched.record);
  std::ranges::sort(live, {}, &Record::id);
  return live;
}

std::optional<Entry> Batch::entry(Seq seq) {
  return seq < next_ ? records_.entry(seq) : decision_.entries.at(static_cast<std::size_t>(seq - next_));
}

std::vector<Entry> Batch::history(const Record& record) {
  std::vector<Entry> entries;
  for (Seq seq = record.version; seq != 0; seq = entries.back().previous) {
    std::optional<Entry> found = entry(seq);
    if (!found || found->record != record.id)
      throw Fault(Fault::Kind::damaged, fmt::format("the history of record {} breaks off at {}", record.id, seq));
    entries.push_back(std::move(*found));
  }
  std::ranges::reverse(entries);
  return entries;
}

std::vector<Id> Batch::aliases(const RecordType& type, Id id) {
  std::vector<Id> found;
  if (id < next_) found = records_.aliases(type, id);
  std::erase_if(found, [&](Id alias) { return places_.contains(alias); });
  for (const Touched& touched : touched_)
    if (touched.record.type == type.number && touched.record.merged_into == id) found.push_back(touched.record.id);
  return found;
}

std::vector<Id> Batch::naming(const RecordType& type, const Field& field, const std::vector<Id>& ids) {
  std::vector<Id> found = records_.naming(type, field, ids);
  for (const Entry& made : decision_.entries) {
    if (made.type != type.number || (made.kind != EntryKind::created && made.kind != EntryKind::changed)) continue;
    const json::object fields = parse_stored(field.personal ? made.personal.value_or("{}") : made.plain);
    const json::value* named = fields.if_contains(field.name);
    if (named && named->is_int64() && std::ranges::find(ids, named->get_int64()) != ids.end())
      found.push_back(made.record);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

Id Batch::find_key(const std::string& key) {
  const auto own = keys_.find(key);
  return own != keys_.end() ? own->second : records_.find_key(key);
}

Result<Id> Batch::resolve(const Ref& ref, const std::string& field) {
  if (const Id* id = std::get_if<Id>(&ref)) {
    if (*id <= 0) return refuse(Code::required, field, "Which record is meant? Give its id.");
    return *id;
  }
  if (const NewRef* made = std::get_if<NewRef>(&ref)) {
    if (made->index >= created_.size())
      return refuse(Code::invalid, field,
                    fmt::format("{{\"new\": {}}} names no record created earlier in this request; {} so far.",
                                made->index, created_.size()));
    return created_[made->index];
  }
  const std::string& client_ref = std::get<std::string>(ref);
  const Id id = find_key(client_ref_key(client_ref));
  if (id == 0)
    return refuse(Code::not_found, field, fmt::format("No record was created with the reference \"{}\".", client_ref));
  return id;
}

Entry& Batch::append(EntryKind kind, const RecordType& type, Id id, Seq previous, std::optional<Instant> occurred_at) {
  Entry entry;
  entry.seq = next();
  entry.kind = kind;
  entry.type = type.number;
  entry.record = id == 0 ? entry.seq : id;
  entry.previous = previous;
  entry.occurred_at = occurred_at;
  entry.actor = command_.actor;
  entry.origin = command_.origin;
  return decision_.entries.emplace_back(std::move(entry));
}

Batch::Touched& Batch::touch(const RecordType& type, Id id) {
  if (const auto place = places_.find(id); place != places_.end()) return touched_[place->second];
  const Record* record = records_.find(type, id);
  CHECK(record != nullptr);
  places_.emplace(id, touched_.size());
  return touched_.emplace_back(Touched{*record, record->version});
}

Seq Batch::created(const RecordType& type, const json::object& fields, std::optional<Instant> occurred_at) {
  Entry& entry = append(EntryKind::created, type, 0, 0, occurred_at);
  SplitBody split = split_personal(type, fields);
  serialize_into(entry, split);
  Record record{.id = entry.seq, .type = type.number, .version = entry.seq, .body = std::move(split.plain)};
  fold(record.body, split.personal);
  places_.emplace(entry.seq, touched_.size());
  touched_.push_back({std::move(record), entry.seq});
  created_.push_back(entry.seq);
  return entry.seq;
}

Seq Batch::changed(const RecordType& type, Id id, const json::object& fields, std::optional<Instant> occurred_at) {
  Record& record = touch(type, id).record;
  Entry& entry = append(EntryKind::changed, type, id, record.version, occurred_at);
  const SplitBody split = split_personal(type, fields);
  serialize_into(entry, split);
  fold(record.body, split.plain);
  fold(record.body, split.personal);
  return record.version = entry.seq;
}

Seq Batch::noted(EntryKind kind, const RecordType& type, Id id, std::string plain, std::optional<Instant> occurred_at) {
  Record& record = touch(type, id).record;
  Entry& entry = append(kind, type, id, record.version, occurred_at);
  entry.plain = std::move(plain);
  apply(record, entry);
  return entry.seq;
}

Result<void> Batch::take_key(const std::string& key, Id id) {
  const Id holder = find_key(key);
  if (holder != 0 && holder != id) {
    const std::size_t equals = key.find('=');
    const std::size_t dot = key.find('.');
    const bool client_ref = dot > equals;
    return refuse(Code::duplicate, client_ref ? "client_ref" : "fields." + key.substr(dot + 1, equals - dot - 1),
                  fmt::format("\"{}\" is already that of record {}.", key.substr(equals + 1, 200), holder));
  }
  keys_[key] = id;
  return {};
}

void Batch::give_up_key(const std::string& key, Id id) {
  if (find_key(key) == id) keys_[key] = 0;
}

void Batch::forget(const RecordType& type, Id id, std::optional<Seq> only) {
  Record& record = touch(type, id).record;
  std::vector<Seq>& erased = decision_.erased;
  json::object body;
  for (const Entry& past : history(record)) {
    if (past.kind != EntryKind::created && past.kind != EntryKind::changed) continue;
    fold(body, parse_stored(past.plain));
    if (!past.personal || past.personal->empty() || std::ranges::find(erased, past.seq) != erased.end()) continue;
    if (!only || only == past.seq)
      erased.push_back(past.seq);
    else
      fold(body, parse_stored(*past.personal));
  }
  record.body = std::move(body);
}

Decision Batch::finish() {
  decision_.records.reserve(touched_.size());
  for (Touched& touched : touched_) decision_.records.push_back(std::move(touched.record));
  decision_.keys.reserve(keys_.size());
  for (auto& [key, id] : keys_) decision_.keys.push_back({key, id});
  return std::move(decision_);
}

}  // namespace traction
