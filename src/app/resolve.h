// How people name records: by id, external id or exact name; and what a record is called when it is shown. Reads the
// ledger's store alone, so it works while the mart does not. Stateless, thread-safe as its reader is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/ledger.h"
#include "schema/schema.h"

namespace traction {

// The live record of `type` that `text` names: "#12" or "12" by id, else by external id, else by exact name. A merged
// record's name leads to the one it became. A stage may be written "Pipeline/Stage". Refused (not_found) with near
// names, or (invalid) when it names several, each with its id.
Result<Id> resolve(Reader& reader, const Schema& schema, const RecordType& type, std::string_view text);

// The same, but an id names its record in whatever state: deleted, merged too.
Result<Id> resolve_any(Reader& reader, const Schema& schema, const RecordType& type, std::string_view text);

// resolve() among the stages of one pipeline.
Result<Id> resolve_stage(Reader& reader, const Schema& schema, Id pipeline, std::string_view text);

// A record's name for people: the value of its title field, else "deal #12". Erased and unknown ones have only that.
std::string title_of(const RecordType& type, Id id, const json::object& body);
std::string title_of(Reader& reader, const RecordType& type, Id id);

// The record at the end of a chain of merges; the record itself when it was not merged, nullopt when there is none.
std::optional<StoredRecord> root_of(Reader& reader, const RecordType& type, Id id);

}  // namespace traction
