// Prometheus: GET /metrics, what a monitoring system reads of the server: requests, connections, how far each open
// workspace's mart is behind its ledger, jobs, and what the process uses, in Prometheus' text form 0.0.4. Any thread.
#pragma once

#include <functional>
#include <string>

#include "http/route.h"
#include "http/server.h"

namespace traction {

// What others count; each may be called as long as the route is there.
struct Counters {
  std::function<std::string()> requests;      // Router::counts, in the same form
  std::function<ServerCounts()> connections;  // Server::counts
};

Route prometheus_route(Counters counters);

}  // namespace traction
