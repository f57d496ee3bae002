// Workspace: one company's selling, with everything joined: ledger, writer, mart, definitions. The one object that the
// command line and (later) the server talk to. Any thread.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/command.h"
#include "ledger/ledger.h"
#include "mart/mart.h"
#include "metrics/query.h"
#include "schema/schema.h"

namespace traction {

// What a command came to: one line per action, in order.
struct Outcome {
  struct Done {
    Id record = 0;
    Seq version = 0;
  };
  std::vector<Done> actions;
  Seq seq = 0;            // last entry written; demand it of a query to read one's own write
  bool repeated = false;  // an earlier answer to the same idempotency key
};

}  // namespace traction
