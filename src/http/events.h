// Events: what happens in a workspace, told to subscribers as server-sent events: every entry once, in order and
// without a gap from whatever entry they know, and how far the mart has come. Entries are read from the ledger once for
// all subscribers, on one thread; who has fallen behind what is remembered is served from the ledger on another. Any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/host.h"
#include "http/message.h"

namespace traction {

class Events {
 public:
  Events();
  ~Events();  // its sources must have ended

  // The events of a workspace after the entry `after`, which must not be beyond the ledger's head; the first is "ready"
  // with that number.
  std::shared_ptr<Source> subscribe(std::shared_ptr<Hosted> hosted, Seq after);

  std::int64_t subscribers() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace traction
