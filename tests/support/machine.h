// A clock and a random source that a test decides: time stands still until it is advanced, and random bytes are the
// same in every run. Tests only. Thread-safe.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace traction {

class TestClock : public Clock {
 public:
  Instant now() override { return {micros_}; }
  // Moves on, or back when negative.
  void advance(std::int64_t micros) { micros_ += micros; }

 private:
  std::atomic<std::int64_t> micros_ = 1'700'000'000 * kSecond;
};

// The same bytes for every run, never twice the same.
class TestRandom : public Random {
 public:
  void fill(std::span<std::byte> out) override {
    std::uint64_t state = ++count_;
    for (std::byte& byte : out) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<std::byte>(state >> 56);
    }
  }

 private:
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace traction
