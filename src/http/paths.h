// Paths: which entry of a table a path leads to. A tree by segments, built once: a literal goes before a {name}, and
// one segment is compared at a time. Immutable once built, thread-safe.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace traction {

inline constexpr std::size_t kMethods = 8;  // as many as there are in Method

class Paths {
 public:
  // What answers at a path, by method: places in the table.
  using Places = std::array<std::optional<std::size_t>, kMethods>;
  struct Found {
    const Places* places = nullptr;          // null: nothing is there
    std::vector<std::string_view> segments;  // what stood for each {name}
  };

  // CHECKs that nothing answers there yet.
  void add(Method method, std::string_view path, std::size_t place);

  // Segments are compared as they come; escaped letters name nothing literal.
  Found find(std::string_view path) const;

 private:
  struct Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> named;
    Places places;
    bool answers = false;
  };
  static const Node* walk(const Node& node, std::string_view rest, std::vector<std::string_view>& segments);

  Node root_;
};

}  // namespace traction
