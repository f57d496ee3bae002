// The answer to a command that was done before, had from its entries: idempotency keys remember which entries a command
// wrote, not what was answered. Used by the writer alone; as thread-safe as the reader it is given.
#pragma once

#include "app/outcome.h"
#include "domain/command.h"
#include "ledger/ledger.h"
#include "schema/schema.h"

namespace traction {

// The outcome of this very command, whose entries are the remembered ones. A change that changed nothing left no entry:
// it is answered with the record's version before the command's next entry.
Outcome repeat(Reader& reader, const Schema& schema, const Command& command, const Remembered& remembered);

}  // namespace traction
