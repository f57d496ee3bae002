// Rehearsal: the ledger's records as a command would find them, with what earlier commands of the rehearsal would have
// made, and nothing written. An import looks records up in it, tries single rows in it when a chunk was refused, and a
// dry run is nothing but a rehearsal. One thread at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "app/outcome.h"
#include "app/store_records.h"
#include "domain/decide.h"
#include "ledger/ledger.h"

namespace traction {

class Rehearsal : public Records {
 public:
  Rehearsal(const Schema& schema, Ledger& ledger, Instant now, MetricCheck metrics);

  // Decides a command and keeps what it would make, for the commands after it.
  Result<Outcome> apply(const Command& command);

  // Looks at the ledger as it stands now.
  void refresh();

  // Every record of the type in any state, those of the ledger first, until `visit` returns false.
  void each(const RecordType& type, const std::function<bool(const Record&)>& visit);

  const Record* find(const RecordType& type, Id id) override;
  Id find_key(const std::string& key) override;
  std::vector<Record> all(const RecordType& type) override;
  std::optional<Entry> entry(Seq seq) override;
  // Of the ledger alone: an import neither merges nor erases.
  std::vector<Id> aliases(const RecordType& type, Id id) override;
  std::vector<Id> naming(const RecordType& type, const Field& field, const std::vector<Id>& ids) override;

 private:
  const Schema& schema_;
  Ledger& ledger_;
  const Instant now_;
  const MetricCheck metrics_;
  std::unique_ptr<Reader> reader_;
  Scans scans_;
  StoreRecords store_;
  Seq next_ = 1;
  std::map<Id, StoredRecord> pending_;  // of small types: nobody refers to the others
  std::map<Seq, Entry> entries_;        // of the same
  std::unordered_map<std::string, Id> keys_;
  std::unordered_map<Id, Record> seen_;  // of those pending, since the last apply()
};

}  // namespace traction
