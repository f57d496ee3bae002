#include "http/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

namespace traction {
namespace {

constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                 spdlog::level::err, spdlog::level::off};

spdlog::logger& logger() {
  static const auto made = [] {
    auto one = std::make_shared<spdlog::logger>("traction", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    one->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    one->set_level(spdlog::level::warn);
    one->flush_on(spdlog::level::debug);
    return one;
  }();
  return *made;
}

}  // namespace

std::span<const std::string> log_levels() {
  static const std::vector<std::string> names{"debug", "info", "warning", "error", "off"};
  return names;
}

void set_log_level(std::string_view level) {
  const auto names = log_levels();
  const auto found = std::ranges::find(names, level);
  if (found != names.end()) logger().set_level(kLevels[found - names.begin()]);
}

void log(LogLevel level, std::string_view line) {
  std::string text(line);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  logger().log(kLevels[static_cast<int>(level)], text);
}

}  // namespace traction
