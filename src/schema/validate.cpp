#include <fmt/format.h>

#include <cmath>

#include "base/calendar.h"
#include "base/instant.h"
#include "base/money.h"
#include "base/text.h"
#include "schema/schema.h"

namespace traction {
namespace {

// Beyond these an instant is not in a year we take.
constexpr std::int64_t kFirstMicros = -2'208'988'800 * kSecond;  // 1900-01-01T00:00:00Z
constexpr std::int64_t kLastMicros = 7'258'118'400 * kSecond;    // 2200-01-01T00:00:00Z

// Sums of any number of such decimals that memory can hold stay finite.
constexpr double kLargestDecimal = 1e18;

tl::unexpected<Refusal> no(const Field& field, Code code, std::string sentence) {
  return refuse(code, field.name, std::move(sentence));
}

tl::unexpected<Refusal> wrong_kind(const Field& field, std::string_view wanted) {
  return no(field, Code::invalid, fmt::format("\"{}\" takes {}.", field.label, wanted));
}

tl::unexpected<Refusal> out_of_bounds(const Field& field, std::int64_t low, std::int64_t high) {
  return no(field, Code::invalid, fmt::format("\"{}\" must lie between {} and {}.", field.label, low, high));
}

std::optional<std::int64_t> whole(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64() && value.get_uint64() <= INT64_MAX) return static_cast<std::int64_t>(value.get_uint64());
  return std::nullopt;
}

Result<json::value> whole_between(const Field& field, const json::value& value, std::int64_t low, std::int64_t high,
                                  std::string_view wanted) {
  const std::optional<std::int64_t> number = whole(value);
  if (!number) return wrong_kind(field, wanted);
  low = std::max(low, field.min.value_or(low));
  high = std::min(high, field.max.value_or(high));
  if (*number < low || *number > high) return out_of_bounds(field, low, high);
  return json::value(*number);
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Result<json::value> stored_text(const Field& field, const json::value& value) {
  if (!value.is_string()) return wrong_kind(field, "text");
  const std::string_view text = value.get_string();
  if (is_blank(text)) return nullptr;
  if (text.size() > field.max_length)
    return no(field, Code::too_large,
              fmt::format("\"{}\" takes at most {} bytes; this has {}.", field.label, field.max_length, text.size()));
  if (!is_text(text))
    return no(field, Code::invalid, fmt::format("\"{}\" is not UTF-8 text, or has a NUL in it.", field.label));
  return value;
}

Result<json::value> stored_decimal(const Field& field, const json::value& value) {
  if (!value.is_number()) return wrong_kind(field, "a number");
  const double number = value.to_number<double>();
  if (!std::isfinite(number) || std::abs(number) > kLargestDecimal)
    return no(field, Code::invalid, fmt::format("\"{}\" is too large.", field.label));
  if ((field.min && number < static_cast<double>(*field.min)) ||
      (field.max && number > static_cast<double>(*field.max)))
    return out_of_bounds(field, field.min.value_or(static_cast<std::int64_t>(-kLargestDecimal)),
                         field.max.value_or(static_cast<std::int64_t>(kLargestDecimal)));
  return json::value(number);
}

Result<json::value> stored_date(const Field& field, const json::value& value) {
  if (!value.is_string()) return wrong_kind(field, "a date such as 2017-12-31");
  if (const Result<Date> date = parse_date(value.get_string()); !date)
    return no(field, date.error().code, date.error().sentence);
  return value;
}

Result<json::value> stored_instant(const Field& field, const json::value& value) {
  std::optional<std::int64_t> micros = whole(value);
  if (value.is_string()) {
    const Result<Instant> instant = parse_instant(value.get_string());
    if (!instant) return no(field, instant.error().code, instant.error().sentence);
    micros = instant->micros;
  }
  if (!micros) return wrong_kind(field, "an instant such as 2017-12-31T09:30:00Z");
  if (*micros < kFirstMicros || *micros >= kLastMicros)
    return no(field, Code::invalid,
              fmt::format("\"{}\" is not between the years {} and {}.", field.label, kFirstYear, kLastYear));
  return json::value(*micros);
}

Result<json::value> stored_choice(const Field& field, const json::value& value) {
  if (!value.is_string()) return wrong_kind(field, "one of " + enumerate(field.choices));
  const std::string_view choice = value.get_string();
  if (std::ranges::find(field.choices, choice) == field.choices.end())
    return no(field, Code::unknown,
              fmt::format("\"{}\" has no choice \"{}\"; it takes {}.{}", field.label, excerpt(choice),
                          enumerate(field.choices), did_you_mean(excerpt(choice), field.choices)));
  return value;
}

Result<json::value> stored_currency(const Field& field, const json::value& value) {
  if (!value.is_string()) return wrong_kind(field, "a currency code such as EUR");
  if (const Result<int> decimals = currency_decimals(value.get_string()); !decimals)
    return no(field, decimals.error().code, decimals.error().sentence);
  return value;
}

Result<json::value> stored_calendar(const Field& field, const json::value& value) {
  if (!value.is_object()) return wrong_kind(field, "working hours per weekday and holidays");
  const Result<Calendar> calendar = Calendar::parse(value.get_object());
  if (!calendar)
    return refuse(calendar.error().code, field.name + "." + calendar.error().field, calendar.error().sentence);
  return json::value(calendar->to_json());
}

// Where each field of the type is in `fields`, null where it is not given. Bodies come mostly in definition order, so
// the search for the next key goes on from the last one found.
Result<std::vector<const json::value*>> locate(const RecordType& type, const json::object& fields) {
  std::vector<const json::value*> given(type.fields.size());
  std::size_t next = 0;
  for (const auto& [key, value] : fields) {
    const std::string_view name = key;
    std::size_t tried = 0;
    for (; tried < given.size(); ++tried, ++next) {
      if (next >= given.size()) next = 0;
      if (type.fields[next].name == name) break;
    }
    if (tried == given.size())
      return refuse(Code::unknown, excerpt(name),
                    fmt::format("{} has no field \"{}\".{}", type.label, excerpt(name),
                                did_you_mean(excerpt(name), type.field_names())));
    const Field& field = type.fields[next];
    if (field.system)
      return no(field, Code::forbidden, fmt::format("\"{}\" follows from other changes; leave it out.", field.label));
    given[next++] = &value;
  }
  return given;
}

}  // namespace

Result<json::value> to_stored(const Field& field, const json::value& value) {
  if (value.is_null()) return nullptr;
  switch (field.type) {
    case FieldType::text:
      return stored_text(field, value);
    case FieldType::integer:
      return whole_between(field, value, INT64_MIN, INT64_MAX, "a whole number");
    case FieldType::decimal:
      return stored_decimal(field, value);
    case FieldType::boolean:
      if (!value.is_bool()) return wrong_kind(field, "true or false");
      return value;
    case FieldType::date:
      return stored_date(field, value);
    case FieldType::instant:
      return stored_instant(field, value);
    case FieldType::duration:
      return whole_between(field, value, -kLongestSeconds, kLongestSeconds, "whole seconds");
    case FieldType::money:
      return whole_between(field, value, -kLargestMinor, kLargestMinor, "a whole number of minor units");
    case FieldType::currency:
      return stored_currency(field, value);
    case FieldType::choice:
      return stored_choice(field, value);
    case FieldType::reference:
      return whole_between(field, value, 1, INT64_MAX, "the id of a record");
    case FieldType::calendar:
      return stored_calendar(field, value);
  }
  return nullptr;
}

Result<json::object> validate(const RecordType& type, const json::object& fields, bool creating) {
  Result<std::vector<const json::value*>> given = locate(type, fields);
  if (!given) return refuse(given);
  json::object result;
  result.reserve(fields.size() + (creating ? 4 : 0));
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const Field& field = type.fields[i];
    const json::value* value = (*given)[i];
    if (value == nullptr && (!creating || field.system)) continue;
    Result<json::value> stored = value == nullptr ? json::value(nullptr) : to_stored(field, *value);
    if (!stored) return refuse(stored);
    if (creating && stored->is_null()) *stored = field.initial;
    if (stored->is_null() && field.required)
      return no(field, Code::required, fmt::format("{} needs \"{}\".", type.label, field.label));
    if (stored->is_null() && creating) continue;
    result.emplace(field.name, std::move(*stored));
  }
  return result;
}

}  // namespace traction
