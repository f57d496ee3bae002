#include "ledger/sqlite_transaction.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/fault.h"
#include "base/fold.h"

namespace traction {
namespace {

constexpr std::size_t kSearchBuffer = 20'000;  // changed texts held back until they are written in order
constexpr std::int64_t kDaysRemembered = 2;

}  // namespace

SqliteTransaction::SqliteTransaction(Turn turn, sqlite::Database& writer, RecentKeys& recent, std::string ledger_id)
    : SqliteReads(writer, std::move(ledger_id)), turn_(std::move(turn)), changes_(writer), recent_(recent) {
  head_ = SqliteReads::head();
  searched_ = searched_types();
  recent_.sync(database_);
}

SqliteTransaction::~SqliteTransaction() {
  if (!committed_ && (remembered_ > 0 || over_)) recent_.doubt();
}

// SQLite may roll back by itself when something fails; what came after would then be written on its own.
template <class Work>
void SqliteTransaction::guarded(Work&& work) {
  CHECK(!over_);
  over_ = true;
  turn_.write(work);
  over_ = false;
}

void SqliteTransaction::append(const StoredEntry& stored) {
  const Entry& entry = stored.entry;
  CHECK(entry.seq == head_.seq + 1 && entry.recorded_at >= head_.recorded_at);
  guarded([&] {
    auto insert = database_.prepare(
        "INSERT INTO entry (seq, kind, type, record, previous, recorded_at, occurred_at, actor, origin, hash, salt,"
        " personal_digest, personal, plain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");
    insert.bind(1, entry.seq).bind(2, static_cast<std::int64_t>(entry.kind)).bind(3, entry.type);
    insert.bind(4, entry.record).bind(5, entry.previous).bind(6, entry.recorded_at.micros);
    if (entry.occurred_at) insert.bind(7, entry.occurred_at->micros);
    insert.bind(8, entry.actor).bind(9, entry.origin).bind(10, stored.hash);
    if (stored.salt) insert.bind(11, *stored.salt);
    if (entry.personal)
      insert.bind(13, *entry.personal);
    else
      insert.bind(12, stored.personal_digest);
    insert.bind(14, entry.plain).run();
  });
  head_.seq = entry.seq;
  head_.hash = stored.hash;
  head_.recorded_at = entry.recorded_at;
}

void SqliteTransaction::put(const StoredRecord& record, bool unedited, std::string_view search_text) {
  guarded([&] {
    auto put = database_.prepare(
        "REPLACE INTO record (type, id, version, state, merged_into, body)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    put.bind(1, record.type).bind(2, record.id).bind(3, record.version);
    put.bind(4, static_cast<std::int64_t>(record.state)).bind(5, record.merged_into);
    if (!unedited) put.bind(6, record.body);
    put.run();
    const bool searched = std::find(searched_.begin(), searched_.end(), record.type) != searched_.end();
    const bool found = record.state == RecordState::live && !search_text.empty();
    if (!searched && !found) return;
    if (!searched) make_search_table(record.type);
    search_texts_[{record.type, record.id}] = found ? folded(search_text) : "";
    if (search_texts_.size() >= kSearchBuffer) write_search_texts();
  });
}

void SqliteTransaction::make_search_table(std::int32_t type) {
  // Positions are not kept: the words themselves are, and tell whether a longer text really stands in them. FTS5's own
  // secure-delete must stay off: in 3.53.2 it loses track of a text that is changed several times; scrub() merges.
  database_.run(
      fmt::format("CREATE VIRTUAL TABLE search_{0} USING fts5(text, tokenize='trigram case_sensitive 1',"
                  " detail=none, columnsize=0); INSERT INTO searched (type) VALUES ({0});",
                  type));
  searched_.push_back(type);
}

// In ascending order of id, since the index writes out a part of its own whenever the order breaks.
void SqliteTransaction::write_search_texts() {
  for (const auto& [key, text] : search_texts_) {
    const auto& [type, id] = key;
    auto query = database_.prepare(fmt::format("SELECT text FROM search_{} WHERE rowid = ?1", type));
    const bool known = query.bind(1, id).step();
    if (known && query.text(0) == text) continue;
    if (text.empty() && !known) continue;
    query.reset();
    if (known) database_.prepare(fmt::format("DELETE FROM search_{} WHERE rowid = ?1", type)).bind(1, id).run();
    if (!text.empty())
      database_.prepare(fmt::format("INSERT INTO search_{}(rowid, text) VALUES (?1, ?2)", type))
          .bind(1, id)
          .bind(2, text)
          .run();
  }
  search_texts_.clear();
}

std::vector<StoredRecord> SqliteTransaction::search(std::int32_t type, std::string_view text, Id before,
                                                    std::size_t limit) {
  guarded([&] { write_search_texts(); });
  return SqliteReads::search(type, text, before, limit);
}

std::string SqliteTransaction::search_text(std::int32_t type, Id id) {
  guarded([&] { write_search_texts(); });
  return SqliteReads::search_text(type, id);
}

Counts SqliteTransaction::counts() {
  guarded([&] { write_search_texts(); });
  return SqliteReads::counts();
}

void SqliteTransaction::put_key(std::string_view key, Id record) {
  guarded([&] {
    if (record == 0)
      database_.prepare("DELETE FROM unique_key WHERE key = ?1").bind(1, key).run();
    else
      database_.prepare("REPLACE INTO unique_key (key, record) VALUES (?1, ?2)").bind(1, key).bind(2, record).run();
  });
}

void SqliteTransaction::remember(std::uint64_t key, const Remembered& remembered, Instant now) {
  guarded([&] { recent_.remember(database_, key, remembered, now); });
  forget_before_ = now.micros / kDay - kDaysRemembered;
  ++remembered_;
}

std::optional<Remembered> SqliteTransaction::remembered(std::uint64_t key, Instant since) {
  if (const auto found = recent_.find(key, since)) return found;
  return sorted_in(key, since);
}

// Twice as many as were remembered, so that no commit has to take away a whole day at once.
void SqliteTransaction::forget() {
  if (remembered_ == 0) return;
  database_
      .prepare(
          "DELETE FROM idempotency WHERE (bucket, key) IN (SELECT bucket, key FROM idempotency"
          " WHERE bucket < ?1 ORDER BY bucket, key LIMIT ?2)")
      .bind(1, forget_before_)
      .bind(2, 2 * remembered_)
      .run();
}

void SqliteTransaction::erase(Seq seq) {
  const auto erased = entry(seq);
  CHECK(erased);
  guarded([&] {
    database_.prepare("UPDATE entry SET personal = NULL, salt = NULL, personal_digest = ?2 WHERE seq = ?1")
        .bind(1, seq)
        .bind(2, erased->personal_digest)
        .run();
    database_
        .prepare(
            "INSERT INTO erased (type, entries, scrubbed) VALUES (?1, 1, 0)"
            " ON CONFLICT DO UPDATE SET entries = entries + 1")
        .bind(1, erased->entry.type)
        .run();
  });
}

void SqliteTransaction::commit() {
  guarded([&] {
    write_search_texts();
    recent_.move(database_, static_cast<std::size_t>(remembered_));
    forget();
  });
  try {
    guarded([&] { changes_.commit(); });
    committed_ = true;
  } catch (const Fault& fault) {
    // A full disk shows before the commit is on it. With any other failure of the machine the commit may or may not be
    // found there when the file is next opened.
    if (fault.kind() != Fault::Kind::disk) throw;
    throw Fault(Fault::Kind::unknown_outcome, fault.what());
  }
  over_ = true;
}

}  // namespace traction
