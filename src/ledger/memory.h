// A ledger that lives in memory, for tests and for the simulator: the plainest thing that fulfils the port. Every value
// is kept with the number of the commit that wrote it, so that a snapshot is a number. It keeps nothing when it ends
// and its search looks at every record. Any thread; a second writer waits for the first without limit.
#pragma once

#include <memory>
#include <string>

#include "ledger/ledger.h"

namespace traction {

// An empty ledger with this ledger_id. backup() writes nothing but a Fault: there is no file to copy.
std::unique_ptr<Ledger> memory_ledger(std::string ledger_id = "memory");

}  // namespace traction
