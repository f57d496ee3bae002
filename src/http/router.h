// Router: the Service that answers requests by the table of routes: finds the route, checks who asks, where from and
// with what parameters and body, and runs its handler on a worker. What matches no route goes to the static page. It
// keeps the counts for /metrics. Any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/route.h"

namespace traction {

struct RouterOptions {
  int workers = 2;                 // threads that handlers run on; the slow ones have four of their own
  std::string spool;               // folder for long bodies
  std::vector<std::string> hosts;  // names by which a browser may call us, besides localhost and addresses
  std::function<Response(const Request&)> otherwise;  // GET of what is no route: the page's files; may be empty
};

class Router : public Service {
 public:
  // CHECKs that no two routes answer the same request and that every id is unique.
  Router(Host& host, std::vector<Route> routes, RouterOptions options);
  ~Router() override;

  Admission admit(const Request& head) override;
  void handle(std::shared_ptr<const Request> request, Reply reply) override;
  Response trouble(int status, std::string_view sentence) override;

  const std::vector<Route>& routes() const;

  // From now on /readyz says no; what comes is still answered.
  void not_ready();

  // Counts of requests by route and status, with a histogram of seconds, in Prometheus' text form.
  std::string counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What every router answers besides its table: /healthz and /readyz, which asks `ready`. To describe them it is null.
std::vector<Route> health_routes(std::shared_ptr<const std::atomic<bool>> ready = nullptr);

}  // namespace traction
