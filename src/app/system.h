// The machine's clock and its source of randomness, for everything that is not a test. Thread-safe.
#pragma once

#include "base/clock.h"

namespace traction {

class SystemClock : public Clock {
 public:
  Instant now() override;
};

class SystemRandom : public Random {
 public:
  void fill(std::span<std::byte> out) override;
};

}  // namespace traction
