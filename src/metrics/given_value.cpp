#include "metrics/given_value.h"

#include <charconv>

#include "base/instant.h"

namespace traction {
bool is_metric_name(std::string_view text) {
  if (text.size() > kLongestName || text.empty() || text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

bool fits(FieldType type, const std::string& text) {
  const auto whole = [&](auto number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  };
  switch (type) {
    case FieldType::boolean:
      return text.empty() || text == "true" || text == "false";
    case FieldType::integer:
    case FieldType::duration:
    case FieldType::reference:
    case FieldType::money:
      return text.empty() || whole(std::int64_t{});
    case FieldType::decimal:
      return text.empty() || whole(double{});
    case FieldType::date:
      return text.empty() || text == "past" || text == "future" || parse_date(text).has_value();
    case FieldType::instant:
      return text.empty() || text == "past" || text == "future";
    case FieldType::calendar:
      return text.empty();
    default:
      return true;
  }
}

std::optional<std::string> value_text(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return std::string(value.as_bool() ? "true" : "false");
  if (value.is_int64()) return std::to_string(value.as_int64());
  return std::nullopt;
}

}  // namespace traction
