// Turns: who may use a SQLite ledger's one writing connection, and whether anybody still may. Internal to the SQLite
// ledger. Turns from any thread; a Turn may be handed to another thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "base/fault.h"

namespace traction {

class Turns;

// The right to write, given up when it is destroyed.
class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(turns) {}
  Turn(Turn&& other) noexcept : turns_(other.turns_), mine_(std::exchange(other.mine_, false)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn();

  // Does something that writes. When the machine fails there (Fault disk), it was the last.
  template <class Work>
  void write(Work&& work);

 private:
  Turns& turns_;
  bool mine_ = true;
};

class Turns {
 public:
  // `path` is the ledger's, for messages.
  Turns(std::string path, int wait_ms) : path_(std::move(path)), wait_ms_(wait_ms) {}

  // Waits for whoever writes at the moment or asked earlier, at most `wait_ms`, then a Fault. Fault(disk) when the
  // machine has failed before. In order of asking, so that nobody who takes turn after turn holds up others for long.
  Turn take();

 private:
  friend class Turn;
  void give_up();
  void fail();

  const std::string path_;
  const int wait_ms_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::deque<std::uint64_t> asked_;  // the tickets of those who wait
  std::uint64_t last_ticket_ = 0;
  bool taken_ = false;
  bool failed_ = false;
};

template <class Work>
void Turn::write(Work&& work) {
  try {
    work();
  } catch (const Fault& fault) {
    if (fault.kind() == Fault::Kind::disk) turns_.fail();
    throw;
  }
}

}  // namespace traction
