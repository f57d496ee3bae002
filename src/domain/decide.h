// decide(): the rules of selling as one pure function from records and a command to entries or a refusal. It reads
// records through an interface, has no clock and no random source, and does all or nothing. Called inside the ledger's
// write transaction (app/writer.h), by the simulator and by tests. Thread-safe.
//
// One file per concept holds that concept's rules (deal.cpp: stages, reasons; merge.cpp; bin.cpp; field.cpp …);
// decide.cpp resolves references, checks versions and keys, and calls them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/command.h"
#include "domain/entry.h"
#include "schema/schema.h"

namespace traction {

// What decide may ask about the present. Answers must be one consistent state.
class Records {
 public:
  virtual ~Records() = default;
  // The record as stored (also deleted and merged ones), or nullopt.
  virtual std::optional<Record> find(const RecordType& type, Id id) = 0;
  // The holder of a unique key as unique_keys() spells it, or of "ref=<client_ref>"; 0 = nobody.
  virtual Id find_key(const std::string& key) = 0;
  // Live records of a small type, oldest first. For types with few records (stage, pipeline, workspace, field).
  virtual std::vector<Record> all(const RecordType& type) = 0;
};

struct KeyChange {
  std::string key;
  Id record = 0;  // 0 = the key is given up
};

// What a command comes to. Entries are numbered from `next` on; records are their states after it, each once; erased
// names entries whose personal values and salt are to be destroyed.
struct Decision {
  std::vector<Entry> entries;  // recorded_at and the chain are the writer's to add
  std::vector<Record> records;
  std::vector<KeyChange> keys;
  std::vector<Seq> erased;
};

// A member's own right to act is decided by the caller (app). `next` is the seq the first entry will get, `now` the
// present of the transaction. Refusals carry "actions[2].fields.stage" as their field.
Result<Decision> decide(const Schema& schema, Records& records, const Command& command, Seq next, Instant now);

// How long a deleted record can be restored.
inline constexpr std::int64_t kBinDays = 30;

}  // namespace traction
