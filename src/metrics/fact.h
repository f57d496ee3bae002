// FactDefinition: one fact table of the mart as declared by definitions/facts/<name>.sql. The file opens with a TOML
// header in lines that begin with "--|", followed by one SELECT that builds the table from the record views and from
// facts named earlier. The mart (mart/) builds and keeps the tables; the metric compiler here reads columns and roles.
// Pure.
//
// Header:
//   name, version, about, grain (a sentence), key (column that says whose rows are recomputed together),
//   reads = [...] (record types and facts), order (build order, ascending),
//   at = "clip" (default) or "rebuild": how the table is seen at an earlier instant T of the world.
//     clip: rows whose start is at or after T are not there; where the end or a `later` column is at or after T, it and
//     all columns `with` it are as before. rebuild: the SELECT is run over the clipped facts it reads, for the keys
//     that need it; rows not settled at T are such keys, all others are clipped.
//   [columns.NAME] type = reference|instant|date|integer|decimal|boolean|money|currency|choice|duration|text
//                  references = "deal" (for reference), about, role = "start" | "end"
//                    | "seen" (from which on a row is there, where that is not its start)
//                    | "settled" (null where clipping tells all of a row, else the last instant that it came to be by)
//                  later = true (an instant that may lie behind the row's start)
//                  with = "closed_at" (the end or a later column that it came with),
//                  before = "owner_now" (the column that holds what it was before; else null, or of a boolean, false)
//                  merge = "count"|"sum"|"min"|"max"|"first"|"last" (facts kept by merging appended entries; first and
//                  last take the value from the row whose column named by `by` is least or greatest)
//   [rollups.NAME] by = [columns], sums = [whole-numbered columns]: a table NAME with one row per combination of `by`
//   that
//     occurs: how many cases (`cases`), and of each of `sums` their sum and how many are known (`<sum>_known`).
//     Questions of counts, sums and shares whose columns are all among `by` are answered from it. A date comes first in
//     `by`.
//   [touched] SOURCE = "SELECT … AS key …": the keys whose rows may differ after a change of that source, one of
//     `reads`. It may give too many keys, never too few. Besides tables, views and facts it sees
//       changed_<source>  what this catch-up created or changed: (id, is_new) of a record type, (key) of a fact
//       {was TYPE}        live records changed now that were there before, as they were; {now TYPE}: as they are
//       was_<fact>        the rows that the changed keys had before, and now_<fact> those that they have
//       moved             (id) accounts and contacts whose root changed by merging, with their old and new roots; a
//                         SELECT with "FROM moved" is asked when there are any, whatever its source
//   The same queries lead back from the present to what was known earlier (mart/backwards.h): then "now" is that
//   earlier state, "was" the present, and nothing is new.
// The SELECT says with {keys EXPR} whose rows it gives and, when merged, with {new EXPR} which record is appended: one
// of the first type in `reads`. Beside the root that a reference leads to, a view has what the record names, which can
// be looked for where it is stored: with {named EXPR} a SELECT by contact or account says of which contacts, merged
// ones among them, rows are wanted.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/schema.h"

namespace traction {

struct FactColumn {
  std::string name;
  FieldType type = FieldType::text;
  std::string references;
  std::string about;
  bool start = false;
  bool end = false;
  bool seen = false;
  bool settled = false;
  bool later = false;
  std::string with, before;
  std::string merge;  // "" = not merged
  std::string by;     // for merge first and last: the column that orders
};

struct Rollup {
  static constexpr const char* kCases = "cases";
  static std::string known(const std::string& sum) { return sum + "_known"; }

  std::string name;
  std::vector<std::string> by, sums;
};

struct FactDefinition {
  std::string name;
  int version = 1;
  int order = 0;
  std::string about, grain, key;
  bool rebuild_at = false;
  std::vector<std::string> reads;
  std::vector<FactColumn> columns;
  std::vector<Rollup> rollups;                 // from the one with the fewest columns
  std::map<std::string, std::string> touched;  // source → SELECT of keys
  std::string select;                          // the SQL below the header, with placeholders: run sql()

  const FactColumn* column(std::string_view column_name) const;  // or null
  const FactColumn* start() const;
  const FactColumn* end() const;
  const FactColumn* seen() const;  // or else the start
  const FactColumn* settled() const;
  bool merges() const;  // kept by merging appended entries
  bool clips() const;   // what it says of an earlier instant differs from what it says now

  // The SELECT with its placeholders filled in: each {keys EXPR}, {new EXPR} and {named EXPR} becomes the given
  // condition with EXPR in the place of '%', or TRUE where none is given. sql() alone builds the whole table.
  std::string sql(std::string_view keys = {}, std::string_view news = {}, std::string_view named = {}) const;
};

// The column beside an amount that holds it in the workspace's currency: "amount_minor" → "amount_converted_minor". It
// goes with a column rate_on, the day whose rate it is by, which is null while that is not settled.
std::string converted_column(std::string_view amount);

// Reads all fact definitions, in build order. Refused with "facts/touch.sql:3" at the first mistake.
Result<std::vector<FactDefinition>> load_facts(std::span<const DefinitionFile> files);

}  // namespace traction
