#include "app/store_records.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace traction {
namespace {

constexpr std::size_t kMostCached = 50'000;
constexpr std::size_t kLetGo = 10;

}  // namespace

Record to_record(const StoredRecord& stored) {
  return {stored.id, stored.type, stored.version, stored.state, stored.merged_into, parse_stored(stored.body)};
}

void StoreRecords::attach(Reader& reader, Scans& scans) {
  reader_ = &reader;
  scans_ = &scans;
  // With every command a few more than the last one added, the longest known first: letting go of all at once takes as
  // long as twenty commits.
  for (std::size_t most = order_.size() - kept_ + kLetGo; most > 0 && order_.size() > kMostCached; --most) {
    cache_.erase(order_.front());
    order_.pop_front();
  }
  kept_ = order_.size();
}

void StoreRecords::forget() {
  cache_.clear();
  order_.clear();
  kept_ = 0;
}

void StoreRecords::update(const RecordType& type, Record record) {
  // Activities come by the million and are hardly ever named again.
  const Id id = record.id;
  if (type.small) {
    if (cache_.insert_or_assign(id, std::move(record)).second) order_.push_back(id);
  } else if (const auto cached = cache_.find(id); cached != cache_.end()) {
    cached->second = std::move(record);
  }
}

const Record* StoreRecords::find(const RecordType& type, Id id) {
  auto cached = cache_.find(id);
  if (cached == cache_.end()) {
    const auto stored = reader_->record(type.number, id);
    if (!stored) return nullptr;
    cached = cache_.emplace(id, to_record(*stored)).first;
    order_.push_back(id);
  }
  return cached->second.type == type.number ? &cached->second : nullptr;
}

Id StoreRecords::find_key(const std::string& key) { return reader_->key(key); }

std::vector<Record> StoreRecords::all(const RecordType& type) {
  std::vector<Record> live;
  reader_->records(type.number, 0, [&](const StoredRecord& stored) {
    if (stored.state == RecordState::live) live.push_back(to_record(stored));
    return true;
  });
  return live;
}

std::optional<Entry> StoreRecords::entry(Seq seq) {
  auto stored = reader_->entry(seq);
  return stored ? std::optional(std::move(stored->entry)) : std::nullopt;
}

const std::set<Id>& StoreRecords::scan(const std::string& question, std::int32_t type,
                                       const std::function<bool(const Entry&)>& meant) {
  Scan& scan = (*scans_)[question];
  const Seq head = reader_->head().seq;
  reader_->entries(scan.upto, head, [&](const StoredEntry& stored) {
    if (stored.entry.type == type && meant(stored.entry)) scan.found.insert(stored.entry.record);
    return true;
  });
  scan.upto = head;
  return scan.found;
}

std::vector<Id> StoreRecords::aliases(const RecordType& type, Id id) {
  const auto& merged = scan(fmt::format("aliases of {} {}", type.number, id), type.number, [&](const Entry& entry) {
    return entry.kind == EntryKind::merged && parse_stored(entry.plain).at("into") == id;
  });
  std::vector<Id> aliases;
  for (const Id alias : merged)
    if (const Record* record = find(type, alias); record && record->merged_into == id) aliases.push_back(alias);
  return aliases;
}

std::vector<Id> StoreRecords::naming(const RecordType& type, const Field& field, const std::vector<Id>& ids) {
  const std::string key = fmt::format("\"{}\":", field.name);
  const auto& named = scan(
      fmt::format("{}.{} of {}", type.number, field.name, fmt::join(ids, ",")), type.number, [&](const Entry& entry) {
        if (entry.kind != EntryKind::created && entry.kind != EntryKind::changed) return false;
        const std::string& part = field.personal && entry.personal ? *entry.personal : entry.plain;
        if (part.find(key) == std::string::npos) return false;
        const json::object fields = parse_stored(part);
        const json::value* value = fields.if_contains(field.name);
        return value && value->is_int64() && std::ranges::find(ids, value->get_int64()) != ids.end();
      });
  return {named.begin(), named.end()};
}

}  // namespace traction
