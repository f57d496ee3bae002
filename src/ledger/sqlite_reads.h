// The reading half of the port over one SQLite connection: what a snapshot and a write transaction have in common.
// Internal to the SQLite ledger; one thread at a time, as a Reader is.
#pragma once

#include <string>
#include <utility>

#include "ledger/ledger.h"
#include "store/sqlite.h"

namespace traction {

// The tables of a ledger file. The entry table has no second index: with one, ten million rows take minutes. Keys of
// idempotency lie in order first (sqlite_recent.h) and then in buckets of a day, so that forgetting takes neighbours
// away.
extern const sqlite::Format kLedgerFormat;
extern const char* const kLedgerTables;

// Port is Reader or Transaction.
template <class Port>
class SqliteReads : public Port {
 public:
  SqliteReads(sqlite::Database& database, std::string ledger_id)
      : database_(database), ledger_id_(std::move(ledger_id)) {}

  Head head() override;
  std::optional<StoredRecord> record(std::int32_t type, Id id) override;
  Id key(std::string_view key) override;
  std::optional<StoredEntry> entry(Seq seq) override;
  void entries(Seq after, Seq last, const std::function<bool(const StoredEntry&)>& visit) override;
  std::vector<StoredRecord> newest(std::int32_t type, Id before, std::size_t limit) override;
  void records(std::int32_t type, Id after, const std::function<bool(const StoredRecord&)>& visit) override;
  std::vector<StoredRecord> search(std::int32_t type, std::string_view text, Id before, std::size_t limit) override;
  std::optional<Remembered> remembered(std::uint64_t key, Instant since) override;
  void keys(const std::function<bool(std::string_view key, Id record)>& visit) override;
  std::string search_text(std::int32_t type, Id id) override;
  Counts counts() override;
  std::string damage() override;

 protected:
  // remembered() among the keys that are sorted in.
  std::optional<Remembered> sorted_in(std::uint64_t key, Instant since);

  // The types that have a search table, `search_<type>`; one is made when a record of the type is first put.
  std::vector<std::int32_t> searched_types();

  sqlite::Database& database_;
  const std::string ledger_id_;
};

}  // namespace traction
