// Definition files as toml++ reads them, with every mistake placed as "records/deal.toml:12". For the .cpp files that
// read definitions (schema/, metrics/, import mappings): compiling toml++ takes seconds, so no header includes this
// one. Pure, thread-safe.
#pragma once

#include <fmt/format.h>

// The parser asserts less than it handles: without its assertions every wrong text ends in a parse error.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace traction {

// Refused (invalid) with "path:line" when the text is not TOML.
Result<toml::table> parse_toml(std::string_view path, std::string_view text);

// The same value as JSON; dates and times as the text TOML has for them.
json::value to_json(const toml::node& node);

// One table of a definition file. Each get() says which key is known and takes its value; the first mistake is kept.
class TomlTable {
 public:
  TomlTable(const std::string& path, const toml::table& table) : path_(path), table_(table) {}

  template <class T>
  void get(std::string_view key, T& out) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    if constexpr (std::is_same_v<T, json::value>) {
      out = to_json(*node);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      const toml::array* list = node->as_array();
      if (list == nullptr) return fault(key, Code::invalid, fmt::format("\"{}\" takes a list of texts.", key));
      for (const toml::node& item : *list) {
        if (!item.is_string()) return fault(key, Code::invalid, fmt::format("\"{}\" takes texts alone.", key));
        out.push_back(item.as_string()->get());
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!node->is_string()) return fault(key, Code::invalid, fmt::format("\"{}\" takes a text.", key));
      out = node->as_string()->get();
    } else if constexpr (std::is_same_v<T, bool>) {
      if (!node->is_boolean()) return fault(key, Code::invalid, fmt::format("\"{}\" takes true or false.", key));
      out = node->as_boolean()->get();
    } else {
      using Number = typename Optional<T>::type;
      const std::int64_t number = node->is_integer() ? node->as_integer()->get() : 0;
      if (!node->is_integer() || !std::in_range<Number>(number))
        return fault(key, Code::invalid, fmt::format("\"{}\" takes a whole number.", key));
      out = static_cast<Number>(number);
    }
  }

  // To be called after every key was asked for: what else is there is a mistake.
  void nothing_else();

  // Keeps a mistake, placed at the line of the key, or of the table where it has none. The first one counts.
  void fault(std::string_view key, Code code, std::string sentence);

  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  template <class T>
  struct Optional {
    using type = T;
  };
  template <class T>
  struct Optional<std::optional<T>> {
    using type = T;
  };

  const std::string& path_;
  const toml::table& table_;
  std::vector<std::string> known_;
  std::optional<Refusal> refusal_;
};

}  // namespace traction
