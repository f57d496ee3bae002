// StoreRecords: what decide() may ask, answered from a ledger's reader or transaction. Keeps the records it has read,
// so that the stages, members and deals that every command names are not read and parsed each time. The cache outlives
// a transaction: whoever owns this says when that is right (see writer.cpp). Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/decide.h"
#include "ledger/ledger.h"

namespace traction {

Record to_record(const StoredRecord& stored);

// What scans of the ledger have found so far, by what was looked for: a scan made before a transaction need only be
// completed inside it.
struct Scan {
  Seq upto = 0;
  std::set<Id> found;
};
using Scans = std::map<std::string, Scan>;

class StoreRecords : public Records {
 public:
  // Reads through `reader` and scans with `scans` from now on; both must outlive the use.
  void attach(Reader& reader, Scans& scans);

  void forget();
  // Takes over what a decision made of a record.
  void update(const RecordType& type, Record record);

  const Record* find(const RecordType& type, Id id) override;
  Id find_key(const std::string& key) override;
  std::vector<Record> all(const RecordType& type) override;
  std::optional<Entry> entry(Seq seq) override;
  std::vector<Id> aliases(const RecordType& type, Id id) override;
  std::vector<Id> naming(const RecordType& type, const Field& field, const std::vector<Id>& ids) override;

 private:
  // Records of the type with an entry that is `meant`, up to the reader's head.
  const std::set<Id>& scan(const std::string& question, std::int32_t type,
                           const std::function<bool(const Entry&)>& meant);

  Reader* reader_ = nullptr;
  Scans* scans_ = nullptr;
  std::unordered_map<Id, Record> cache_;
  std::deque<Id> order_;  // of what is in it, as it came
  std::size_t kept_ = 0;  // of them, when the last command began
};

}  // namespace traction
