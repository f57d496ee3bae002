// Entry and Record: what happened, and the state that follows from it. Plain values without behaviour; the ledger
// stores them, decide() makes them, the mart reads them. Thread-safe as values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/instant.h"
#include "base/json.h"

namespace traction {

using Seq = std::int64_t;                  // place of an entry in its workspace's ledger: 1, 2, 3 … without gaps
using Id = std::int64_t;                   // a record: the seq of the entry that created it; 0 = none
using Digest = std::array<std::byte, 32>;  // BLAKE2b-256

// What an entry did to its record. Past tense of the verbs in command.h. Stored as these numbers.
enum class EntryKind : std::int32_t {
  created = 1,
  changed = 2,
  deleted = 3,   // into the bin
  restored = 4,  // out of the bin
  merged = 5,    // became an alias of another record
  unmerged = 6,  // the alias was taken back
  erased = 7,    // a person's data were destroyed; the entry itself holds none
};

std::string_view name(EntryKind kind);

// One immutable line of the ledger. `plain` and `personal` are the exact JSON bytes that are stored and hashed;
// personal is absent (with its salt) after erasure, and "" with no personal fields at all.
struct Entry {
  Seq seq = 0;
  EntryKind kind = EntryKind::created;
  std::int32_t type = 0;  // RecordType::number
  Id record = 0;          // == seq for created
  Seq previous = 0;       // the record's entry before this one: a record's history is walked backwards by it
  Instant recorded_at;
  std::optional<Instant> occurred_at;  // nullopt: not known, only that it was before recorded_at (imported history)
  Id actor = 0;                        // member who did it; 0 = the system or the owner at the command line
  Id origin = 0;                       // the import (a record) that brought it; 0 = none
  std::string plain = "{}";
  std::optional<std::string> personal = "";

  bool operator==(const Entry&) const = default;
};

enum class RecordState : std::int32_t {
  live = 0,
  deleted = 1,  // in the bin since its last entry
  merged = 2,   // an alias of merged_into
};

// The fold of a record's entries. `body` holds every field that is not null, in stored form, in the order in which the
// entries set them.
struct Record {
  Id id = 0;
  std::int32_t type = 0;
  Seq version = 0;  // seq of the last entry about it
  RecordState state = RecordState::live;
  Id merged_into = 0;
  json::object body;
};

// Applies changed fields to a body: null clears, anything else sets. A new key goes to the end, the others keep their
// place, so that equal histories give equal bytes.
void fold(json::object& body, const json::object& changes);

// Applies the next entry of a record's history to it: fields, state, alias and version. Used by decide(), by verify and
// by the mart alike, so that a record is always the fold of its entries. Only `created` and `changed` carry fields in
// their plain and personal parts. `merged` carries {"into": id, "gave": [field, …]} in its plain part, the fields being
// those that the kept record took over by the entry right after it; `unmerged` {"took": [field, …]} in the same way;
// `erased` {"also": [id, …]}, the person's other records, erased by the entries right after it. Personal values that
// were erased count as never given. Throws a Fault (damaged) when the stored bytes make no sense.
void apply(Record& record, const Entry& entry);

}  // namespace traction
