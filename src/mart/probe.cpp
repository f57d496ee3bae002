#include "mart/probe.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "base/fault.h"
#include "mart/duckdb_db.h"

extern char** environ;

namespace traction {
namespace {

constexpr const char* kVariable = "TRACTION_PROBE_MART";
constexpr int kGood = 0, kBad = 40, kLocked = 41;
constexpr int kPatienceSeconds = 60;

int probe(const char* path) {
  try {
    Database database({.path = path, .temp_directory = "", .memory_mb = 500, .threads = 1, .read_only = true});
    Connection(database).number("SELECT count(*) FROM mart");
    return kGood;
  } catch (const std::exception& error) {
    return std::strstr(error.what(), "Could not set lock") ? kLocked : kBad;
  }
}

// Runs before main() in every program that has a mart; in the child it is all that runs.
[[gnu::constructor]] void probe_if_child() {
  if (const char* path = std::getenv(kVariable)) _exit(probe(path));
}

}  // namespace

bool opens_in_child(const std::string& path) {
  const std::string setting = std::string(kVariable) + "=" + path;
  std::vector<char*> environment;
  for (char** variable = environ; *variable; ++variable) environment.push_back(*variable);
  environment.push_back(const_cast<char*>(setting.c_str()));
  environment.push_back(nullptr);
  char name[] = "traction-mart-probe";
  char* arguments[] = {name, nullptr};

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, stream, "/dev/null", O_RDWR, 0);
  pid_t child = 0;
  const int failed = posix_spawn(&child, "/proc/self/exe", &files, nullptr, arguments, environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    throw Fault(Fault::Kind::disk,
                std::string("The mart cannot be tried in a child process: ") + std::strerror(failed));

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kLocked)
    throw Fault(Fault::Kind::internal, "Another program has the mart open: " + path);
  return WIFEXITED(status) && WEXITSTATUS(status) == kGood;
}

}  // namespace traction
