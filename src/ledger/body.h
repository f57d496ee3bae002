// How a stored record's body is had from its creating entry, so that an unedited record needs no copy of its own.
// Shared by the implementations of the port. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace traction {

// The fields of both parts of an entry as one JSON object; `personal` may be "" or erased (nullopt).
std::string joined_body(std::string_view plain, const std::optional<std::string_view>& personal);

// The number of characters in UTF-8 text.
std::size_t characters(std::string_view text);

// Texts of fewer characters are not searched for: the search goes by groups of three.
inline constexpr std::size_t kShortestSearch = 3;

}  // namespace traction
