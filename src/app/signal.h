// Signal: something that happens again and again, told to whoever listens. A listener is called on the thread on which
// it happens and stays told until its Listening ends, which waits for a call under way. Thread-safe; a listener must
// not begin or end a Listening of the same signal.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace traction {

// Ends what Signal::listen() began, when it is destroyed.
using Listening = std::shared_ptr<void>;

template <class... Args>
class Signal {
 public:
  Listening listen(std::function<void(Args...)> told) {
    const std::lock_guard lock(state_->mutex);
    const int number = state_->next++;
    state_->listeners.emplace(number, std::move(told));
    return Listening(nullptr, [state = state_, number](void*) {
      const std::lock_guard ending(state->mutex);
      state->listeners.erase(number);
    });
  }

  void tell(Args... args) const {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [number, told] : state_->listeners) told(args...);
  }

 private:
  struct State {
    std::mutex mutex;
    int next = 0;
    std::map<int, std::function<void(Args...)>> listeners;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();  // a Listening may outlive the signal
};

}  // namespace traction
