#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"

namespace traction {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 ok · 1 fault of the machine · 2 wrong usage · 3 refused or not found · 4 busy or locked ·\n"
    "130 stopped by Ctrl-C (an import then goes on with the same command)\n"
    "Help on one command: traction COMMAND --help";

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// CLI11 says only what it did not expect; the nearest name is what a person wants to know.
std::string explain_extra(const CLI::App& app, const CLI::App* verb, std::span<const Subcommand> verbs) {
  const std::vector<std::string> extras = app.remaining(true);
  const std::string extra = extras.empty() ? "" : extras.front();
  if (extra.starts_with("-")) {
    std::vector<std::string> known = option_names(app);
    if (verb)
      for (std::string& name : option_names(*verb)) known.push_back(std::move(name));
    return fmt::format("There is no option {}.{}", extra, did_you_mean(extra.substr(0, extra.find('=')), known));
  }
  if (verb) return fmt::format("\"{}\" is one argument too many for {}.", extra, verb->get_name());
  std::vector<std::string> known;
  for (const Subcommand& each : verbs) known.emplace_back(each.name);
  return fmt::format("There is no command \"{}\".{}", extra, did_you_mean(extra, known));
}

void declare(CLI::App& app, const Subcommand& verb, Arguments& into) {
  CLI::App* command = app.add_subcommand(verb.name, verb.about)->group(verb.group);
  command->footer(
      fmt::format("Example:\n  {}\nEvery command also takes --data DIR, --workspace NAME and --json.", verb.example));
  for (const Positional& positional : verb.positionals) {
    const std::string name = positional.name;
    auto* option = command->add_option_function<std::vector<std::string>>(
        name, [&into, name](const std::vector<std::string>& given) { into.values[name] = given; }, positional.about);
    option->type_name("");
    const bool many = positional.count == Positional::Count::some || positional.count == Positional::Count::any;
    option->expected(1, many ? 100'000 : 1)->allow_extra_args(many);
    option->required(positional.count == Positional::Count::one || positional.count == Positional::Count::some);
  }
  for (const Option& each : verb.options) {
    const std::string name = each.name;
    if (!each.value) {
      command->add_flag_callback(
          name, [&into, name] { into.values[name] = {}; }, each.about);
      continue;
    }
    auto* option = command->add_option_function<std::vector<std::string>>(
        name, [&into, name](const std::vector<std::string>& given) { into.values[name] = given; }, each.about);
    option->type_name(each.value)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(each.many ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
  }
}

}  // namespace

std::string Arguments::one(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

std::variant<Arguments, Said> parse_arguments(int argc, char** argv, std::span<const Subcommand> verbs) {
  CLI::App app("Traction: a sales ledger and the true numbers in it.", "traction");
  Arguments arguments;
  app.footer(kFooter);
  app.add_option("--data", arguments.data, "Data directory (default: $TRACTION_DATA, else ~/.local/share/traction)")
      ->type_name("DIR");
  app.add_option("--workspace", arguments.workspace, "Which company's selling (default: \"default\")")
      ->type_name("NAME");
  app.add_option("--config", arguments.config, "File of settings (default: traction.toml in the data directory)")
      ->type_name("FILE");
  app.add_flag("--json", arguments.json, "Print JSON, for programs");
  bool version = false;  // what people try first is the command of that name
  app.add_flag("--version", version, "The same as \"version\"");
  app.require_subcommand(0, 1);
  app.fallthrough();
  for (const Subcommand& verb : verbs) declare(app, verb, arguments);
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();

  const auto chosen = [&]() -> const CLI::App* {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? nullptr : parsed.front();
  };
  const auto usage = [&](const std::string& why) {
    const CLI::App* verb = chosen();
    return Said{fmt::format("traction: {}\nSee: traction {}--help\n", why, verb ? verb->get_name() + " " : ""), 2};
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* verb = chosen();
    return Said{verb ? verb->help("traction") : app.help(), 0};
  } catch (const CLI::ExtrasError&) {
    return usage(explain_extra(app, chosen(), verbs));
  } catch (const CLI::ParseError& error) {
    return usage(fmt::format("{}{}", error.what(), std::string_view(error.what()).ends_with('.') ? "" : "."));
  }
  const CLI::App* command = chosen();
  if (!command && !version) return Said{app.help(), 2};
  const std::string name = command ? command->get_name() : "version";
  for (const Subcommand& verb : verbs)
    if (name == verb.name) arguments.command = &verb;
  return arguments;
}

}  // namespace traction
