// Session: one run of the program: its arguments, the data directory and workspace opened on demand, and where to
// print. Holds no rules. Used by the handlers of the verbs, in one thread.
#pragma once

#include <memory>
#include <string>

#include "app/directory.h"
#include "app/system.h"
#include "app/workspace.h"
#include "cli/arguments.h"
#include "cli/table.h"

namespace traction {

class Session {
 public:
  explicit Session(Arguments arguments);

  const Arguments& arguments() const { return arguments_; }
  bool json() const { return arguments_.json; }
  Clock& clock() { return clock_; }
  Random& random() { return random_; }

  // --data, $TRACTION_DATA or ~/.local/share/traction.
  std::string data_path() const;
  std::string workspace_name() const;

  Result<std::shared_ptr<const Definitions>> definitions();
  Result<Directory*> directory(bool create = false);

  // The workspace named on the command line. With `create` it is made when missing, with --zone and --currency where
  // the verb has them, else in UTC and USD, and a line on standard error says so.
  Result<Workspace*> workspace(bool create = false);
  Result<Workspace*> create_workspace(const std::string& name);

  // The workspace where there is one, else one in memory that is gone afterwards: for trying without writing.
  Result<Workspace*> rehearsal();

  // Standard output: text as it is; a value as one line of JSON; a table for people, or as CSV with --csv.
  void print(std::string_view text);
  void print_json(const json::value& value);
  void print(const TextTable& table);
  void note(std::string_view line);  // to standard error, for people

  bool colour() const { return colour_; }

  // A bar on standard error with rate and time left; silent unless that is a terminal.
  Progress progress(const std::string& what);

  // Sums up what left the directory, for its audit.
  void audit(const std::string& action, const std::string& detail);

 private:
  const Arguments arguments_;
  SystemClock clock_;
  SystemRandom random_;
  const bool colour_;
  std::shared_ptr<const Definitions> definitions_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Workspace> workspace_;

  json::object settings() const;  // of a new workspace, from the arguments
};

// Set by the first SIGINT or SIGTERM; what runs long looks at it between two steps and stops cleanly. A second one ends
// the program.
bool interrupted();
void watch_for_interrupts();

}  // namespace traction
