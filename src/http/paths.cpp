#include "http/paths.h"

#include <algorithm>

#include "base/check.h"

namespace traction {
namespace {

// Takes the first segment, and the "/" before it, off a path.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

}  // namespace

void Paths::add(Method method, std::string_view path, std::size_t place) {
  CHECK(path.starts_with('/'));
  Node* node = &root_;
  while (!path.empty()) {
    const std::string_view segment = take_segment(path);
    if (segment.starts_with('{')) {
      CHECK(segment.ends_with('}'));
      if (!node->named) node->named = std::make_unique<Node>();
      node = node->named.get();
      continue;
    }
    const auto known = std::ranges::find(node->literals, segment,
                                         [](const auto& literal) -> std::string_view { return literal.first; });
    if (known != node->literals.end())
      node = known->second.get();
    else
      node = node->literals.emplace_back(segment, std::make_unique<Node>()).second.get();
  }
  auto& here = node->places[static_cast<std::size_t>(method)];
  CHECK(!here);
  here = place;
  node->answers = true;
}

const Paths::Node* Paths::walk(const Node& node, std::string_view rest, std::vector<std::string_view>& segments) {
  if (rest.empty()) return node.answers ? &node : nullptr;
  const std::string_view segment = take_segment(rest);
  for (const auto& [literal, next] : node.literals)
    if (literal == segment) {
      if (const Node* found = walk(*next, rest, segments)) return found;
      break;
    }
  if (!node.named || segment.empty()) return nullptr;
  segments.push_back(segment);
  if (const Node* found = walk(*node.named, rest, segments)) return found;
  segments.pop_back();
  return nullptr;
}

Paths::Found Paths::find(std::string_view path) const {
  Found found;
  if (!path.starts_with('/')) return found;
  if (const Node* node = walk(root_, path, found.segments)) found.places = &node->places;
  return found;
}

}  // namespace traction
