#include <fmt/format.h>

#include <charconv>

#include "base/instant.h"
#include "base/money.h"
#include "base/text.h"
#include "schema/schema.h"

namespace traction {
namespace {

// Reads all of `text` as a number; nullopt otherwise.
template <class Number, class... Form>
std::optional<Number> number_from(std::string_view text, Form... form) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, form...);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> boolean_from(std::string_view text) {
  const std::string word = lower(text.substr(0, 6));
  if (word == "true" || word == "yes" || word == "1") return true;
  if (word == "false" || word == "no" || word == "0") return false;
  return std::nullopt;
}

Result<json::value> value_from(const Field& field, std::string_view text, std::string_view currency) {
  const auto invalid = [&](std::string_view wanted) {
    return refuse(Code::invalid, field.name, fmt::format("\"{}\" is not {}.", excerpt(text), wanted));
  };
  switch (field.type) {
    case FieldType::integer:
    case FieldType::duration:
    case FieldType::reference:
      if (const auto number = number_from<std::int64_t>(text)) return json::value(*number);
      return invalid(field.type == FieldType::integer    ? "a whole number such as 42"
                     : field.type == FieldType::duration ? "a number of seconds such as 90"
                                                         : "the id of a record");
    case FieldType::decimal:
      if (const auto number = number_from<double>(text, std::chars_format::fixed)) return json::value(*number);
      return invalid("a number with a point before its decimals, such as 13.75");
    case FieldType::boolean:
      if (const auto answer = boolean_from(text)) return json::value(*answer);
      return invalid("true or false");
    case FieldType::money: {
      const Result<std::int64_t> minor = parse_minor(text, currency);
      if (minor) return json::value(*minor);
      const Refusal& refusal = minor.error();
      return refuse(refusal.code, refusal.field.empty() ? field.name : refusal.field, refusal.sentence);
    }
    case FieldType::calendar: {
      Result<json::value> value = parse_json(text);
      if (!value) return refuse(value.error().code, field.name, value.error().sentence);
      return value;
    }
    case FieldType::text:
    case FieldType::date:
    case FieldType::instant:
    case FieldType::currency:
    case FieldType::choice:
      break;
  }
  return json::value(text);
}

}  // namespace

Result<json::value> from_text(const Field& field, std::string_view text, std::string_view currency) {
  if (field.type != FieldType::text) text = trim(text);
  if (text.empty()) return nullptr;
  if (!is_text(text))
    return refuse(Code::invalid, field.name,
                  fmt::format("\"{}\" is not UTF-8 text, or has a NUL in it.", excerpt(text)));
  const Result<json::value> value = value_from(field, text, currency);
  if (!value) return value;
  return to_stored(field, *value);
}

std::string to_text(const Field& field, const json::value& stored, std::string_view currency) {
  if (stored.is_null()) return "";
  if (field.type == FieldType::money && stored.is_int64()) return format_minor(stored.get_int64(), currency);
  if (field.type == FieldType::instant && stored.is_int64()) return to_string(Instant{stored.get_int64()});
  if (stored.is_string()) return std::string(stored.get_string());
  if (stored.is_double()) return fmt::format("{}", stored.get_double());
  return json::serialize(stored);
}

std::vector<std::string> unique_keys(const RecordType& type, const json::object& body) {
  std::vector<std::string> keys;
  for (const Field& field : type.fields) {
    if (!field.unique) continue;
    const json::value* value = body.if_contains(field.name);
    if (value == nullptr || value->is_null()) continue;
    keys.push_back(fmt::format("{}.{}={}", type.name, field.name, to_text(field, *value, "")));
  }
  return keys;
}

std::string search_text(const RecordType& type, const json::object& body) {
  std::string text;
  for (const Field& field : type.fields) {
    if (!field.searchable) continue;
    const json::value* value = body.if_contains(field.name);
    if (value == nullptr || !value->is_string()) continue;
    if (!text.empty()) text += '\n';
    text += std::string_view(value->get_string());
  }
  return text;
}

}  // namespace traction
