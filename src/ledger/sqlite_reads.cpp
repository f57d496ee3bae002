#include "ledger/sqlite_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/fault.h"
#include "base/fold.h"
#include "base/json.h"
#include "ledger/body.h"
#include "ledger/chain.h"

namespace traction {

using sqlite::Statement;

#define RECENT_KEY_TABLE                                                                                           \
  "CREATE TABLE recent_key (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, request INTEGER NOT NULL, first INTEGER" \
  " NOT NULL, count INTEGER NOT NULL, remembered_at INTEGER NOT NULL) STRICT;"

const sqlite::Format kLedgerFormat{
    .application = 0x5452434C, .version = 2, .called = "ledger", .upgrade = RECENT_KEY_TABLE};  // "TRCL"

// personal is '' without personal fields and null after erasure; personal_digest is kept only then, since it can be had
// from the bytes before. A record's body is null when it is its creating entry's. erased counts the entries that lost
// their personal values, and how many of them the last scrub knew of.
const char* const kLedgerTables = R"(
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, type INTEGER NOT NULL, record INTEGER NOT NULL,
  previous INTEGER NOT NULL, recorded_at INTEGER NOT NULL, occurred_at INTEGER, actor INTEGER NOT NULL,
  origin INTEGER NOT NULL, hash BLOB NOT NULL, salt BLOB, personal_digest BLOB, personal TEXT, plain TEXT NOT NULL
) STRICT;
CREATE TABLE record (
  type INTEGER NOT NULL, id INTEGER NOT NULL, version INTEGER NOT NULL, state INTEGER NOT NULL,
  merged_into INTEGER NOT NULL, body TEXT, PRIMARY KEY (type, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE unique_key (key TEXT PRIMARY KEY, record INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE idempotency (
  bucket INTEGER NOT NULL, key INTEGER NOT NULL, request INTEGER NOT NULL, first INTEGER NOT NULL,
  count INTEGER NOT NULL, remembered_at INTEGER NOT NULL, PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE searched (type INTEGER PRIMARY KEY) STRICT;
CREATE TABLE erased (type INTEGER PRIMARY KEY, entries INTEGER NOT NULL, scrubbed INTEGER NOT NULL) STRICT;
)" RECENT_KEY_TABLE;

namespace {

#define ENTRY_COLUMNS                                                                                        \
  "seq, kind, type, record, previous, recorded_at, occurred_at, actor, origin, hash, salt, personal_digest," \
  " personal, plain"

// A record with the parts its body may have to be made of.
#define RECORD_COLUMNS "r.type, r.id, r.version, r.state, r.merged_into, r.body, e.plain, e.personal"
#define RECORD_TABLES "record r LEFT JOIN entry e ON r.body IS NULL AND e.seq = r.id"

template <std::size_t size>
void copy(std::span<const std::byte> from, std::array<std::byte, size>& to) {
  if (from.size() != size) throw Fault(Fault::Kind::damaged, "A digest in the ledger is of the wrong length.");
  std::memcpy(to.data(), from.data(), size);
}

// Reads into an entry that may have been used before, so that a long scan does not ask for memory.
void read_entry(const Statement& row, StoredEntry& stored) {
  Entry& entry = stored.entry;
  entry.seq = row.integer(0);
  entry.kind = static_cast<EntryKind>(row.integer(1));
  entry.type = static_cast<std::int32_t>(row.integer(2));
  entry.record = row.integer(3);
  entry.previous = row.integer(4);
  entry.recorded_at.micros = row.integer(5);
  if (row.null(6))
    entry.occurred_at.reset();
  else
    entry.occurred_at = Instant{row.integer(6)};
  entry.actor = row.integer(7);
  entry.origin = row.integer(8);
  copy(row.blob(9), stored.hash);
  if (row.null(10))
    stored.salt.reset();
  else
    copy(row.blob(10), stored.salt.emplace());
  const bool erased = row.null(12);
  if (erased) {
    entry.personal.reset();
    copy(row.blob(11), stored.personal_digest);
  } else {
    if (!entry.personal) entry.personal.emplace();
    entry.personal->assign(row.text(12));
    stored.personal_digest = personal_digest(stored.salt, *entry.personal);
  }
  entry.plain.assign(row.text(13));
}

StoredRecord read_record(const Statement& row) {
  StoredRecord record;
  record.type = static_cast<std::int32_t>(row.integer(0));
  record.id = row.integer(1);
  record.version = row.integer(2);
  record.state = static_cast<RecordState>(row.integer(3));
  record.merged_into = row.integer(4);
  if (!row.null(5))
    record.body = row.text(5);
  else if (!row.null(6))
    record.body = joined_body(row.text(6), row.null(7) ? std::nullopt : std::optional(row.text(7)));
  else
    throw Fault(Fault::Kind::damaged, fmt::format("Record {} has lost the entry that created it.", record.id));
  return record;
}

std::vector<StoredRecord> read_records(Statement query) {
  std::vector<StoredRecord> records;
  while (query.step()) records.push_back(read_record(query));
  return records;
}

// What the trigram index is asked: every group of three characters must be there. More groups than these narrow it no
// further; whether they stand together is checked on the text itself.
std::string trigrams(std::string_view text) {
  constexpr std::size_t kMost = 24;
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts.push_back(i);
  starts.push_back(text.size());
  std::vector<std::string> groups;
  for (std::size_t i = 0; i + 3 < starts.size() && groups.size() < kMost; ++i) {
    std::string group = "\"";
    for (const char c : text.substr(starts[i], starts[i + 3] - starts[i])) group.append(c == '"' ? 2 : 1, c);
    groups.push_back(group + '"');
  }
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return fmt::format("{}", fmt::join(groups, " AND "));
}

}  // namespace

template <class Port>
Head SqliteReads<Port>::head() {
  Head head{.ledger_id = ledger_id_};
  auto query = database_.prepare("SELECT seq, hash, recorded_at FROM entry ORDER BY seq DESC LIMIT 1");
  if (query.step()) {
    head.seq = query.integer(0);
    copy(query.blob(1), head.hash);
    head.recorded_at.micros = query.integer(2);
  }
  return head;
}

template <class Port>
std::optional<StoredRecord> SqliteReads<Port>::record(std::int32_t type, Id id) {
  auto query = database_.prepare("SELECT " RECORD_COLUMNS " FROM " RECORD_TABLES " WHERE r.type = ?1 AND r.id = ?2");
  query.bind(1, type).bind(2, id);
  return query.step() ? std::optional(read_record(query)) : std::nullopt;
}

template <class Port>
Id SqliteReads<Port>::key(std::string_view key) {
  auto query = database_.prepare("SELECT record FROM unique_key WHERE key = ?1");
  query.bind(1, key);
  return query.step() ? query.integer(0) : 0;
}

template <class Port>
std::optional<StoredEntry> SqliteReads<Port>::entry(Seq seq) {
  auto query = database_.prepare("SELECT " ENTRY_COLUMNS " FROM entry WHERE seq = ?1");
  query.bind(1, seq);
  if (!query.step()) return std::nullopt;
  std::optional<StoredEntry> stored(std::in_place);
  read_entry(query, *stored);
  return stored;
}

template <class Port>
void SqliteReads<Port>::entries(Seq after, Seq last, const std::function<bool(const StoredEntry&)>& visit) {
  auto query = database_.prepare("SELECT " ENTRY_COLUMNS " FROM entry WHERE seq > ?1 AND seq <= ?2 ORDER BY seq");
  query.bind(1, after).bind(2, last);
  StoredEntry stored;
  while (query.step()) {
    read_entry(query, stored);
    if (!visit(stored)) return;
  }
}

template <class Port>
std::vector<StoredRecord> SqliteReads<Port>::newest(std::int32_t type, Id before, std::size_t limit) {
  auto query = database_.prepare("SELECT " RECORD_COLUMNS " FROM " RECORD_TABLES
                                 " WHERE r.type = ?1 AND r.id < ?2 AND r.state = 0 ORDER BY r.id DESC LIMIT ?3");
  query.bind(1, type).bind(2, before).bind(3, static_cast<std::int64_t>(limit));
  return read_records(std::move(query));
}

template <class Port>
void SqliteReads<Port>::records(std::int32_t type, Id after, const std::function<bool(const StoredRecord&)>& visit) {
  auto query = database_.prepare("SELECT " RECORD_COLUMNS " FROM " RECORD_TABLES
                                 " WHERE r.type = ?1 AND r.id > ?2 ORDER BY r.id");
  query.bind(1, type).bind(2, after);
  while (query.step() && visit(read_record(query))) {
  }
}

template <class Port>
std::vector<StoredRecord> SqliteReads<Port>::search(std::int32_t type, std::string_view text, Id before,
                                                    std::size_t limit) {
  if (!is_text(text) || characters(text) < kShortestSearch) return {};
  const std::string wanted = folded(text);
  const std::string groups = trigrams(wanted);
  std::vector<StoredRecord> found;
  for (const std::int32_t searched : searched_types()) {
    if (type != 0 && type != searched) continue;
    auto query = database_.prepare(fmt::format("SELECT " RECORD_COLUMNS
                                               " FROM (SELECT rowid AS id FROM search_{0} WHERE search_{0} MATCH ?1 AND"
                                               " rowid < ?2 AND instr(text, ?3) ORDER BY rowid DESC LIMIT ?4) f"
                                               " CROSS JOIN record r ON r.type = {0} AND r.id = f.id"
                                               " LEFT JOIN entry e ON r.body IS NULL AND e.seq = r.id"
                                               " ORDER BY f.id DESC",
                                               searched));
    query.bind(1, groups).bind(2, before).bind(3, wanted).bind(4, static_cast<std::int64_t>(limit));
    for (StoredRecord& record : read_records(std::move(query))) found.push_back(std::move(record));
  }
  std::sort(found.begin(), found.end(), [](const StoredRecord& a, const StoredRecord& b) { return a.id > b.id; });
  if (found.size() > limit) found.resize(limit);
  return found;
}

namespace {

std::optional<Remembered> read_remembered(const Statement& row, Instant since) {
  if (row.integer(3) < since.micros) return std::nullopt;
  return Remembered{static_cast<std::uint64_t>(row.integer(0)), row.integer(1),
                    static_cast<std::int32_t>(row.integer(2))};
}

}  // namespace

template <class Port>
std::optional<Remembered> SqliteReads<Port>::remembered(std::uint64_t key, Instant since) {
  auto recent = database_.prepare(
      "SELECT request, first, count, remembered_at FROM recent_key WHERE key = ?1 ORDER BY id DESC LIMIT 1");
  recent.bind(1, static_cast<std::int64_t>(key));
  if (recent.step()) return read_remembered(recent, since);
  return sorted_in(key, since);
}

template <class Port>
std::optional<Remembered> SqliteReads<Port>::sorted_in(std::uint64_t key, Instant since) {
  auto range = database_.prepare("SELECT (SELECT min(bucket) FROM idempotency), (SELECT max(bucket) FROM idempotency)");
  if (!range.step() || range.null(0)) return std::nullopt;
  const std::int64_t oldest = std::max(range.integer(0), since.micros / kDay - 1);
  auto query =
      database_.prepare("SELECT request, first, count, remembered_at FROM idempotency WHERE bucket = ?1 AND key = ?2");
  for (std::int64_t bucket = range.integer(1); bucket >= oldest; --bucket) {
    query.bind(1, bucket).bind(2, static_cast<std::int64_t>(key));
    if (query.step())
      if (const auto found = read_remembered(query, since)) return found;
    query.reset();
  }
  return std::nullopt;
}

template <class Port>
void SqliteReads<Port>::keys(const std::function<bool(std::string_view key, Id record)>& visit) {
  auto query = database_.prepare("SELECT key, record FROM unique_key ORDER BY key");
  while (query.step() && visit(query.text(0), query.integer(1))) {
  }
}

template <class Port>
std::string SqliteReads<Port>::search_text(std::int32_t type, Id id) {
  const auto types = searched_types();
  if (std::find(types.begin(), types.end(), type) == types.end()) return "";
  auto query = database_.prepare(fmt::format("SELECT text FROM search_{} WHERE rowid = ?1", type));
  query.bind(1, id);
  return query.step() ? std::string(query.text(0)) : "";
}

template <class Port>
Counts SqliteReads<Port>::counts() {
  const auto count = [this](const std::string& table) {
    auto query = database_.prepare("SELECT count(*) FROM " + table);
    query.step();
    return query.integer(0);
  };
  Counts counts{.records = count("record")};
  for (const std::int32_t type : searched_types()) counts.searchable += count(fmt::format("search_{}_content", type));
  return counts;
}

template <class Port>
std::string SqliteReads<Port>::damage() {
  // The check alone does not notice that another connection has changed a search index meanwhile; a query does.
  for (const std::int32_t type : searched_types())
    database_.prepare(fmt::format("SELECT rowid FROM search_{} LIMIT 1", type)).run();
  auto query = database_.prepare("PRAGMA quick_check(1)");
  if (!query.step() || query.text(0) == "ok") return "";
  return fmt::format("{} is damaged ({}).", database_.path(), query.text(0));
}

template <class Port>
std::vector<std::int32_t> SqliteReads<Port>::searched_types() {
  auto query = database_.prepare("SELECT type FROM searched ORDER BY type");
  std::vector<std::int32_t> types;
  while (query.step()) types.push_back(static_cast<std::int32_t>(query.integer(0)));
  return types;
}

template class SqliteReads<Reader>;
template class SqliteReads<Transaction>;

}  // namespace traction
