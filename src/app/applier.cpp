#include "app/applier.h"

#include <algorithm>
#include <chrono>

namespace traction {
namespace {

// From one beginning to the next: what comes meanwhile is applied together. Applying a thousand entries costs little
// more than applying ten, and what is left of the machine answers commands. Whoever waits for an entry does not wait
// for this.
constexpr std::chrono::milliseconds kPace{500};
constexpr std::chrono::milliseconds kLook{100};   // between two looks at whether to stop
constexpr std::chrono::seconds kAfterFailure{5};  // a full disk may have room by then

}  // namespace

Applier::Applier(Workspace& workspace) : workspace_(workspace), thread_([this] { follow(); }) {
  const auto want = [this](Seq head) {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max(wanted_, head);
    changed_.notify_all();
  };
  commits_ = workspace_.on_commit(want);
  want(workspace_.ledger().read()->head().seq);  // after that, so that no commit falls between the two
}

Applier::~Applier() {
  commits_.reset();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

bool Applier::wait_for(Seq seq, int timeout_ms) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return applied_ >= seq || failure_; });
  --waiting_;
  if (failure_) std::rethrow_exception(failure_);
  return applied_ >= seq;
}

void Applier::keep_pace(Seq most_behind, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const Seq enough = wanted_ - most_behind;
  ++waiting_;
  changed_.notify_all();
  while (applied_ < enough && !failure_ && !stop.stop_requested()) changed_.wait_for(lock, kLook);
  --waiting_;
}

void Applier::look_again() {
  const std::lock_guard lock(mutex_);
  applied_ = 0;
  changed_.notify_all();
}

void Applier::follow() {
  std::unique_lock lock(mutex_);
  for (std::chrono::steady_clock::time_point next;;) {
    changed_.wait(lock, [&] { return ending_ || wanted_ > applied_; });
    changed_.wait_until(lock, next, [&] { return ending_ || waiting_ > 0; });
    if (ending_) return;
    next = std::chrono::steady_clock::now() + kPace;
    lock.unlock();
    Seq applied = 0;
    std::exception_ptr failure;
    try {
      applied = workspace_.fresh_mart()->applied();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (!failure) applied_ = applied;
    failure_ = failure;
    changed_.notify_all();
    if (failure_) changed_.wait_for(lock, kAfterFailure, [&] { return ending_; });
  }
}

}  // namespace traction
