// Carrying out a command: runs its handler and turns what went wrong into an exit code and a sentence on standard
// error. The same for a command line of its own and for one that a server runs for another. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/console.h"

namespace traction {

class CommandSession;

enum Exit { kOk = 0, kFault = 1, kUsage = 2, kRefused = 3, kBusy = 4 };

// Runs the session's command; its exit code. HungUp passes through.
int carry_out(CommandSession& session);

// Says what is wrong on standard error, for people or, with `json`, for programs; returns `exit_code`.
int complain(Console& console, bool json, std::string_view code, const std::string& place, const std::string& sentence,
             int exit_code);

// The same for a refusal, with the exit code it stands for.
int complain(Console& console, bool json, const Refusal& refusal);

}  // namespace traction
