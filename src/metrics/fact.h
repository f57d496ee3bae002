// FactDefinition: one fact table of the mart as declared by definitions/facts/<name>.sql. The file opens with a TOML
// header in lines that begin with "--|", followed by one SELECT that builds the table from the record views and from
// facts named earlier. The mart (mart/) builds and keeps the tables; the metric compiler here reads columns and roles.
// Pure.
//
// Header:
//   name, version, about, grain (a sentence), key (column that says whose rows are recomputed together),
//   reads = [...] (record types and facts), order (build order, ascending)
//   [columns.NAME] type = reference|instant|date|integer|decimal|boolean|money|currency|choice|duration|text
//                  references = "deal" (for reference), about, role = "start" | "end" (see at_clip),
//                  clears = true (a column that is only true once the row has ended: null when clipped),
//                  merge = "count"|"sum"|"min"|"max"|"last" (facts kept by merging appended entries)
//   at = "clip" (default) or "rebuild": how the table is seen at an earlier instant of the world.
//     clip: rows whose start is at or after T are not there; where the end is at or after T, it and all `clears`
//     columns are null. rebuild: the SELECT is run over the clipped facts it reads.
#pragma once

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
  bool clears = false;
  std::string merge;  // "" = not merged
};

struct FactDefinition {
  std::string name;
  int version = 1;
  int order = 0;
  std::string about, grain, key;
  bool rebuild_at = false;
  std::vector<std::string> reads;
  std::vector<FactColumn> columns;
  std::string select;  // the SQL below the header

  const FactColumn* column(std::string_view column_name) const;  // or null
  const FactColumn* start() const;
  const FactColumn* end() const;
};

// Reads all fact definitions, in build order. Refused with "facts/touch.sql:3" at the first mistake.
Result<std::vector<FactDefinition>> load_facts(std::span<const DefinitionFile> files);

}  // namespace traction
