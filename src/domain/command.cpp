#include "domain/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace traction {
namespace {

template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;

void write(std::string& out, const json::value& value);

// JSON text with the keys in byte order, so that a client may send them in any.
void write(std::string& out, const json::object& object) {
  std::vector<const json::key_value_pair*> pairs;
  pairs.reserve(object.size());
  for (const auto& pair : object) pairs.push_back(&pair);
  std::ranges::sort(pairs, {}, [](const auto* pair) { return std::string_view(pair->key()); });
  out += '{';
  for (const auto* pair : pairs) {
    if (pair != pairs.front()) out += ',';
    out += json::serialize(pair->key());
    out += ':';
    write(out, pair->value());
  }
  out += '}';
}

void write(std::string& out, const json::value& value) {
  if (const json::object* object = value.if_object()) return write(out, *object);
  const json::array* array = value.if_array();
  if (!array) return void(out += json::serialize(value));
  out += '[';
  for (const json::value& element : *array) {
    if (&element != &array->front()) out += ',';
    write(out, element);
  }
  out += ']';
}

void write(std::string& out, const Ref& ref) {
  std::visit(Overload{[&](Id id) { fmt::format_to(std::back_inserter(out), "{}", id); },
                      [&](const std::string& client_ref) { out += json::serialize(client_ref); },
                      [&](NewRef made) { fmt::format_to(std::back_inserter(out), "#{}", made.index); }},
             ref);
}

}  // namespace

std::string_view name(Verb verb) {
  switch (verb) {
    case Verb::create:
      return "create";
    case Verb::change:
      return "change";
    case Verb::remove:
      return "remove";
    case Verb::restore:
      return "restore";
    case Verb::merge:
      return "merge";
    case Verb::unmerge:
      return "unmerge";
    case Verb::erase:
      return "erase";
  }
  return "unknown";
}

std::string canonical(const Command& command) {
  std::string out = fmt::format("{} {}", command.actor, command.origin);
  for (const Action& action : command.actions) {
    fmt::format_to(std::back_inserter(out), "\n{} {} ", name(action.verb), json::serialize(action.type));
    write(out, action.target);
    out += " into ";
    write(out, action.into);
    if (action.expected_version) fmt::format_to(std::back_inserter(out), " version {}", *action.expected_version);
    if (action.client_ref) out += " ref " + json::serialize(*action.client_ref);
    if (action.occurred_at) fmt::format_to(std::back_inserter(out), " at {}", action.occurred_at->micros);
    if (action.occurred_unknown) out += " at ?";
    out += ' ';
    write(out, action.fields);
  }
  return out;
}

}  // namespace traction
