// Config: the settings of the program, declared once as a table: each with its name in a file, its environment
// variable, its flag and its default. A flag goes over the environment, that over the file, that over the default.
// Settings of a workspace (zone, currency) are records and not here. It reads one file and nothing else. Immutable once
// read, thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace traction {

struct Setting {
  enum class Kind { text, path, integer, boolean, choice, list };
  std::string name;   // in a file: "private_key"
  std::string about;  // one sentence
  std::string takes;  // what stands for the value in help: "FILE"
  Kind kind = Kind::text;
  std::string standard{};  // the default, as it is written in a flag
  std::int64_t min = 0, max = 0;
  std::vector<std::string> choices{};
  std::string environment{};  // "TRACTION_PRIVATE_KEY"
  std::string flag{};         // "--private-key"
};

// All of them, in the order in which they are shown.
std::span<const Setting> all_settings();

// A setting's value and where it came from.
struct Chosen {
  enum class Origin { standard, file, environment, flag };
  const Setting* setting = nullptr;
  std::string value;  // as it would be written in a flag; a list's parts with commas between
  Origin origin = Origin::standard;
  std::string place;  // "traction.toml:3", "TRACTION_LISTEN", "--listen"; "" = the default
};

std::string_view name(Chosen::Origin origin);

// Where values come from.
struct ConfigSources {
  std::map<std::string, std::string, std::less<>> flags;  // by flag, those of all_settings() and --config alone count
  std::function<std::optional<std::string>(const std::string&)> environment;
};

inline constexpr const char* kConfigFile = "traction.toml";  // in the data directory, unless --config names another

class Config {
 public:
  // Reads the file, if there is one, and settles every setting. Refused (not_found) when the file that was named cannot
  // be read, (invalid) with file and line when it is no TOML or a value is of the wrong form, (unknown) with the
  // nearest name for a key that is none. A relative path in a file begins at the file's folder.
  static Result<Config> read(const ConfigSources& sources);

  const Chosen& find(std::string_view setting) const;  // CHECKs that there is such a setting
  const std::string& text(std::string_view setting) const { return find(setting).value; }
  std::int64_t integer(std::string_view setting) const;
  bool flag(std::string_view setting) const;
  std::vector<std::string> list(std::string_view setting) const;

  const std::vector<Chosen>& all() const { return chosen_; }  // in the table's order
  const std::string& file() const { return file_; }           // that was read; "" = none

 private:
  std::vector<Chosen> chosen_;
  std::string file_;
};

}  // namespace traction
