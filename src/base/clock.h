// Clock and Random: the two things a program cannot compute, as interfaces, so that tests and the simulator decide
// them. The real ones live in app/; pure modules are given values, never these. Implementations must be thread-safe.
#pragma once

#include <cstddef>
#include <span>

#include "base/instant.h"

namespace traction {

class Clock {
 public:
  virtual ~Clock() = default;
  // The present, which may jump back when an administrator sets the machine's clock.
  virtual Instant now() = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  // Fills `out` with unpredictable bytes.
  virtual void fill(std::span<std::byte> out) = 0;
};

}  // namespace traction
