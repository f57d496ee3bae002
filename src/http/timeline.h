// The operation that tells a record's story: /api/v1/deals/{id}/timeline, for every type but the workspace's settings.
// Part of batch_routes(); what a timeline is says app/timeline.h. Thread-safe.
#pragma once

#include <vector>

#include "http/route.h"
#include "schema/schema.h"

namespace traction {

std::vector<Route> timeline_routes(const Schema& schema);

}  // namespace traction
