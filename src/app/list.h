// Lists of records: newest first from the ledger's store (always there, even while the mart is not); filtered or sorted
// from the mart. Pages follow a cursor that names the last record shown, so that what is added meanwhile neither
// repeats nor hides a row. Stateless, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/workspace.h"

namespace traction {

// One condition: field, operator, text. The field may reach through references: "stage.kind", "owner.team".
struct ListFilter {
  enum class Is { equal, not_equal, less, less_equal, greater, greater_equal, contains };
  std::string field;
  Is is = Is::equal;
  std::string value;  // as a person writes it: a name or id for a reference, "1200.50" for money; "" = empty
};

// Reads "amount>=1000", "stage=Won", "name~corp". Refused (invalid) when there is no operator in it.
Result<ListFilter> parse_list_filter(std::string_view text);

struct ListQuery {
  std::string type;
  std::vector<ListFilter> where;  // all of them hold
  std::string sort;               // a field, "id" or "created_at"; "" = newest first
  bool descending = false;        // empty values come last either way; equal ones newest first
  std::size_t limit = 50;         // at most kLongestPage
  std::string cursor;             // Page::next of the page before; "" = the first
  Seq at_least = kHead;           // the entry that a filtered or sorted list must know (Workspace::mart_at)
};

inline constexpr std::size_t kLongestPage = 10'000;

struct Page {
  std::vector<StoredRecord> records;  // live
  std::string next;                   // "" at the end
  Seq known = 0;                      // every entry up to this one counted; later ones may have
};

// One page. Refused: unknown type or field (with the nearest), invalid operator, value or cursor.
Result<Page> list(Workspace& workspace, const ListQuery& query);

}  // namespace traction
