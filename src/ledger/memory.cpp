#include "ledger/memory.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "base/check.h"
#include "base/fault.h"
#include "base/fold.h"
#include "ledger/body.h"

namespace traction {
namespace {

using Stamp = std::int64_t;  // number of a commit: 1, 2, 3 …

// Values by key, each with all that it ever was.
template <class Key, class Value>
class Versions {
 public:
  using Map = std::map<Key, std::vector<std::pair<Stamp, Value>>, std::less<>>;

  // What a snapshot sees of a key's values; null when nothing.
  static const Value* seen(const typename Map::mapped_type& values, Stamp stamp) {
    for (auto value = values.rbegin(); value != values.rend(); ++value)
      if (value->first <= stamp) return &value->second;
    return nullptr;
  }
  template <class K>
  const Value* find(const K& key, Stamp stamp) const {
    const auto place = map_.find(key);
    return place == map_.end() ? nullptr : seen(place->second, stamp);
  }
  void put(const Key& key, Stamp stamp, Value value) {
    auto& values = map_[key];
    if (!values.empty() && values.back().first == stamp)
      values.back().second = std::move(value);
    else
      values.emplace_back(stamp, std::move(value));
  }
  // Takes back what a transaction put that was not committed.
  void undo(Stamp stamp) {
    for (auto place = map_.begin(); place != map_.end();) {
      auto& values = place->second;
      if (!values.empty() && values.back().first == stamp) values.pop_back();
      place = values.empty() ? map_.erase(place) : std::next(place);
    }
  }
  const Map& all() const { return map_; }
  Map& all() { return map_; }

 private:
  Map map_;
};

struct RecordRow {
  StoredRecord record;
  bool unedited = false;
  std::string search_text;  // folded
};

struct KeyUse {
  Remembered remembered;
  Instant at;
};

using RecordKey = std::pair<std::int32_t, Id>;

struct State {
  std::string ledger_id;
  mutable std::shared_mutex mutex;  // of everything below
  Stamp committed = 0;
  Versions<Seq, StoredEntry> entries;
  Versions<RecordKey, RecordRow> records;
  Versions<std::string, Id> keys;
  Versions<std::uint64_t, KeyUse> uses;
  Instant forgot_at;  // when old uses were last looked for

  std::mutex writer_mutex;
  std::condition_variable writer_done;
  bool writing = false;
};

using Shared = std::shared_lock<std::shared_mutex>;
using Exclusive = std::unique_lock<std::shared_mutex>;

// The reading half of the port, over what `stamp` sees.
template <class Port>
class MemoryReads : public Port {
 public:
  MemoryReads(State& state, Stamp stamp) : state_(state), stamp_(stamp) {}

  Head head() override {
    const Shared lock(state_.mutex);
    const auto& all = state_.entries.all();
    for (auto place = all.rbegin(); place != all.rend(); ++place)
      if (const StoredEntry* last = state_.entries.seen(place->second, stamp_))
        return {last->entry.seq, last->hash, last->entry.recorded_at, state_.ledger_id};
    return {.ledger_id = state_.ledger_id};
  }

  std::optional<StoredRecord> record(std::int32_t type, Id id) override {
    const Shared lock(state_.mutex);
    const RecordRow* row = state_.records.find(RecordKey{type, id}, stamp_);
    return row ? std::optional(with_body(*row)) : std::nullopt;
  }

  Id key(std::string_view key) override {
    const Shared lock(state_.mutex);
    const Id* holder = state_.keys.find(key, stamp_);
    return holder ? *holder : 0;
  }

  std::optional<StoredEntry> entry(Seq seq) override {
    const Shared lock(state_.mutex);
    const StoredEntry* found = state_.entries.find(seq, stamp_);
    return found ? std::optional(*found) : std::nullopt;
  }

  void entries(Seq after, Seq last, const std::function<bool(const StoredEntry&)>& visit) override {
    for (Seq seq = after + 1; seq <= last; ++seq) {
      const auto found = entry(seq);
      if (!found || !visit(*found)) return;
    }
  }

  std::vector<StoredRecord> newest(std::int32_t type, Id before, std::size_t limit) override {
    return select(type, before, limit, [](const RecordRow&) { return true; });
  }

  void records(std::int32_t type, Id after, const std::function<bool(const StoredRecord&)>& visit) override {
    for (;;) {
      std::optional<StoredRecord> next;
      {
        const Shared lock(state_.mutex);
        const auto& all = state_.records.all();
        for (auto place = all.upper_bound(RecordKey{type, after}); place != all.end() && place->first.first == type;
             ++place) {
          if (const RecordRow* row = state_.records.seen(place->second, stamp_)) {
            next = with_body(*row);
            break;
          }
        }
      }
      if (!next || !visit(*next)) return;
      after = next->id;
    }
  }

  std::vector<StoredRecord> search(std::int32_t type, std::string_view text, Id before, std::size_t limit) override {
    if (characters(text) < kShortestSearch) return {};
    const std::string wanted = folded(text);
    return select(type, before, limit,
                  [&](const RecordRow& row) { return row.search_text.find(wanted) != std::string::npos; });
  }

  std::optional<Remembered> remembered(std::uint64_t key, Instant since) override {
    const Shared lock(state_.mutex);
    const KeyUse* use = state_.uses.find(key, stamp_);
    return use && use->at >= since ? std::optional(use->remembered) : std::nullopt;
  }

  void keys(const std::function<bool(std::string_view, Id)>& visit) override {
    const Shared lock(state_.mutex);
    for (const auto& [key, holders] : state_.keys.all()) {
      const Id* holder = state_.keys.seen(holders, stamp_);
      if (holder && *holder != 0 && !visit(key, *holder)) return;
    }
  }

  std::string search_text(std::int32_t type, Id id) override {
    const Shared lock(state_.mutex);
    const RecordRow* row = state_.records.find(RecordKey{type, id}, stamp_);
    return row ? row->search_text : "";
  }

  Counts counts() override {
    const Shared lock(state_.mutex);
    Counts counts;
    for (const auto& [key, rows] : state_.records.all())
      if (const RecordRow* row = state_.records.seen(rows, stamp_)) {
        ++counts.records;
        counts.searchable += !row->search_text.empty();
      }
    return counts;
  }

  std::string damage() override { return ""; }

 protected:
  State& state_;
  const Stamp stamp_;

 private:
  StoredRecord with_body(const RecordRow& row) const {
    StoredRecord record = row.record;
    if (!row.unedited) return record;
    const StoredEntry* created = state_.entries.find(record.id, stamp_);
    CHECK(created);
    record.body = joined_body(created->entry.plain, created->entry.personal);
    return record;
  }

  template <class Wanted>
  std::vector<StoredRecord> select(std::int32_t type, Id before, std::size_t limit, const Wanted& wanted) const {
    const Shared lock(state_.mutex);
    std::vector<const RecordRow*> found;
    const auto& all = state_.records.all();
    const auto first = type == 0 ? all.begin() : all.lower_bound(RecordKey{type, 0});
    auto place = type == 0 ? all.end() : all.lower_bound(RecordKey{type, before});
    while (place != first && (type == 0 || found.size() < limit)) {
      --place;
      const RecordRow* row = state_.records.seen(place->second, stamp_);
      if (row && place->first.second < before && row->record.state == RecordState::live && wanted(*row))
        found.push_back(row);
    }
    std::sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->record.id > b->record.id; });
    std::vector<StoredRecord> records;
    for (std::size_t i = 0; i < std::min(limit, found.size()); ++i) records.push_back(with_body(*found[i]));
    return records;
  }
};

class MemoryReader final : public MemoryReads<Reader> {
  using MemoryReads::MemoryReads;
};

class MemoryTransaction final : public MemoryReads<Transaction> {
 public:
  // The writer's turn must be ours already.
  MemoryTransaction(State& state, Stamp committed) : MemoryReads(state, committed + 1) {}

  ~MemoryTransaction() override {
    if (!committed_) {
      const Exclusive lock(state_.mutex);
      state_.entries.undo(stamp_);
      state_.records.undo(stamp_);
      state_.keys.undo(stamp_);
      state_.uses.undo(stamp_);
    }
    {
      const std::lock_guard lock(state_.writer_mutex);
      state_.writing = false;
    }
    state_.writer_done.notify_one();
  }

  void append(const StoredEntry& entry) override {
    const Head before = head();
    CHECK(entry.entry.seq == before.seq + 1 && entry.entry.recorded_at >= before.recorded_at);
    const Exclusive lock(state_.mutex);
    state_.entries.put(entry.entry.seq, stamp_, entry);
  }

  void put(const StoredRecord& record, bool unedited, std::string_view search_text) override {
    const Exclusive lock(state_.mutex);
    RecordRow row{record, unedited, record.state == RecordState::live ? folded(search_text) : ""};
    if (unedited) row.record.body.clear();
    state_.records.put({record.type, record.id}, stamp_, std::move(row));
  }

  void put_key(std::string_view key, Id record) override {
    const Exclusive lock(state_.mutex);
    state_.keys.put(std::string(key), stamp_, record);
  }

  void remember(std::uint64_t key, const Remembered& remembered, Instant now) override {
    const Exclusive lock(state_.mutex);
    state_.uses.put(key, stamp_, {remembered, now});
    if (now.micros - state_.forgot_at.micros < kDay) return;
    state_.forgot_at = now;
    std::erase_if(state_.uses.all(),
                  [&](const auto& use) { return use.second.back().second.at.micros < now.micros - 2 * kDay; });
  }

  void erase(Seq seq) override {
    auto erased = entry(seq);
    CHECK(erased);
    erased->entry.personal.reset();
    erased->salt.reset();
    const Exclusive lock(state_.mutex);
    state_.entries.put(seq, stamp_, *erased);
  }

  void commit() override {
    const Exclusive lock(state_.mutex);
    state_.committed = stamp_;
    committed_ = true;
  }

 private:
  bool committed_ = false;
};

class MemoryLedger final : public Ledger {
 public:
  explicit MemoryLedger(std::string ledger_id) { state_.ledger_id = std::move(ledger_id); }

  std::unique_ptr<Transaction> begin() override {
    std::unique_lock lock(state_.writer_mutex);
    state_.writer_done.wait(lock, [&] { return !state_.writing; });
    state_.writing = true;
    return std::make_unique<MemoryTransaction>(state_, committed());
  }

  std::unique_ptr<Reader> read() override { return std::make_unique<MemoryReader>(state_, committed()); }

  void backup(const std::string&) override {
    throw Fault(Fault::Kind::internal, "A ledger in memory cannot be backed up.");
  }

 private:
  Stamp committed() const {
    const Shared lock(state_.mutex);
    return state_.committed;
  }

  State state_;
};

}  // namespace

std::unique_ptr<Ledger> memory_ledger(std::string ledger_id) {
  return std::make_unique<MemoryLedger>(std::move(ledger_id));
}

}  // namespace traction
