// Erasing a person: the entries' personal values and salts, what the store kept of them, the mart's file; and the list
// in the control store by which a restored backup forgets them again. Called by the command line (and later the
// server), one at a time per workspace.
#pragma once

#include "app/directory.h"

namespace traction {

// Erases the record `id` of `type` and what is told of it elsewhere, leaving the numbers as they are. Refused as
// decide() refuses; then nothing has happened. A kill in between is made good when the workspace is next opened. `key`
// is the command's idempotency key.
Result<Outcome> erase(Directory& directory, Workspace& workspace, const std::string& type, Id id, Id actor,
                      const std::string& key = "");

// Erases again what a list of erasures names, where the workspace still has it: one that came from a backup and has no
// mart yet. Returns how many records.
Result<std::int64_t> reapply_erasures(Directory& directory, Workspace& workspace,
                                      const std::vector<Control::Erasure>& erasures);

}  // namespace traction
