// Applier: a thread that keeps a workspace's mart up with its ledger, so that whoever asks need not wait for it. It
// applies what has come since the last time, as often as there is something. For programs that stay (the server, the
// bench); a single command catches up by itself. Begins with construction, ends with destruction.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/workspace.h"

namespace traction {

class Applier {
 public:
  explicit Applier(Workspace& workspace);
  ~Applier();
  Applier(const Applier&) = delete;
  Applier& operator=(const Applier&) = delete;

  // Waits until the mart holds the entry `seq`; false after `timeout_ms`. Throws the Fault that the last attempt to
  // apply entries ended with; further ones follow.
  bool wait_for(Seq seq, int timeout_ms);

  // Waits until the mart lacks no more than so many entries of the ledger as it is now. Also ends when a stop is asked
  // for and where entries cannot be applied.
  void keep_pace(Seq most_behind, const std::stop_token& stop);

  // Says that the mart may have lost what it held, as when building it anew was stopped.
  void look_again();

 private:
  void follow();

  Workspace& workspace_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Seq wanted_ = 0, applied_ = 0;
  int waiting_ = 0;  // callers inside wait_for()
  bool ending_ = false;
  std::exception_ptr failure_;
  Listening commits_;
  std::thread thread_;
};

}  // namespace traction
