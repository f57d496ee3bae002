// Program: runs the real traction binary on a data directory of its own, which is gone afterwards. For tests of the
// command line; one thread.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/json.h"

namespace traction {

struct Ran {
  int exit_code = -1;
  std::string out, err;
};

// What a file holds; "" when there is none.
std::string contents(const std::string& path);
void write(const std::string& path, std::string_view text);

class Program : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // traction --data DIR arguments…
  Ran run(std::vector<std::string> arguments);
  // The same, expected to end well; its standard output.
  std::string ok(std::vector<std::string> arguments);
  // The same with --json, its output read.
  json::object told(std::vector<std::string> arguments);
  // The same, expected to be refused: the code told with --json.
  std::string refused(std::vector<std::string> arguments, int exit_code = 3);
  // The id of the record that was added.
  std::string add(std::vector<std::string> arguments);

  // Begins and does not wait; end() gives what came of it.
  pid_t begin(std::vector<std::string> arguments);
  Ran end(pid_t child);

  // Begins a server on any free port and waits until it says that it is ready; its process id. end_server() sends it a
  // SIGTERM.
  pid_t begin_server(std::vector<std::string> arguments = {});
  Ran end_server(pid_t server);

  // A pipeline "Sales" with New (open), Talk (open), Won, Lost; currency EUR, zone Europe/Berlin.
  void set_up_selling();
  // The bundled 200 deals.
  void import_extract();

  std::string temp(const std::string& name) const { return root_ + "/" + name; }

  std::string root_, data_;
  std::string folder_;                    // where the program stands; "" = where the test does
  std::vector<std::string> environment_;  // NAME=value, added to the test's own
};

}  // namespace traction
