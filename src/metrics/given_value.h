// Names and values as definitions give them: whether a text can be the name of a metric; and a value as the condition
// of a metric's definition gives it, before it is compared with a column: its text, and whether that can be of the
// column's type. Pure, thread-safe. Called by load.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "schema/schema.h"

namespace traction {

inline constexpr std::size_t kLongestName = 60;

// Lower-case letters, digits and underscores, a letter first; at most kLongestName.
bool is_metric_name(std::string_view text);

// Texts, numbers and booleans; all are compared as the column's type later. Nothing for anything else.
std::optional<std::string> value_text(const json::value& value);

// Whether it can be compared with a column: "" stands for empty, "past" and "future" are instants and days.
bool fits(FieldType type, const std::string& text);

}  // namespace traction
