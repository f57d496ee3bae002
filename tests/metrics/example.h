// Example: one file of tests/metrics as README.md there describes it: read, its history played into a workspace in
// memory, its questions asked and compared. Tests only. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/workspace.h"
#include "support/machine.h"

namespace traction {

class Example {
 public:
  explicit Example(std::shared_ptr<const Definitions> definitions);

  // Plays and checks the file; what does not hold is reported as a failure of the running test, with file and line.
  void run(const std::string& path);

 private:
  struct Line {
    int number = 0;
    std::string text;
  };
  struct Asked {
    Line line;
    std::vector<Line> expected;
  };

  void set_clock(Instant now);
  void play(const std::string& path, std::vector<Asked>& asked);
  void happened(const std::string& path, const Line& line);
  void begin(const std::vector<std::string>& words);
  void act(const std::vector<std::string>& words, const std::string& when);
  json::object fields_of(const std::string& type, std::span<const std::string> words);
  void check(const std::string& path, const Asked& asked);
  void check_cases(const Query& query, const Answer* answer, const std::vector<Line>& expected, std::string& failures);

  std::shared_ptr<const Definitions> definitions_;
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Workspace> workspace_;
  std::map<std::string, Id> names_;  // "deal d1" → id
  std::string metric_;
};

}  // namespace traction
