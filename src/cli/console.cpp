#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/fault.h"

namespace traction {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void on_signal(int) { g_interrupted = 1; }

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(no && *no) && !(terminal && std::string_view(terminal) == "dumb");
}

std::size_t terminal_columns() {
  winsize size{};
  return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

class OwnConsole : public Console {
 public:
  using Console::Console;

  void out(std::string_view text) override {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
      throw Fault(Fault::Kind::disk, "What was asked for could not be written to standard output.");
  }
  void err(std::string_view text) override { std::fwrite(text.data(), 1, text.size(), stderr); }

  void catch_interrupts() override {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
  }
  bool interrupted() override { return g_interrupted != 0; }
};

}  // namespace

std::unique_ptr<Console> own_console(std::string data, std::string workspace) {
  return std::make_unique<OwnConsole>(Console::Facts{.data = std::move(data),
                                                     .workspace = std::move(workspace),
                                                     .folder = "",
                                                     .columns = terminal_columns(),
                                                     .colour = wants_colour(),
                                                     .progress = isatty(STDERR_FILENO) != 0});
}

}  // namespace traction
