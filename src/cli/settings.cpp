#include "cli/settings.h"

#include <cstdlib>

namespace traction {
namespace {

// Those that every command takes (arguments.cpp).
bool is_common(const Setting& setting) { return setting.name == "data" || setting.name == "workspace"; }

}  // namespace

std::vector<Option> setting_options() {
  std::vector<Option> options;
  for (const Setting& each : all_settings())
    if (!is_common(each)) options.push_back({each.flag.c_str(), each.about.c_str(), each.takes.c_str()});
  return options;
}

Result<Config> config_of(const Arguments& arguments) {
  ConfigSources sources;
  const auto give = [&](const char* flag, const std::string& value) {
    if (!value.empty()) sources.flags[flag] = value;
  };
  give("--data", arguments.data);
  give("--workspace", arguments.workspace);
  give("--config", arguments.config);
  for (const Setting& each : all_settings())
    if (!is_common(each) && arguments.has(each.flag)) sources.flags[each.flag] = arguments.one(each.flag);
  sources.environment = [](const std::string& variable) -> std::optional<std::string> {
    const char* value = std::getenv(variable.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  return Config::read(sources);
}

}  // namespace traction
