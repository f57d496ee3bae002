// Takes what was erased out of the places where SQLite leaves copies of it: the search index, unused space in pages,
// the log. Works in many small transactions, so that others write in between. Internal to the SQLite ledger; any
// thread.
#pragma once

#include <string>

#include "ledger/sqlite_turn.h"
#include "store/sqlite.h"

namespace traction {

// Does nothing when nothing was erased since the last time. What is erased meanwhile needs another scrub. Waits up to a
// minute for readers of an older state, then a Fault.
void scrub(sqlite::Database& writer, Turns& turns);

}  // namespace traction
