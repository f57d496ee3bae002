// The machine's clock and its source of randomness, for everything that is not a test: the real Clock and Random of
// base/clock.h. They hold no state. Thread-safe. Made once by the program (cli/session.h) and handed down from there.
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
