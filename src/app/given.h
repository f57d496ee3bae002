// What a person writes for a field, into the form in which it is stored: names for references, local times, money with
// its decimals. One meaning for the command line's `field=value` and for the conditions of a list. Stateless,
// thread-safe as its reader is.
#pragma once

#include <string>
#include <string_view>

#include "app/resolve.h"
#include "base/zone.h"

namespace traction {

// What stands behind a text when it does not say: the workspace's currency and zone.
struct Locale {
  std::string currency = "USD";
  const Zone* zone = nullptr;
};
// From the settings record's body.
Locale locale_of(const json::object& settings);

// "2018-01-01T09:30:00Z", or in the zone "2018-01-01 09:30" and "2018-01-01" (as the day begins). Refused (invalid).
Result<Instant> parse_moment(std::string_view text, const Zone& zone);

// The record type a person means: by name or plural. Refused (unknown) with the nearest.
Result<const RecordType*> type_named(const Schema& schema, std::string_view name);

// The field a person means: by name, or "amount" for "amount_minor". Refused (unknown) with the nearest.
Result<const Field*> field_named(const RecordType& type, std::string_view name);

// The stored form of `text` under the name by which the field was called: money given as "amount" is in major units
// (1200.50), as "amount_minor" in minor ones. Empty text is null. `currency` is the record's.
Result<json::value> from_given(Reader& reader, const Schema& schema, const Field& field, std::string_view called,
                               std::string_view text, const Locale& locale, std::string_view currency);

}  // namespace traction
