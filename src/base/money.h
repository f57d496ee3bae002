// Money: whole minor units of a currency; no floating point touches it. Values, thread-safe. Rates between currencies
// are not known here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace traction {

// Largest amount taken, in minor units, either sign: 10^15 (ten thousand billion of a two-decimal currency). Sums of
// nine thousand such amounts still fit 64 bits.
inline constexpr std::int64_t kLargestMinor = 1'000'000'000'000'000;

// Decimals of an ISO 4217 currency ("EUR" → 2, "JPY" → 0, "KWD" → 3). Refused (unknown) for anything else.
Result<int> currency_decimals(std::string_view currency);

// Reads "1234.5", "-3", "1234.50" as minor units. Only '.' as decimal point and no grouping: a caller that knows better
// (import) rewrites first. Refused (invalid) for more decimals than the currency has, exponents, other characters or
// amounts over kLargestMinor.
Result<std::int64_t> parse_minor(std::string_view text, std::string_view currency);

// "10005534.00": the amount with the currency's decimals, no grouping.
std::string format_minor(std::int64_t minor, std::string_view currency);

}  // namespace traction
