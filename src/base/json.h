// JSON in and out: Boost.JSON with a guard in front of it. Boost.JSON alone reads 1e400 as infinity, keeps the last of
// two equal keys and prints invalid UTF-8 as it came; this refuses them. Pure, thread-safe.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace traction {

namespace json = boost::json;

inline constexpr int kJsonDepth = 64;

// Reads one JSON value that takes all of `text`. Refused (invalid) with the place when it is not JSON, is deeper than
// kJsonDepth, holds a number that is not finite, the same key twice in one object, or text that is not UTF-8.
Result<json::value> parse_json(std::string_view text);

// Reads what we wrote ourselves (stored bytes); a Fault(damaged) when it is not an object.
json::object parse_stored(std::string_view bytes);

// True when every byte sequence is well-formed UTF-8 (RFC 3629) and there is no NUL.
bool is_text(std::string_view bytes);

}  // namespace traction
