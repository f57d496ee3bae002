#include "app/applier.h"

#include <algorithm>
#include <chrono>

namespace traction {

Applier::Applier(Workspace& workspace)
    : workspace_(workspace), wanted_(workspace.ledger().read()->head().seq), thread_([this] { follow(); }) {
  workspace_.on_commit([this](Seq head) {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max(wanted_, head);
    changed_.notify_all();
  });
}

Applier::~Applier() {
  workspace_.on_commit({});
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

bool Applier::wait_for(Seq seq, int timeout_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return applied_ >= seq || failure_; });
  if (failure_) std::rethrow_exception(failure_);
  return applied_ >= seq;
}

void Applier::follow() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || wanted_ > applied_; });
    if (ending_) return;
    lock.unlock();
    Seq applied = 0;
    std::exception_ptr failure;
    try {
      applied = workspace_.fresh_mart()->applied();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    applied_ = applied;
    failure_ = failure;
    changed_.notify_all();
    if (failure_) return;
  }
}

}  // namespace traction
