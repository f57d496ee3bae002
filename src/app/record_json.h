// Records and entries as JSON for programs: the one form that the API and the command line give. Fields stand as they
// are stored, except that instants are RFC 3339 texts in UTC. Stateless but for Titles; thread-safe as its reader is.
#pragma once

#include <string>
#include <unordered_map>

#include "ledger/ledger.h"
#include "schema/schema.h"

namespace traction {

// What records are called, looked up once each.
class Titles {
 public:
  Titles(Reader& reader, const Schema& schema) : reader_(reader), schema_(schema) {}
  const std::string& of(const RecordType& type, Id id);
  const Schema& schema() const { return schema_; }

 private:
  Reader& reader_;
  const Schema& schema_;
  std::unordered_map<Id, std::string> titles_;
};

// {"id", "type", "version", "state": "live" | "deleted" | "merged", "merged_into" of a merged one, "fields", and with
// `titles` the names of the records it refers to, by field}.
json::object record_json(const RecordType& type, const StoredRecord& record, Titles* titles = nullptr);

// {"seq", "kind", "recorded_at", "occurred_at" or null, "actor", "origin", "erased", "fields": those it set}.
json::object entry_json(const RecordType& type, const Entry& entry);

}  // namespace traction
