#include "app/given.h"

#include <fmt/format.h>

#include <charconv>

#include "base/check.h"
#include "base/text.h"

namespace traction {

Locale locale_of(const json::object& settings) {
  Locale locale;
  const auto text = [&](std::string_view key, std::string_view otherwise) {
    const json::value* value = settings.if_contains(key);
    return std::string(value && value->is_string() ? std::string_view(value->get_string()) : otherwise);
  };
  locale.currency = text("currency", "USD");
  const auto zone = Zone::find(text("zone", "UTC"));
  locale.zone = zone ? *zone : *Zone::find("UTC");
  return locale;
}

Result<Instant> parse_moment(std::string_view given, const Zone& zone) {
  const std::string_view text = trim(given);
  const auto no = [&] {
    return refuse(Code::invalid, "",
                  fmt::format("\"{}\" is not a time: write 2018-01-31, \"2018-01-31 09:30\" or 2018-01-31T09:30:00Z.",
                              text.substr(0, 60)));
  };
  if (const auto exact = parse_instant(text)) return exact;
  const auto day = parse_date(text.substr(0, 10));
  if (!day) return no();
  if (text.size() == 10) return zone.start_of(*day);
  if ((text[10] != ' ' && text[10] != 'T') || (text.size() != 16 && text.size() != 19)) return no();
  // What is left is read as UTC, so that one reader knows what a time of day is.
  const auto clock = parse_instant(fmt::format("2000-01-01T{}{}Z", text.substr(11), text.size() == 16 ? ":00" : ""));
  if (!clock) return no();
  const Instant midnight = *parse_instant("2000-01-01T00:00:00Z");
  return zone.at(*day, static_cast<std::int32_t>((clock->micros - midnight.micros) / kSecond));
}

Result<const RecordType*> type_named(const Schema& schema, std::string_view name) {
  if (const RecordType* type = schema.type(name)) return type;
  for (const RecordType& type : schema.types())
    if (type.plural == name) return &type;
  return refuse(Code::unknown, "type",
                fmt::format("There is no record type \"{}\".{} There are: {}.", name,
                            did_you_mean(name, schema.type_names()), enumerate(schema.type_names())));
}

Result<const Field*> field_named(const RecordType& type, std::string_view name) {
  if (const Field* field = type.field(name)) return field;
  if (const Field* money = type.field(fmt::format("{}_minor", name)); money && money->type == FieldType::money)
    return money;
  return refuse(
      Code::unknown, std::string(name),
      fmt::format("A {} has no field \"{}\".{}", lower(type.label), name, did_you_mean(name, type.field_names())));
}

Result<json::value> from_given(Reader& reader, const Schema& schema, const Field& field, std::string_view called,
                               std::string_view text, const Locale& locale, std::string_view currency) {
  const auto at_field = [&](Refusal refusal) {
    refusal.field = field.name;
    return tl::unexpected<Refusal>(std::move(refusal));
  };
  if (trim(text).empty()) return nullptr;
  if (field.type == FieldType::reference) {
    const auto id = resolve(reader, schema, schema.need(field.references), text);
    if (!id) return at_field(id.error());
    return json::value(*id);
  }
  if (field.type == FieldType::instant) {
    const auto instant = parse_moment(text, *locale.zone);
    if (!instant) return at_field(instant.error());
    return json::value(instant->micros);
  }
  if (field.type == FieldType::money && called == field.name) {
    std::int64_t minor = 0;
    const std::string_view digits = trim(text);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    if (error == std::errc() && end == digits.data() + digits.size()) return to_stored(field, minor);
    const std::string major = field.name.substr(0, field.name.size() - std::string_view("_minor").size());
    return refuse(
        Code::invalid, field.name,
        fmt::format("{} takes whole minor units such as 120050; for 1200.50 write {}=1200.50.", field.name, major));
  }
  return from_text(field, text, currency);
}

}  // namespace traction
