// Fault: the machine failed us (disk, memory, a library). Thrown where it happens, caught only at the boundary of a
// request or of the program, where everything is rolled back. Thread-safe.
#pragma once

#include <stdexcept>
#include <string>

namespace traction {

class Fault : public std::runtime_error {
 public:
  enum class Kind {
    disk,             // reading or writing failed
    disk_full,        // no space left; reading still works
    damaged,          // stored bytes do not make sense
    unknown_outcome,  // a commit whose reply was lost: it may or may not have happened
    internal,         // anything else a library reported
  };

  Fault(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

}  // namespace traction
