#include "cli/session.h"

#include <fmt/format.h>

#include <chrono>

#include "ledger/memory.h"

namespace traction {
namespace {

std::string time_left(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string bar_of(const std::string& what, std::int64_t done, std::int64_t total, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line = fmt::format("{}: {}", what, done);
  if (total > 0) {
    constexpr std::int64_t kCells = 24;
    const auto full = static_cast<std::size_t>(kCells * std::min(done, total) / total);
    line = fmt::format("{} [{:#<{}}{:.<{}}] {:3} %  {} of {}", what, "", full, "", kCells - full,
                       100 * std::min(done, total) / total, done, total);
  }
  if (seconds > 1) line += fmt::format("  {:.0f}/s", rate);
  if (seconds > 1 && rate > 0 && total > done)
    line += fmt::format("  {} left", time_left(static_cast<double>(total - done) / rate));
  return line;
}

}  // namespace

CommandSession::CommandSession(Arguments arguments, Console& console, Host* server)
    : arguments_(std::move(arguments)), console_(console), host_(server) {
  if (host_) definitions_ = host_->definitions();
}

std::string CommandSession::workspace_name() const {
  const std::string& given = console_.facts().workspace;
  return given.empty() ? "default" : given;
}

Result<std::shared_ptr<const Definitions>> CommandSession::definitions() {
  if (definitions_) return definitions_;
  const auto where = find_definitions();
  if (!where) return refuse(where);
  auto loaded = load_definitions(*where);
  if (loaded) definitions_ = *loaded;
  return loaded;
}

Result<Host*> CommandSession::host(bool create) {
  if (!host_) {
    // Without definitions there is still what needs none, such as a backup; workspace() asks for them first.
    const auto known = definitions();
    auto opened = Host::open(data_path(), known ? *known : nullptr, {.create = create}, clock_, random_);
    if (!opened) return refuse(opened);
    own_ = std::move(*opened);
    host_ = own_.get();
  }
  return host_;
}

Result<Directory*> CommandSession::directory(bool create) {
  const auto opened = host(create);
  if (!opened) return refuse(opened);
  return &(*opened)->directory();
}

Result<Workspace*> CommandSession::workspace(bool create) {
  if (rehearsal_) return rehearsal_.get();
  if (hosted_) return &hosted_->workspace();
  // Definitions first: a mistake in them is told before anything is made.
  if (const auto known = definitions(); !known) return refuse(known);
  const auto where = host(create);
  if (!where) return refuse(where);
  if (create && !(*where)->directory().has(workspace_name())) return create_workspace(workspace_name());
  auto opened = (*where)->workspace(workspace_name());
  if (!opened) return refuse(opened);
  hosted_ = std::move(*opened);
  return &hosted_->workspace();
}

json::object CommandSession::settings() const {
  json::object given{{"name", arguments_.has("--name") ? arguments_.one("--name") : workspace_name()}};
  for (const std::string field : {"zone", "currency"})
    if (arguments_.has("--" + field)) given[field] = arguments_.one("--" + field);
  return given;
}

Result<Workspace*> CommandSession::rehearsal() {
  const auto where = directory();
  if (where ? (*where)->has(workspace_name()) : where.error().code != Code::not_found) return workspace();
  const auto known = definitions();
  if (!known) return refuse(known);
  rehearsal_ = std::make_unique<Workspace>(workspace_name(), memory_ledger(), *known, MartOptions{}, clock_, random_);
  if (const auto begun = rehearsal_->begin(settings()); !begun) return refuse(begun);
  return rehearsal_.get();
}

Result<Workspace*> CommandSession::create_workspace(const std::string& name, json::object settings,
                                                    const Directory::Fill& fill) {
  if (const auto known = definitions(); !known) return refuse(known);
  const auto where = host(true);
  if (!where) return refuse(where);
  auto made = (*where)->create(name, std::move(settings), fill);
  if (!made) return refuse(made);
  hosted_ = std::move(*made);
  return &hosted_->workspace();
}

Result<Workspace*> CommandSession::create_workspace(const std::string& name) {
  const auto made = create_workspace(name, settings(), {});
  if (!made) return made;
  const json::object now = (*made)->settings();
  note(fmt::format("New workspace \"{}\" in {}: zone {}, currency {}.", name, data_path(),
                   std::string_view(now.at("zone").as_string()), std::string_view(now.at("currency").as_string())));
  return made;
}

std::string CommandSession::path(const std::string& given) {
  const std::string& folder = console_.facts().folder;
  if (folder.empty() || given.empty() || given.starts_with('/')) return given;
  std::string full = fmt::format("{}/{}", folder == "/" ? "" : folder, given);
  typed_[full] = given;
  return full;
}

std::string CommandSession::as_typed(std::string text) const {
  for (const auto& [full, given] : typed_)
    for (std::size_t at = 0; (at = text.find(full, at)) != std::string::npos; at += given.size())
      text.replace(at, full.size(), given);
  return text;
}

void CommandSession::print_json(const json::value& value) { print(json::serialize(value) + "\n"); }

void CommandSession::print(const TextTable& table) {
  print(arguments_.has("--csv") ? to_csv(table) : render(table, console_.facts().colour));
}

void CommandSession::note(std::string_view line) { console_.err(fmt::format("{}\n", line)); }

Progress CommandSession::progress(const std::string& what) {
  using Steady = std::chrono::steady_clock;
  struct Shown {
    explicit Shown(Console& own) : console(own) {}
    ~Shown() {
      try {
        if (drawn) console.err("\r\x1b[K");
      } catch (const HungUp&) {  // there is no terminal any more to be cleared
      }
    }
    Console& console;
    const Steady::time_point begun = Steady::now();
    Steady::time_point last{};
    bool drawn = false;
  };
  return [what, shown = std::make_shared<Shown>(console_)](std::int64_t done, std::int64_t total) {
    const auto now = Steady::now();
    if (now - shown->last < std::chrono::milliseconds(100)) return;
    shown->last = now;
    shown->console.check();
    if (!shown->console.facts().progress) return;
    shown->drawn = true;
    const double seconds = std::chrono::duration<double>(now - shown->begun).count();
    shown->console.err("\r" + bar_of(what, done, total, seconds) + "\x1b[K");
  };
}

void CommandSession::audit(const std::string& action, const std::string& detail) {
  if (host_)
    host_->directory().control().audit({clock_.now(), action, hosted_ ? hosted_->workspace().name() : "", detail});
}

}  // namespace traction
