// Clears what SQLite's secure_delete leaves behind: when it spreads the rows of a full page over others, copies of the
// rows that left can stay in the unused middle of the page, and outlive the erasure of the row itself. Internal to the
// SQLite ledger; one thread at a time, inside a write transaction.
#pragma once

#include <cstdint>

#include "store/sqlite.h"

namespace traction {

// Overwrites the unused middle of `count` pages from `first` (1 …) on. Returns the page to go on with; 0 at the end.
std::int64_t clear_gaps(sqlite::Database& database, std::int64_t first, std::int64_t count);

}  // namespace traction
