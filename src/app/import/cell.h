// Cells: one cell of a file as a value of a field, by the form that the mapping declares for its column. Nothing is
// guessed: a cell that is not of that form is refused with a sentence. No state, thread-safe. plan.cpp calls it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/import/mapping.h"
#include "base/zone.h"

namespace traction {

// The cell without blanks at its ends, translated; "" when it is one of the form's empty values.
std::string_view plain_cell(const CellForm& form, std::string_view cell);

// The same number with a point and no grouping. Refused (invalid) when a mark stands where the form does not have it:
// "13,75" with a point as decimal mark, "1,23,456" with groups.
Result<std::string> plain_number(const CellForm& form, std::string_view cell);

// A local day, or a moment where the cell has a time of day too. Without a declared form: ISO 8601, with an offset when
// there is a time.
struct When {
  Date day;
  std::optional<Instant> moment;  // absent: the cell names a day alone
};
Result<When> read_when(const CellForm& form, const Zone& zone, std::string_view cell);

// The moment: of a day alone, its first in the zone.
Result<Instant> read_instant(const CellForm& form, const Zone& zone, std::string_view cell);

// A value in stored form; null for an empty cell. `cell` as plain_cell() gives it. Not for references.
Result<json::value> read_cell(const CellForm& form, const Zone& zone, const Field& field, std::string_view cell,
                              std::string_view currency);

// True for a cell that read_when() takes without a declared form.
bool is_iso(std::string_view cell);

// Which of the common forms would read such a cell: "%m/%d/%Y", "%d/%m/%Y", both or others, joined for a sentence.
std::string likely_date_forms(std::string_view cell);

}  // namespace traction
