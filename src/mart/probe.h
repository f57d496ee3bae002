// Probe: tries a DuckDB file in a child process, because a bad one can end the process that opens it. The child is this
// same program, started anew; it never gets as far as main(). Thread-safe. Called by Mart before it opens a file.
#pragma once

#include <string>

namespace traction {

// True when a child could open the file and read the mart's own table in it. False when it failed, crashed or took
// longer than a minute. Fault(internal) when another program has the file open, Fault(disk) when no child can be
// started.
bool opens_in_child(const std::string& path);

}  // namespace traction
