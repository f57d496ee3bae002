// The operations that hand out the API's description. The page at /docs that shows it to people is part of the static
// page (web/). Thread-safe.
#pragma once

#include <vector>

#include "http/route.h"

namespace traction {

// /openapi.json for a table of which these are all the other routes.
std::vector<Route> document_routes(const std::vector<Route>& others);

}  // namespace traction
