// Log: what the server tells whoever keeps it, as lines on standard error: its start and stop, and what failed. Nothing
// per request, and nothing of what is in records. The one place that knows the logging library is log.cpp. Any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace traction {

enum class LogLevel { debug, info, warning, error, off };

// By name, as the setting log_level has them, from the chattiest.
std::span<const std::string> log_levels();

// What is below `level`, one of log_levels(), is not written; at first, what is below "warning".
void set_log_level(std::string_view level);

// Writes one line. Control characters in it are shown as spaces.
void log(LogLevel level, std::string_view line);

}  // namespace traction
