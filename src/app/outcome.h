// Outcome: the answer to a command that was not refused: what each action came to and how far the ledger reached with
// it. It does not tell what others wrote meanwhile. A plain value, made by the writer, read by everything above it;
// thread-safe as a value.
#pragma once

#include <vector>

#include "domain/decide.h"

namespace traction {

struct Outcome {
  std::vector<Done> actions;  // what each action came to, in order
  Seq seq = 0;                // last entry written; demand it of a query to read one's own write
  bool repeated = false;      // an earlier answer to the same idempotency key
};

}  // namespace traction
