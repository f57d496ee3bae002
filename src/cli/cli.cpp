#include "cli/cli.h"

#include <sys/stat.h>

#include <clocale>
#include <cstdio>

#include "cli/carry_out.h"
#include "cli/commands.h"
#include "cli/forward.h"
#include "cli/session.h"
#include "cli/settings.h"

namespace traction {

std::span<const Subcommand> all_commands() {
  static const std::vector<Subcommand> commands = [] {
    std::vector<Subcommand> all;
    for (auto* some : {number_commands, own_metric_commands, look_commands, record_commands, transfer_commands,
                       keeping_commands, server_commands, openapi_commands})
      for (Subcommand& each : some()) all.push_back(std::move(each));
    return all;
  }();
  return commands;
}

int run(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  umask(077);  // what is written here is the owner's alone
  auto parsed = parse_arguments(argc, argv, all_commands());
  if (const Said* said = std::get_if<Said>(&parsed)) {
    std::fputs(said->text.c_str(), said->exit_code == kOk ? stdout : stderr);
    return said->exit_code;
  }
  Arguments& arguments = std::get<Arguments>(parsed);
  const bool json = arguments.json;
  const auto config = config_of(arguments);
  if (!config) return complain(*own_console("", ""), json, config.error());
  const Chosen& workspace = config->find("workspace");
  const auto console =
      own_console(config->text("data"), workspace.origin == Chosen::Origin::standard ? "" : workspace.value);
  int exit_code = kOk;
  if (const auto far = forward(arguments, {argv + 1, argv + argc}, *console)) {
    exit_code = *far;
  } else {
    CommandSession session(std::move(arguments), *console);
    exit_code = carry_out(session);
  }
  if (std::fflush(stdout) != 0 && exit_code == kOk)
    return complain(*console, json, "fault", "", "Not all of the answer could be written.", kFault);
  return exit_code;
}

}  // namespace traction
