// Child: a program that the bench starts: what it prints, the memory it holds, the processor time it took, its end. It
// ends with the bench at the latest. One thread.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "server/wrong.h"

namespace traction {

class Child {
 public:
  // Started at once, found on the path; what it says on stderr goes to ours.
  explicit Child(std::vector<std::string> words) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) wrong("no pipe");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      dup2(ends[1], STDOUT_FILENO);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    close(ends[1]);
    if (process_ < 0) wrong("no process for " + words[0]);
    output_ = fdopen(ends[0], "r");
  }
  ~Child() {
    stop();
    std::fclose(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its next line of output; none at the end of it.
  std::optional<std::string> line() {
    std::string text;
    for (int c = std::fgetc(output_); c != EOF && c != '\n'; c = std::fgetc(output_)) text += static_cast<char>(c);
    if (text.empty() && std::feof(output_)) return std::nullopt;
    return text;
  }

  // Waits for its end; its exit code, or 128 and the signal.
  int wait() {
    if (process_ > 0) {
      int status = 0;
      waitpid(process_, &status, 0);
      process_ = 0;
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return code_;
  }
  int stop() {
    if (process_ > 0) kill(process_, SIGTERM);
    return wait();
  }

  // Bytes of memory that it holds now.
  std::int64_t memory() const {
    std::ifstream status(fmt::format("/proc/{}/status", process_));
    for (std::string text; std::getline(status, text);)
      if (text.starts_with("VmRSS:")) return std::stoll(text.substr(6)) * 1024;
    wrong("a program that was to be measured has ended");
  }

  // Seconds of processor time that it took so far.
  double processor_seconds() const {
    std::ifstream file(fmt::format("/proc/{}/stat", process_));
    std::string text;
    std::getline(file, text);
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;  // utime and stime are the fields 14 and 15, counted from 1
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }

 private:
  pid_t process_ = 0;
  int code_ = 0;
  std::FILE* output_ = nullptr;
};

}  // namespace traction
