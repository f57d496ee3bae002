// Subcommand and Arguments: what the program can be asked, as data, and what was asked of it. The one place that knows
// the argument parser is arguments.cpp. Values, thread-safe.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace traction {

class CommandSession;

struct Positional {
  const char* name;
  const char* about;
  enum class Count { one, optional, some, any } count = Count::one;
};

struct Option {
  const char* name;  // "--by"
  const char* about;
  const char* value = nullptr;  // what it takes, as in "DATE"; null for a flag
  bool many = false;            // may be given several times
};

// One command of the program. The handler gives the exit code.
struct Subcommand {
  const char* name;
  const char* group;
  const char* about;
  const char* example;
  std::vector<Positional> positionals;
  std::vector<Option> options;
  Result<int> (*handler)(CommandSession&);
  bool here = false;  // runs in this program even while a server owns the data directory
};

struct Arguments {
  const Subcommand* command = nullptr;
  std::string data;       // --data, may be empty
  std::string workspace;  // --workspace, may be empty
  std::string config;     // --config, may be empty
  bool json = false;
  std::map<std::string, std::vector<std::string>, std::less<>> values;  // by positional or option name

  bool has(std::string_view name) const { return values.contains(name); }
  // The single value, or empty when it was not given.
  std::string one(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
};

// What to do: run a verb, or print a text and leave with that exit code (help, version, a usage error).
struct Said {
  std::string text;
  int exit_code = 0;
};
std::variant<Arguments, Said> parse_arguments(int argc, char** argv, std::span<const Subcommand> verbs);

}  // namespace traction
