#include "schema/toml.h"

#include <sstream>

#include "base/text.h"

namespace traction {
namespace {

std::string place(std::string_view path, const toml::source_region& source) {
  return fmt::format("{}:{}", path, source.begin.line);
}

}  // namespace

Result<toml::table> parse_toml(std::string_view path, std::string_view text) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return refuse(Code::invalid, place(path, error.source()),
                  fmt::format("This is not TOML: {}.", error.description()));
  }
}

json::value to_json(const toml::node& node) {
  if (const auto* text = node.as_string()) return json::value(text->get());
  if (const auto* number = node.as_integer()) return json::value(number->get());
  if (const auto* number = node.as_floating_point()) return json::value(number->get());
  if (const auto* answer = node.as_boolean()) return json::value(answer->get());
  if (const auto* list = node.as_array()) {
    json::array array;
    for (const toml::node& item : *list) array.push_back(to_json(item));
    return array;
  }
  if (const auto* table = node.as_table()) {
    json::object object;
    for (const auto& [key, value] : *table) object.emplace(key.str(), to_json(value));
    return object;
  }
  std::ostringstream text;  // a date or time, as TOML writes it
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) text << value.get();
  });
  return json::value(text.str());
}

void TomlTable::nothing_else() {
  for (const auto& [key, value] : table_)
    if (std::ranges::find(known_, key.str()) == known_.end())
      fault(
          key.str(), Code::unknown,
          fmt::format("There is no key \"{}\" here.{}", excerpt(key.str()), did_you_mean(excerpt(key.str()), known_)));
}

void TomlTable::fault(std::string_view key, Code code, std::string sentence) {
  if (refusal_) return;
  const auto found = table_.find(key);
  refusal_ =
      Refusal{code, place(path_, found == table_.end() ? table_.source() : found->first.source()), std::move(sentence)};
}

}  // namespace traction
