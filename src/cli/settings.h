// Settings on the command line: how the flags of a command and the environment become a Config (app/config.h, where the
// settings are declared). Stateless. Called once for every command, and by those that show or need all of them.
#pragma once

#include <vector>

#include "app/config.h"
#include "cli/arguments.h"

namespace traction {

// The flags of the settings that only a server needs.
std::vector<Option> setting_options();

// What the settings come to for a command. Refused as Config::read() refuses.
Result<Config> config_of(const Arguments& arguments);

}  // namespace traction
