// The command line: `traction COMMAND …`. It parses arguments, lets a server that owns the data directory carry the
// command out, or does it itself, and gives the exit code: 0 ok, 1 fault, 2 usage, 3 refused or not found, 4 busy or
// locked. Called once, by main.
#pragma once

namespace traction {

int run(int argc, char** argv);

}  // namespace traction
