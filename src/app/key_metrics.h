// Key metrics: what somebody looks at first. Chosen in the field `key_metrics` of a member, a team or the workspace,
// whose rules are domain/metric.cpp's; this finds the choice that holds. Reads the ledger's store alone. Stateless,
// thread-safe as its reader is. Called by cli/ and http/.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "ledger/ledger.h"
#include "metrics/metric.h"

namespace traction {

struct KeyMetrics {
  std::vector<std::string> names;  // in the order chosen; hidden ones are passed over
  std::string from;                // whose choice it is: "member", "team" or "workspace"
  Id record = 0;
};

// The choice of a member, else of its team or the teams above, else the workspace's. With member 0 of a team, with both
// 0 of the workspace. Refused (not_found) when there is no such member or team.
Result<KeyMetrics> key_metrics(Reader& reader, const Schema& schema, const Catalogue& catalogue, Id member, Id team);

// {"metrics": [names], "from": …, "record": …}
json::object to_json(const KeyMetrics& key);

}  // namespace traction
