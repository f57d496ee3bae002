#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/fault.h"
#include "ledger/memory.h"

namespace traction {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void on_signal(int) { g_interrupted = 1; }

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(no && *no) && !(terminal && std::string_view(terminal) == "dumb");
}

void write_out(std::FILE* to, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), to) != text.size())
    throw Fault(Fault::Kind::disk, "What was asked for could not be written to standard output.");
}

std::string time_left(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

Session::Session(Arguments arguments) : arguments_(std::move(arguments)), colour_(wants_colour()) {}

std::string Session::data_path() const {
  if (!arguments_.data.empty()) return arguments_.data;
  if (const char* given = std::getenv("TRACTION_DATA"); given && *given) return given;
  const char* home = std::getenv("HOME");
  return fmt::format("{}/.local/share/traction", home && *home ? home : ".");
}

std::string Session::workspace_name() const { return arguments_.workspace.empty() ? "default" : arguments_.workspace; }

Result<std::shared_ptr<const Definitions>> Session::definitions() {
  if (definitions_) return definitions_;
  const auto where = find_definitions();
  if (!where) return refuse(where);
  auto loaded = load_definitions(*where);
  if (loaded) definitions_ = *loaded;
  return loaded;
}

Result<Directory*> Session::directory(bool create) {
  if (!directory_) {
    auto opened = Directory::open(data_path(), create, clock_, random_);
    if (!opened) return refuse(opened);
    directory_ = std::move(*opened);
  }
  return directory_.get();
}

Result<Workspace*> Session::workspace(bool create) {
  if (workspace_) return workspace_.get();
  // Definitions first: a mistake in them is told before anything is made.
  const auto known = definitions();
  if (!known) return refuse(known);
  const auto where = directory(create);
  if (!where) return refuse(where);
  if (create && !(*where)->has(workspace_name())) return create_workspace(workspace_name());
  auto opened = (*where)->workspace(workspace_name(), *known);
  if (!opened) return refuse(opened);
  workspace_ = std::move(*opened);
  return workspace_.get();
}

json::object Session::settings() const {
  json::object given{{"name", arguments_.has("--name") ? arguments_.one("--name") : workspace_name()}};
  for (const std::string field : {"zone", "currency"})
    if (arguments_.has("--" + field)) given[field] = arguments_.one("--" + field);
  return given;
}

Result<Workspace*> Session::rehearsal() {
  const auto where = directory();
  if (where ? (*where)->has(workspace_name()) : where.error().code != Code::not_found) return workspace();
  const auto known = definitions();
  if (!known) return refuse(known);
  workspace_ = std::make_unique<Workspace>(workspace_name(), memory_ledger(), *known, MartOptions{}, clock_, random_);
  if (const auto begun = workspace_->begin(settings()); !begun) return refuse(begun);
  return workspace_.get();
}

Result<Workspace*> Session::create_workspace(const std::string& name) {
  const auto known = definitions();
  if (!known) return refuse(known);
  const auto where = directory(true);
  if (!where) return refuse(where);
  auto made = (*where)->create(name, *known, settings());
  if (!made) return refuse(made);
  workspace_ = std::move(*made);
  const json::object now = workspace_->settings();
  note(fmt::format("New workspace \"{}\" in {}: zone {}, currency {}.", name, data_path(),
                   std::string_view(now.at("zone").as_string()), std::string_view(now.at("currency").as_string())));
  return workspace_.get();
}

void Session::print(std::string_view text) { write_out(stdout, text); }

void Session::print_json(const json::value& value) { write_out(stdout, json::serialize(value) + "\n"); }

void Session::print(const TextTable& table) {
  write_out(stdout, arguments_.has("--csv") ? to_csv(table) : render(table, colour_));
}

void Session::note(std::string_view line) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

Progress Session::progress(const std::string& what) {
  if (!isatty(STDERR_FILENO)) return {};
  using Steady = std::chrono::steady_clock;
  struct Shown {
    Steady::time_point begun = Steady::now(), last{};
    ~Shown() {
      if (last != Steady::time_point{}) std::fputs("\r\x1b[K", stderr);
    }
  };
  return [what, shown = std::make_shared<Shown>()](std::int64_t done, std::int64_t total) {
    const auto now = Steady::now();
    if (now - shown->last < std::chrono::milliseconds(100)) return;
    shown->last = now;
    const double seconds = std::chrono::duration<double>(now - shown->begun).count();
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
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  };
}

void Session::audit(const std::string& action, const std::string& detail) {
  if (directory_) directory_->control().audit({clock_.now(), action, workspace_ ? workspace_->name() : "", detail});
}

bool interrupted() { return g_interrupted != 0; }

void watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace traction
