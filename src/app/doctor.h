// Doctor: looks a data directory over and says what is wrong and what to do about it. Changes nothing. Called by the
// command line, also while another program holds the directory, and by the server on its own. Any thread.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace traction {

class Host;

struct Finding {
  enum class Health { good, warning, bad } health = Health::good;
  std::string what;    // what was looked at: "Directory", "Ledger of default"
  std::string found;   // what was found, for a person
  std::string advice;  // what to do; "" when nothing
};

// The findings in the order of the questions: definitions, SQLite, DuckDB, clock, directory, space, and for each
// workspace its ledger's last entries and its mart. What cannot be looked at because of an earlier finding is left out.
std::vector<Finding> examine(const std::string& path, Clock& clock, Random& random);

// The same of a directory that is open here.
std::vector<Finding> examine(Host& host);

// Versions of the parts built in, for "version" and for reports: name and version.
std::vector<std::pair<std::string, std::string>> versions();

}  // namespace traction
