#include "app/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "base/text.h"
#include "schema/toml.h"

namespace traction {
namespace {

namespace fs = std::filesystem;
using Kind = Setting::Kind;
using Origin = Chosen::Origin;

std::vector<Setting> declare() {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  const auto number = [](const char* name, const char* about, const char* takes, const char* standard, std::int64_t min,
                         std::int64_t max) { return Setting{name, about, takes, Kind::integer, standard, min, max}; };
  std::vector<Setting> table{
      {"data", "The data directory.", "DIR", Kind::path, "~/.local/share/traction"},
      {"workspace", "Whose selling a command is about, unless --workspace says so.", "NAME", Kind::text, "default"},
      {"listen", "Address and port of the server; port 0 takes any free one.", "ADDRESS:PORT", Kind::text,
       "127.0.0.1:8080"},
      {"hosts", "Names by which a browser may call the server, besides localhost.", "A,B", Kind::list},
      {"certificate", "Certificate chain for TLS, PEM; with private_key.", "FILE", Kind::path},
      {"private_key", "The certificate's private key, PEM.", "FILE", Kind::path},
      {"follow", "Keep the numbers up with what is entered, in the background.", "true|false", Kind::boolean, "true"},
      {"log_level",
       "What the server writes to standard error, and all that is graver.",
       "LEVEL",
       Kind::choice,
       "info",
       0,
       0,
       {"debug", "info", "warning", "error", "off"}},
      number("io_threads", "Threads that read and write the network.", "N", "2", 1, 64),
      number("workers", "Threads that answer requests; more than the machine has cores is slower.", "N", "2", 1, 256),
      number("most_connections", "Connections open at once; further ones are turned away.", "N", "20000", 1, 1'000'000),
      number("most_header_bytes", "Longest head of a request.", "BYTES", "16384", 1024, 1 << 20),
      number("most_upload_bytes", "Largest file that can be uploaded.", "BYTES", "2147483648", 1024, kMost),
      number("header_seconds", "Time for the head of a request to arrive.", "SECONDS", "10", 1, 3600),
      number("body_seconds", "Time without a byte after which a transfer is broken off.", "SECONDS", "30", 1, 3600),
      number("idle_seconds", "Time for which a connection without requests is kept.", "SECONDS", "75", 1, 86'400),
  };
  for (Setting& each : table) {
    std::string upper = each.name;
    std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    each.environment = "TRACTION_" + upper;
    each.flag = "--" + each.name;
    std::ranges::replace(each.flag, '_', '-');
  }
  return table;
}

Result<void> check(const Setting& setting, const std::string& value, const std::string& place) {
  const auto wrong = [&](std::string_view form) {
    return refuse(Code::invalid, place, fmt::format("\"{}\" is not {}.", excerpt(value), form));
  };
  if (setting.kind == Kind::integer) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < setting.min || number > setting.max)
      return wrong(fmt::format("a whole number from {} to {}", setting.min, setting.max));
  }
  if (setting.kind == Kind::boolean && value != "true" && value != "false") return wrong("true or false");
  if (setting.kind == Kind::choice && std::ranges::find(setting.choices, value) == setting.choices.end())
    return wrong(fmt::format("one of {}", enumerate(setting.choices)));
  return {};
}

// The value as it would stand in a flag; what is not of the setting's kind is refused.
Result<std::string> text_of(const Setting& setting, const toml::node& node, const std::string& place) {
  const json::value value = to_json(node);
  if (setting.kind == Kind::integer && value.is_int64()) return std::to_string(value.get_int64());
  if (setting.kind == Kind::boolean && value.is_bool()) return std::string(value.get_bool() ? "true" : "false");
  if (setting.kind == Kind::list && value.is_array()) {
    std::string joined;
    for (const json::value& part : value.get_array()) {
      if (!part.is_string()) return refuse(Code::invalid, place, fmt::format("\"{}\" takes texts.", setting.name));
      joined += (joined.empty() ? "" : ",") + std::string(part.get_string());
    }
    return joined;
  }
  const bool texts = setting.kind != Kind::integer && setting.kind != Kind::boolean && setting.kind != Kind::list;
  if (texts && value.is_string()) return std::string(value.get_string());
  return refuse(Code::invalid, place,
                fmt::format("\"{}\" takes {}.", setting.name,
                            setting.kind == Kind::integer   ? "a whole number"
                            : setting.kind == Kind::boolean ? "true or false"
                            : setting.kind == Kind::list    ? "a list of texts"
                                                            : "a text"));
}

// What a file sets, by the name of the setting.
Result<std::map<std::string, Chosen>> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || fs::is_directory(path) || !(text << in.rdbuf() || in.peek() == EOF))
    return refuse(Code::not_found, path, "This file of settings cannot be read.");
  const auto table = is_text(text.str()) ? parse_toml(path, text.str())
                                         : refuse(Code::invalid, path, "This is not TOML: it is not even UTF-8 text.");
  if (!table) return refuse(table);
  std::vector<std::string> known;
  for (const Setting& each : all_settings()) known.push_back(each.name);
  std::map<std::string, Chosen> set;
  for (const auto& [key, node] : *table) {
    const std::string place = fmt::format("{}:{}", path, key.source().begin.line);
    const auto found = std::ranges::find(all_settings(), key.str(), &Setting::name);
    if (found == all_settings().end())
      return refuse(
          Code::unknown, place,
          fmt::format("There is no setting \"{}\".{}", excerpt(key.str()), did_you_mean(excerpt(key.str()), known)));
    auto value = text_of(*found, node, place);
    if (!value) return refuse(value);
    if (found->kind == Kind::path && !value->empty())
      value = (fs::path(path).parent_path() / *value).lexically_normal().string();
    set[found->name] = {&*found, std::move(*value), Origin::file, place};
  }
  return set;
}

}  // namespace

std::span<const Setting> all_settings() {
  static const std::vector<Setting> table = declare();
  return table;
}

std::string_view name(Chosen::Origin origin) {
  static constexpr std::string_view kNames[] = {"default", "file", "environment", "flag"};
  return kNames[static_cast<int>(origin)];
}

Result<Config> Config::read(const ConfigSources& sources) {
  // An empty variable is as good as none.
  const auto environment = [&](const std::string& variable) -> std::optional<std::string> {
    auto value = sources.environment(variable);
    return value && !value->empty() ? value : std::nullopt;
  };
  const auto given = [&](const Setting& setting) -> std::optional<Chosen> {
    if (const auto flag = sources.flags.find(setting.flag); flag != sources.flags.end())
      return Chosen{&setting, flag->second, Origin::flag, setting.flag};
    if (const auto value = environment(setting.environment))
      return Chosen{&setting, *value, Origin::environment, setting.environment};
    return std::nullopt;
  };
  const auto standard = [&](const Setting& setting) {
    std::string value = setting.standard;
    if (value.starts_with("~/")) value = environment("HOME").value_or(".") + value.substr(1);
    return Chosen{&setting, value, Origin::standard, ""};
  };

  Config config;
  const Setting& data = all_settings().front();
  const auto flag = sources.flags.find("--config");
  config.file_ = flag != sources.flags.end() ? flag->second : environment("TRACTION_CONFIG").value_or("");
  const bool own = config.file_.empty();  // the directory's own file
  if (own) {
    const std::string path = (fs::path(given(data).value_or(standard(data)).value) / kConfigFile).string();
    std::error_code unknown;
    if (fs::exists(path, unknown)) config.file_ = path;
  }
  std::map<std::string, Chosen> set;
  if (!config.file_.empty()) {
    auto read = read_file(config.file_);
    if (!read) return refuse(read);
    set = std::move(*read);
  }
  if (own && set.contains(data.name))
    return refuse(Code::rule, set[data.name].place,
                  "A file inside a data directory cannot say which directory to use; name the file with --config, or "
                  "use TRACTION_DATA.");
  for (const Setting& setting : all_settings()) {
    Chosen chosen = standard(setting);
    if (const auto in_file = set.find(setting.name); in_file != set.end()) chosen = in_file->second;
    if (const auto nearer = given(setting)) chosen = *nearer;
    if (chosen.origin != Origin::standard)
      if (const auto good = check(setting, chosen.value, chosen.place); !good) return refuse(good);
    config.chosen_.push_back(std::move(chosen));
  }
  return config;
}

const Chosen& Config::find(std::string_view setting) const {
  const auto found = std::ranges::find_if(chosen_, [&](const Chosen& each) { return each.setting->name == setting; });
  CHECK(found != chosen_.end());
  return *found;
}

std::int64_t Config::integer(std::string_view setting) const { return std::stoll(find(setting).value); }

bool Config::flag(std::string_view setting) const { return find(setting).value == "true"; }

std::vector<std::string> Config::list(std::string_view setting) const {
  std::vector<std::string> parts = split(find(setting).value, ',');
  for (std::string& part : parts) part = trim(part);
  return parts;
}

}  // namespace traction
