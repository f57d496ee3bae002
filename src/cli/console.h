// Console: whoever typed a command, as far as the command needs to know: where its relative file names begin, how its
// terminal is, where to print, and whether it asked to stop. A program's own is made by own_console(); a server's
// session has one that writes to the command line at the other end of a socket (forward.h). One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace traction {

// What was asked for can no longer be handed over, and whoever asked has gone: a command ends by this exception.
struct HungUp {};

class Console {
 public:
  struct Facts {
    std::string data;         // the data directory, as it was named
    std::string workspace;    // by flag, environment or file; "" = the default
    std::string folder;       // where relative names of files begin; "" = where this program stands
    std::size_t columns = 0;  // of the terminal; 0 = standard output is none
    bool colour = false;
    bool progress = false;  // standard error is a terminal
  };

  explicit Console(Facts facts) : facts_(std::move(facts)) {}
  virtual ~Console() = default;
  const Facts& facts() const { return facts_; }

  // Standard output and standard error. A Fault or HungUp when what was given cannot be written.
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;

  // From now on an interrupt does not end the command but is told by interrupted(); a second one ends it at once.
  virtual void catch_interrupts() = 0;
  virtual bool interrupted() = 0;

  // Throws HungUp when whoever asked has gone: for a command that runs long without printing.
  virtual void check() {}

 private:
  const Facts facts_;
};

// This program's own terminal; `data` and `workspace` as the settings have them.
std::unique_ptr<Console> own_console(std::string data, std::string workspace);

}  // namespace traction
