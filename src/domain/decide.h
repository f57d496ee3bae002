// decide(): the rules of selling as one pure function from records and a command to entries or a refusal. It reads
// records through an interface, has no clock and no random source, and does all or nothing. Called inside the ledger's
// write transaction (app/writer.h), by the simulator and by tests. Thread-safe.
//
// One file per concept holds that concept's rules (deal.cpp: stages, reasons; merge.cpp; bin.cpp; field.cpp …);
// decide.cpp resolves references, checks versions and keys, and calls them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
  // The record as stored (also deleted and merged ones), or null. Stays valid until decide() returns.
  virtual const Record* find(const RecordType& type, Id id) = 0;
  // The holder of a unique key as unique_keys() spells it, or of "ref=<client_ref>"; 0 = nobody.
  virtual Id find_key(const std::string& key) = 0;
  // Live records of a small type, oldest first. For types with few records (stage, pipeline, workspace, field).
  virtual std::vector<Record> all(const RecordType& type) = 0;
  // An entry of the ledger, or nullopt. A record's history is walked from its version by Entry::previous.
  virtual std::optional<Entry> entry(Seq seq) = 0;
  // The records merged straight into this one, in whatever order.
  virtual std::vector<Id> aliases(const RecordType& type, Id id) = 0;
  // The records of a type that hold, or in any of their versions held, one of `ids` in that reference field. It may
  // scan the ledger: only for what is rare, such as an erasure.
  virtual std::vector<Id> naming(const RecordType& type, const Field& field, const std::vector<Id>& ids) = 0;
};

struct KeyChange {
  std::string key;
  Id record = 0;  // 0 = the key is given up
};

// What one action came to: the record it was about and that record's version after it.
struct Done {
  Id record = 0;
  Seq version = 0;
};

// What a command comes to. Entries are numbered from `next` on; records are their states after it, each once; erased
// names entries (also of this very decision) whose personal values and salt are to be destroyed, after the entries are
// written.
struct Decision {
  std::vector<Entry> entries;  // recorded_at and the chain are the writer's to add
  std::vector<Record> records;
  std::vector<KeyChange> keys;
  std::vector<Seq> erased;
  std::vector<Done> done;  // one per action, in order
};

// What a workspace's metrics come to when its own ones are these (bodies of `own_metric` records): the names that can
// be asked, and which own ones do not hold and why, with "NAME:LINE" as the place.
struct MetricsHeld {
  std::vector<std::string> names;
  std::map<std::string, Refusal> wrong;
};

// How decide() asks for that, since domain knows no metrics. Without it there are none.
using MetricCheck = std::function<MetricsHeld(const Schema& schema, std::span<const json::object> own)>;

// A member's own right to act is decided by the caller (app). `next` is the seq the first entry will get, `now` the
// present of the transaction. A custom field made by the command can be used by the actions after it; of later commands
// the caller passes a schema that has it. Refusals carry "actions[2].fields.stage" as their field.
Result<Decision> decide(const Schema& schema, Records& records, const Command& command, Seq next, Instant now,
                        const MetricCheck& metrics = {});

// Whether the rules ever allow this to be done to records of the type: only accounts and contacts are merged, only
// persons erased, and what everything else depends on is never removed.
bool allows(Verb verb, const RecordType& type);

// How long a deleted record can be restored.
inline constexpr std::int64_t kBinDays = 30;

// The most actions one command may hold.
inline constexpr std::size_t kMostActions = 10'000;

// The unique keys a record holds: those of its body, unless it is in the bin. An alias keeps its own, so that whoever
// knows it by an old external id still finds it and through it the record that stayed.
std::vector<std::string> held_keys(const RecordType& type, const Record& record);

// The key under which a client_ref is kept. It names its record for good, also in the bin.
std::string client_ref_key(std::string_view client_ref);

// How many entries right after this one were made by the same action: what a merge gave to the record that stays, what
// undoing it took back, the other names of an erased person.
std::size_t entries_with(const Entry& entry);

// The schema with the custom field that a `field` record describes. Refused (unknown, invalid, duplicate) with the
// field of the record at fault.
Result<Schema> with_custom_field(const Schema& schema, const json::object& field_record);

}  // namespace traction
