// A ledger in one SQLite file (with its -wal and -shm beside it while in use). Several SqliteLedgers, also of several
// programs, may share a file: one writes at a time, the others wait and at last give up with a Fault. Readers
// have connections of their own, kept for the next reader. After the machine failed in writing (Fault disk or
// unknown_outcome) this object refuses to write any more, since a failed fsync may not be repeated; reading goes on,
// and a new object may write again. Any thread.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/ledger.h"

namespace traction {

struct SqliteLedgerOptions {
  std::string path;
  bool create = true;    // make the file when there is none
  std::string vfs{};     // "" = the operating system's; tests put their own disk here
  int wait_ms = 10'000;  // how long to wait for another writer
  bool durable = true;   // false: a commit returns before it is on the disk. For what can be done again from the start
};

// Opens a ledger file, or makes one with a ledger_id drawn from `random`. Refused with the file's name: not_found,
// invalid (another program's file, or a newer format), damaged. Fault when the machine fails or SQLite is too old.
Result<std::unique_ptr<Ledger>> open_sqlite_ledger(const SqliteLedgerOptions& options, Random& random);

}  // namespace traction
