#include "ledger/sqlite_turn.h"

#include <fmt/format.h>

#include <chrono>

namespace traction {

Turn::~Turn() {
  if (mine_) turns_.give_up();
}

Turn Turns::take() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++last_ticket_;
  asked_.push_back(mine);
  const bool free =
      free_.wait_for(lock, std::chrono::milliseconds(wait_ms_), [&] { return !taken_ && asked_.front() == mine; });
  std::erase(asked_, mine);
  if (!free || failed_) free_.notify_all();  // the next one's turn
  if (!free) throw Fault(Fault::Kind::internal, fmt::format("{} is being written for too long. Try again.", path_));
  if (failed_)
    throw Fault(Fault::Kind::disk, fmt::format("{} could not be written before, so nothing more is written to it until "
                                               "the program is started again. Check the disk.",
                                               path_));
  taken_ = true;
  return Turn(*this);
}

void Turns::give_up() {
  {
    const std::lock_guard lock(mutex_);
    taken_ = false;
  }
  free_.notify_all();
}

void Turns::fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
}

}  // namespace traction
