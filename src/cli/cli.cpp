#include "cli/cli.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <clocale>
#include <cstdio>
#include <new>

#include "base/fault.h"
#include "cli/commands.h"
#include "cli/session.h"

namespace traction {
namespace {

enum Exit { kOk = 0, kFault = 1, kUsage = 2, kRefused = 3, kBusy = 4 };

std::vector<Subcommand> all_commands() {
  std::vector<Subcommand> all;
  for (auto* some : {number_commands, look_commands, record_commands, transfer_commands, keeping_commands})
    for (Subcommand& each : some()) all.push_back(std::move(each));
  return all;
}

// A single action's place in its command says nothing to whoever typed it.
std::string place_of(const Refusal& refusal) {
  std::string place = refusal.field;
  for (const std::string_view prefix : {"actions[0].", "fields."})
    if (place.starts_with(prefix)) place.erase(0, prefix.size());
  return place == "actions[0]" ? "" : place;
}

int complain(bool json, std::string_view code, const std::string& place, const std::string& sentence, int exit_code) {
  std::string text;
  if (json) {
    text = json::serialize(json::object{{"error", {{"code", code}, {"field", place}, {"sentence", sentence}}}});
  } else {
    text = place.empty() ? fmt::format("traction: {}", sentence) : fmt::format("traction: {}: {}", place, sentence);
  }
  std::fprintf(stderr, "%s\n", text.c_str());
  return exit_code;
}

// Options and arguments that only look wrong once they are read are wrong usage all the same.
bool is_usage(const Refusal& refusal) { return refusal.field.starts_with("--"); }

int handle(Session& session) {
  const bool json = session.json();
  try {
    const Result<int> result = session.arguments().command->handler(session);
    if (result) return *result;
    const Refusal& refusal = result.error();
    return complain(json, name(refusal.code), place_of(refusal), refusal.sentence,
                    refusal.code == Code::busy ? kBusy
                    : is_usage(refusal)        ? kUsage
                                               : kRefused);
  } catch (const Fault& fault) {
    return complain(json, "fault", "", fault.what(), kFault);
  } catch (const std::bad_alloc&) {
    return complain(json, "fault", "", "The machine has too little memory for this.", kFault);
  } catch (const std::exception& other) {
    return complain(json, "fault", "", other.what(), kFault);
  }
}

}  // namespace

int run(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  umask(077);  // what is written here is the owner's alone
  const std::vector<Subcommand> commands = all_commands();
  auto parsed = parse_arguments(argc, argv, commands);
  if (const Said* said = std::get_if<Said>(&parsed)) {
    std::fputs(said->text.c_str(), said->exit_code == kOk ? stdout : stderr);
    return said->exit_code;
  }
  Session session(std::get<Arguments>(std::move(parsed)));
  const int exit_code = handle(session);
  if (std::fflush(stdout) != 0 && exit_code == kOk)
    return complain(session.json(), "fault", "", "Not all of the answer could be written.", kFault);
  return exit_code;
}

}  // namespace traction
