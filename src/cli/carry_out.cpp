#include "cli/carry_out.h"

#include <fmt/format.h>

#include <new>

#include "base/fault.h"
#include "cli/session.h"

namespace traction {
namespace {

// A single action's place in its command says nothing to whoever typed it.
std::string place_of(const Refusal& refusal) {
  std::string place = refusal.field;
  for (const std::string_view prefix : {"actions[0].", "fields."})
    if (place.starts_with(prefix)) place.erase(0, prefix.size());
  return place == "actions[0]" ? "" : place;
}

// Options and arguments that only look wrong once they are read are wrong usage all the same.
bool is_usage(const Refusal& refusal) { return refusal.field.starts_with("--"); }

}  // namespace

int complain(Console& console, bool json, std::string_view code, const std::string& place, const std::string& sentence,
             int exit_code) {
  std::string text;
  if (json) {
    text = json::serialize(json::object{{"error", {{"code", code}, {"field", place}, {"sentence", sentence}}}});
  } else {
    text = place.empty() ? fmt::format("traction: {}", sentence) : fmt::format("traction: {}: {}", place, sentence);
  }
  console.err(text + "\n");
  return exit_code;
}

int complain(Console& console, bool json, const Refusal& refusal) {
  return complain(console, json, name(refusal.code), place_of(refusal), refusal.sentence,
                  refusal.code == Code::busy ? kBusy
                  : is_usage(refusal)        ? kUsage
                                             : kRefused);
}

int carry_out(CommandSession& session) {
  const auto fault = [&](const std::string& sentence) {
    return complain(session.console(), session.json(), "fault", "", session.as_typed(sentence), kFault);
  };
  try {
    const Result<int> result = session.arguments().command->handler(session);
    if (result) return *result;
    Refusal refusal = result.error();
    refusal.field = session.as_typed(std::move(refusal.field));
    refusal.sentence = session.as_typed(std::move(refusal.sentence));
    return complain(session.console(), session.json(), refusal);
  } catch (const std::bad_alloc&) {
    return fault("The machine has too little memory for this.");
  } catch (const std::exception& failure) {
    return fault(failure.what());
  }
}

}  // namespace traction
