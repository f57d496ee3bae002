// convert: an amount in another currency, by a rate. The rate counts as the decimal of 15 digits it is written as
// (1.1, not the nearest double), so that what somebody works out by hand comes out to the last minor unit. Pure,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace traction {

// `minor` minor units of `from` as minor units of `to`, one whole unit of `from` being worth `rate` of `to`; halves are
// rounded away from zero. Nullopt for a rate that is not above 0, a currency that does not exist, or a result too
// large.
std::optional<std::int64_t> convert_minor(std::int64_t minor, std::string_view from, double rate, std::string_view to);

}  // namespace traction
