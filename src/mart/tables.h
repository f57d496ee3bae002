// The mart's layout, derived from the schema: a table r_<type> with one row per version of every record, a view <type>
// of live records as they are now, the table `alias` that leads merged records to their root, and `mart`, which says
// whose state this is. Makes SQL; whoever calls it runs it. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/entry.h"
#include "mart/duckdb_db.h"
#include "metrics/fact.h"
#include "schema/schema.h"

namespace traction {

// seq_to of a version that is still the last.
inline constexpr Seq kCurrent = 9223372036854775807;

// The columns that every r_<type> begins with, in order; the fields follow.
enum VersionColumn : std::size_t {
  kIdColumn,
  kSeqFromColumn,
  kSeqToColumn,
  kEntryKindColumn,
  kStateColumn,
  kMergedIntoColumn,
  kActorColumn,
  kOriginColumn,
  kCreatedAtColumn,   // occurred_at of the creating entry; null = not known
  kOccurredAtColumn,  // of this version's entry
  kRecordedAtColumn,
  kFieldColumns,  // how many there are, and where the fields begin
};

// "r_deal"
std::string versions_table(const RecordType& type);

// What a column of that type holds.
ColumnKind column_kind(FieldType type);

// What an r_<type> holds column by column.
std::vector<ColumnKind> version_kinds(const RecordType& type);

// Makes what is missing of the layout: tables, columns of fields added since, views.
std::string create_tables(const Schema& schema);
std::string create_tables(const RecordType& type);

// A SELECT of live records in the form of the view <type>: the versions for which `condition` holds, in which `r` is
// the version. `versions` is the table in the place of r_<type>. Beside a reference that leads to the root of merged
// records, such as `contact`, stands the one that the record itself names, "named contact".
std::string live_records(const RecordType& type, const std::string& condition);
std::string live_records(const RecordType& type, const std::string& versions, const std::string& condition);

// Temporary views of a type as of the entry `last`, before the real ones by name: its versions known then, those ended
// since as lasting still, and its live records. `database` is where the real ones are; the table `alias` stands
// already.
std::string create_past(const RecordType& type, const std::string& database, Seq last);

// The schema with the fields of the workspace's own that it had at the entry `last`, as r_field knows them.
Schema with_own_fields(Connection& connection, Schema schema, Seq last = kCurrent);

// An empty fact table in the place of whatever was there.
std::string create_fact(const FactDefinition& fact);

// True for the types whose records can be merged, so that references to them lead to a root.
bool can_merge(std::string_view type_name);

// Fills the table `alias` from the records as they are.
std::string fill_alias(const Schema& schema);

// Tells one layout from another: record types with their own fields (not a workspace's) and facts.
std::string layout_digest(const Schema& schema, const std::vector<FactDefinition>& facts);

}  // namespace traction
