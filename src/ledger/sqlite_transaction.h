// The writing half of the SQLite ledger: one transaction on its writing connection. Internal to the SQLite ledger; one
// thread at a time, as a Transaction is.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger/sqlite_reads.h"
#include "ledger/sqlite_recent.h"
#include "ledger/sqlite_turn.h"

namespace traction {

class SqliteTransaction final : public SqliteReads<Transaction> {
 public:
  SqliteTransaction(Turn turn, sqlite::Database& writer, RecentKeys& recent, std::string ledger_id);
  ~SqliteTransaction() override;

  Head head() override { return head_; }
  std::vector<StoredRecord> search(std::int32_t type, std::string_view text, Id before, std::size_t limit) override;
  std::string search_text(std::int32_t type, Id id) override;
  Counts counts() override;
  std::optional<Remembered> remembered(std::uint64_t key, Instant since) override;

  void append(const StoredEntry& stored) override;
  void put(const StoredRecord& record, bool unedited, std::string_view search_text) override;
  void put_key(std::string_view key, Id record) override;
  void remember(std::uint64_t key, const Remembered& remembered, Instant now) override;
  void erase(Seq seq) override;
  void commit() override;

 private:
  template <class Work>
  void guarded(Work&& work);
  void write_search_texts();
  void make_search_table(std::int32_t type);
  void forget();

  Turn turn_;
  sqlite::Changes changes_;
  RecentKeys& recent_;
  Head head_;
  bool over_ = false;  // after commit or any failure
  bool committed_ = false;
  std::map<std::pair<std::int32_t, Id>, std::string> search_texts_;  // not yet written; "" = to be taken out
  std::vector<std::int32_t> searched_;
  std::int64_t remembered_ = 0;     // in this transaction
  std::int64_t forget_before_ = 0;  // bucket
};

}  // namespace traction
