// CommandSession: one command on its way: its arguments, the data directory and workspace opened on demand, and where
// to print. It runs the same in the program that was called, on a directory it opens itself, and inside a server, on
// the server's. Holds no rules. Used by the handlers of the verbs, in one thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/host.h"
#include "app/system.h"
#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/table.h"

namespace traction {

class CommandSession {
 public:
  // `server` is the host of the server that this runs in; null: it opens its own. Both outlive the session.
  CommandSession(Arguments arguments, Console& console, Host* server = nullptr);

  const Arguments& arguments() const { return arguments_; }
  bool json() const { return arguments_.json; }
  Clock& clock() { return clock_; }
  Random& random() { return random_; }
  Console& console() { return console_; }

  const std::string& data_path() const { return console_.facts().data; }
  std::string workspace_name() const;

  Result<std::shared_ptr<const Definitions>> definitions();
  Result<Directory*> directory(bool create = false);

  // The workspace named on the command line. With `create` it is made when missing, with --zone and --currency where
  // the verb has them, else in UTC and USD, and a line on standard error says so.
  Result<Workspace*> workspace(bool create = false);
  Result<Workspace*> create_workspace(const std::string& name);
  // Another one with these settings, made from `fill`.
  Result<Workspace*> create_workspace(const std::string& name, json::object settings, const Directory::Fill& fill);

  // The workspace where there is one, else one in memory that is gone afterwards: for trying without writing.
  Result<Workspace*> rehearsal();

  // Where a file lies that whoever asked has named; relative names begin where that person stands.
  std::string path(const std::string& given);
  // The text with such places as they were typed.
  std::string as_typed(std::string text) const;

  // Standard output: text as it is; a value as one line of JSON; a table for people, or as CSV with --csv.
  void print(std::string_view text) { console_.out(text); }
  void print_json(const json::value& value);
  void print(const TextTable& table);
  void note(std::string_view line);  // to standard error, for people

  // A bar on standard error with rate and time left; silent unless that is a terminal. It ends the command when
  // whoever asked has gone.
  Progress progress(const std::string& what);

  // Sums up what left the directory, for its audit.
  void audit(const std::string& action, const std::string& detail);

 private:
  Result<Host*> host(bool create);
  json::object settings() const;  // of a new workspace, from the arguments

  const Arguments arguments_;
  Console& console_;
  SystemClock clock_;
  SystemRandom random_;
  std::shared_ptr<const Definitions> definitions_;
  std::unique_ptr<Host> own_;
  Host* host_;
  std::shared_ptr<Hosted> hosted_;        // the workspace
  std::unique_ptr<Workspace> rehearsal_;  // in its place
  std::map<std::string, std::string> typed_;
};

}  // namespace traction
