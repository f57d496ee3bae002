// Forwarding: while a server owns a data directory, the command line hands its command over to it through the socket
// DIR/sock and prints what comes back, so that a command gives the same with and without a server. Both ends are here
// (forward.cpp the caller's, command_route.cpp the server's) with the form of what goes between them.
//
// POST /command takes {"arguments", "data", "workspace", "folder", "columns", "colour", "progress"} and answers with
// frames until one of kind `ended`: a byte for the kind, four for the length (the greatest first), then so many bytes.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/arguments.h"
#include "cli/console.h"
#include "http/route.h"

namespace traction {

enum class Frame : char {
  out = 'o',       // text for standard output
  err = 'e',       // for standard error
  catching = 'c',  // from now on Ctrl-C is told to the server: POST /command/stop with {"run": this number}
  ended = 'x',     // the exit code
};

// Where a server of this data directory listens.
std::string socket_of(const std::string& data);

// Lets the server that owns the console's data directory carry the command out; its exit code. nullopt when there is no
// server, or the command is one that runs here in any case. `words` are the arguments as they were typed.
std::optional<int> forward(const Arguments& arguments, const std::vector<std::string>& words, Console& console);

// The server that owns the directory, as it says itself; nullopt when there is none.
struct RunningServer {
  std::int64_t process = 0;
  std::string address;
};
std::optional<RunningServer> server_of(const std::string& data);

// The server's end. They answer over the socket alone, and are not part of the API that others may use. `ending`
// interrupts those commands that can be.
std::vector<Route> command_routes(std::function<std::string()> address, std::stop_token ending);

}  // namespace traction
