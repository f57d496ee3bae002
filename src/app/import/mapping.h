// Mapping: what the columns of a file mean, read from a TOML file (docs/import.md): which records a row makes, which
// column, constant or text each field takes, how dates and numbers are written, which values are translated. It is
// checked against the schema; it opens no file and reads no row. Not changed once bound to a header, then thread-safe.
// app/import is the caller.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/import/csv.h"
#include "base/result.h"
#include "schema/schema.h"

namespace traction {

// How the cells of a column are written.
struct CellForm {
  std::string date;                                        // as strptime takes it, such as "%m/%d/%Y"; "" = ISO 8601
  char decimal = '.';                                      // decimal mark
  char grouping = 0;                                       // between groups of three digits; 0 = none
  std::set<std::string, std::less<>> empty;                // values that stand for an empty cell
  std::map<std::string, std::string, std::less<>> values;  // translations, of the trimmed cell
};

// Where a value comes from.
struct ValueSource {
  enum class Kind {
    column,    // the cell of column `text`
    constant,  // `text` itself
    pattern,   // `text` with each {column} replaced by its cell
    record,    // the record that this row makes or finds under the name `text`
  };
  Kind kind = Kind::constant;
  std::string text;
  std::string by = "name";  // references: the field of the other record that is compared; "id" for its id
  bool may_miss = false;    // references: a name that is not found leaves the field empty
  int line = 0;
  int column = -1;                 // its place in the header, once bound
  const CellForm* form = nullptr;  // of the column, once bound
};

struct FieldSource {
  const Field* field = nullptr;  // in the schema the mapping was read with
  ValueSource source;
};

// One stay of a deal in a stage, told by columns.
struct HistoryStep {
  ValueSource stage;
  ValueSource on;
};

enum class Same { skip, update, refuse };

// One record that each row makes.
struct RecordMapping {
  std::string type;
  std::string as;          // its name for the records after it in the row; the type's name unless given
  std::string key;         // the field by which a record is known again; "" = every row makes a new one
  Same same = Same::skip;  // what to do with one that is there already
  std::string when;        // a column; the record is made only where it is not empty; "" = always
  std::optional<ValueSource> occurred;
  std::vector<FieldSource> fields;
  std::vector<HistoryStep> history;
  int line = 0;
};

struct StageSetup {
  std::string name;
  std::string kind;
};

struct Mapping {
  std::string path;
  std::string text;
  CsvOptions csv;
  std::string file;  // what such a file is usually called; "" = not said
  std::string zone;  // of dates and times without an offset; "" = the workspace's
  CellForm form;     // for columns without one of their own
  std::map<std::string, CellForm, std::less<>> columns;
  std::string pipeline;            // in which stages are looked up; "" = the only one
  std::vector<StageSetup> stages;  // of that pipeline, made when the workspace has no such pipeline
  std::vector<RecordMapping> records;

  const CellForm& form_of(std::string_view column) const;
  // "maps/deals.toml:12"
  std::string place(int line) const;
  // Finds every named column in a file's header. Refused (unknown, with the nearest) when one is missing, (duplicate)
  // when the header has it twice, with the line of the mapping as field. The mapping is not moved or copied afterwards.
  Result<void> bind(const std::vector<std::string>& header);
  // The columns that are read as dates or times.
  std::set<std::string> dated_columns() const;
  // Every column that is named somewhere, with the line of its first use.
  std::map<std::string, int> named_columns() const;
  // The types whose records a row makes, and those it refers to without making them.
  std::set<std::string> made_types() const;
  std::set<std::string> needed_types() const;
};

// Reads a mapping. Refused with `field` = "deals.toml:12" at the first mistake: no TOML, an unknown key, type, field or
// option, a field of the rules alone (system), a reference by a field that the other type has not, a required field
// without a source, history for another type than deal, an activity without `occurred`.
Result<Mapping> parse_mapping(const std::string& path, const std::string& text, const Schema& schema);

}  // namespace traction
