#include "app/bulk.h"

#include <algorithm>

#include "base/check.h"
#include "ledger/body.h"
#include "ledger/chain.h"

namespace traction {
namespace {

constexpr std::size_t kLoad = 4096;                 // entries handed over at a time
constexpr std::size_t kMostWaiting = 8;             // loads that may wait for the storing thread
constexpr std::size_t kPerTransaction = 64 * 1024;  // entries

}  // namespace

// The records of small types as they stand, and who holds which key.
class Bulk::Held : public Records {
 public:
  Held(Reader& reader, const Schema& schema) {
    for (const RecordType& type : schema.types()) {
      if (!type.small) continue;
      reader.records(type.number, 0, [&](const StoredRecord& stored) {
        Record record{stored.id,    stored.type,        stored.version,
                      stored.state, stored.merged_into, parse_stored(stored.body)};
        for (const std::string& key : held_keys(type, record)) keys_[key] = record.id;
        put(std::move(record));
        return true;
      });
    }
  }

  void put(Record record) {
    const auto [place, added] = records_.try_emplace(record.id);
    if (added) by_type_[record.type].push_back(record.id);
    place->second = std::move(record);
  }
  void put_key(const KeyChange& change) { keys_[change.key] = change.record; }
  void forget(Id id) { records_.erase(id); }

  const Record* find(const RecordType& type, Id id) override {
    const auto found = records_.find(id);
    return found != records_.end() && found->second.type == type.number ? &found->second : nullptr;
  }
  Id find_key(const std::string& key) override {
    const auto found = keys_.find(key);
    return found == keys_.end() ? 0 : found->second;
  }
  std::vector<Record> all(const RecordType& type) override {
    std::vector<Record> result;
    for (const Id id : by_type_[type.number])
      if (const Record* record = find(type, id); record && record->state == RecordState::live)
        result.push_back(*record);
    return result;
  }
  // Histories, merges and erasures are not for bulk: there is nothing yet to undo or to erase.
  std::optional<Entry> entry(Seq) override { return std::nullopt; }
  std::vector<Id> aliases(const RecordType&, Id) override { return {}; }
  std::vector<Id> naming(const RecordType&, const Field&, const std::vector<Id>&) override { return {}; }

 private:
  std::unordered_map<Id, Record> records_;
  std::unordered_map<std::int32_t, std::vector<Id>> by_type_;
  std::unordered_map<std::string, Id> keys_;
};

Bulk::Bulk(Ledger& ledger, const Schema& schema, Clock& clock, Random& random)
    : ledger_(ledger), schema_(schema), clock_(clock), random_(random), now_(clock.now()) {
  {
    const std::unique_ptr<Reader> reader = ledger.read();
    held_ = std::make_unique<Held>(*reader, schema);
    head_ = reader->head();
  }
  next_ = head_.seq + 1;
  thread_ = std::thread([this] { store_all(); });
}

Bulk::~Bulk() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = abandoned_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<Id> Bulk::apply(Action action, Id actor) {
  CHECK(action.verb == Verb::create || action.verb == Verb::change);
  Command command;
  command.actor = actor;
  command.actions.push_back(std::move(action));
  Result<Decision> decision = decide(schema_, *held_, command, next_, now_);
  if (!decision) return refuse(decision);
  const Id id = decision->done.front().record;
  next_ += static_cast<Seq>(decision->entries.size());
  std::ranges::move(decision->entries, std::back_inserter(filling_.entries));
  for (Record& record : decision->records) {
    const RecordType& type = *schema_.type(record.type);
    const bool unedited = record.version == record.id;
    filling_.puts.push_back({{record.id, record.type, record.version, record.state, record.merged_into,
                              unedited ? "" : json::serialize(record.body)},
                             type.small ? search_text(type, record.body) : ""});
    if (type.small) held_->put(std::move(record));
  }
  for (KeyChange& change : decision->keys) {
    held_->put_key(change);
    filling_.keys.push_back(std::move(change));
  }
  if (filling_.entries.size() >= kLoad) hand_over();
  return id;
}

void Bulk::forget(Id record) { held_->forget(record); }

Head Bulk::finish() {
  hand_over();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return head_;
}

void Bulk::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() < kMostWaiting || failure_; });
  if (failure_) std::rethrow_exception(failure_);
  waiting_.push_back(std::exchange(filling_, {}));
  lock.unlock();
  changed_.notify_all();
}

void Bulk::store_all() {
  std::unique_ptr<Transaction> transaction;
  std::size_t uncommitted = 0;
  try {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !waiting_.empty() || ending_; });
      if (abandoned_) return;
      if (waiting_.empty()) break;
      Load load = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      changed_.notify_all();
      if (!transaction) transaction = ledger_.begin();
      store(*transaction, load);
      uncommitted += load.entries.size();
      if (uncommitted < kPerTransaction) continue;
      transaction->commit();
      transaction.reset();
      uncommitted = 0;
    }
    if (transaction) transaction->commit();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

void Bulk::store(Transaction& transaction, Load& load) {
  const Instant now = std::max(clock_.now(), head_.recorded_at);
  std::unordered_map<Id, std::string> bodies;  // of the records this load creates
  for (Entry& entry : load.entries) {
    entry.recorded_at = now;
    if (entry.kind == EntryKind::created) {
      const std::optional<std::string_view> personal = entry.personal;
      bodies.emplace(entry.record, joined_body(entry.plain, personal));
    }
    const StoredEntry stored = seal(std::move(entry), head_.hash, random_);
    transaction.append(stored);
    head_.seq = stored.entry.seq;
    head_.hash = stored.hash;
    head_.recorded_at = now;
  }
  for (Load::Put& put : load.puts) {
    const bool unedited = put.record.version == put.record.id;
    if (unedited) put.record.body = std::move(bodies[put.record.id]);
    transaction.put(put.record, unedited, put.search_text);
  }
  for (const KeyChange& change : load.keys) transaction.put_key(change.key, change.record);
}

}  // namespace traction
