// Export: the live records of a type as CSV or JSON lines, streamed, oldest first. What it writes as CSV comes back
// with the mapping that export_mapping() gives (docs/import.md). It opens no file; who may have the data, and the note
// in the audit, are the caller's. Stateless, thread-safe as its reader is. Called by cli/ and, later, the server.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ledger/ledger.h"
#include "schema/schema.h"

namespace traction {

enum class ExportFormat {
  // A header, then a row per record: id, created_at (RFC 3339, empty where unknown) and its fields. Money stands in
  // major
  // units in a column without "_minor"; a reference gives its record's title, and its id in a column of that name with
  // "_id". A deal also has first_stage.
  csv,
  // An object per line: id, created_at and the fields as the record holds them, instants as RFC 3339, references as
  // ids.
  json_lines,
};

// Writes all of it through `write`, in pieces of some kilobytes; the number of records. Refused (unknown, with the
// nearest) when there is no such type. `currency` is the workspace's.
Result<std::int64_t> export_records(Reader& reader, const Schema& schema, std::string_view type_name,
                                    ExportFormat format, std::string_view currency,
                                    const std::function<void(std::string_view)>& write);

// A mapping (TOML) by which the CSV of the type is imported into a workspace that has the records it refers to:
// references by name (those to records without one are left out), records known again by external id where the type
// has one. Deals keep their first and their present stage.
std::string export_mapping(const Schema& schema, const RecordType& type);

}  // namespace traction
