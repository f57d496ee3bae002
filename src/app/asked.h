// Asked: a question about a metric as texts, the way options of the command line and parameters of the API bring it,
// read into a Query. It holds the forms alone; what the names mean is the metric engine's business
// (metrics/question.h). Stateless, thread-safe. Called by cli/ and http/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/zone.h"
#include "metrics/query.h"

namespace traction {

class Workspace;

struct Asked {
  std::string metric;
  std::vector<std::string> by;     // each one name or several between commas
  std::vector<std::string> where;  // "owner=Ada" or "owner!=Ada"; the same dimension again means any of them
  std::optional<std::string> grain, from, to, at, as_of, compare;
  bool converted = false;
};

// The query. Moments without an offset are of `zone`. Refused (invalid) with the member's name as field.
Result<Query> query_of(const Asked& asked, const Zone& zone);

// The same in a workspace's zone: `as_of` in the one it has, anything else in the one it had then.
Result<Query> query_of(const Asked& asked, Workspace& workspace);

}  // namespace traction
