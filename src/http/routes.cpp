#include "http/routes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "http/docs.h"

namespace traction {

std::vector<Route> api_routes(const Schema& schema, Events& events, std::vector<Route> more) {
  std::vector<Route> all;
  for (std::vector<Route> part : {record_routes(schema), batch_routes(schema), metric_routes(schema),
                                  job_routes(schema), keeping_routes(schema), event_routes(events), std::move(more)})
    std::ranges::move(part, std::back_inserter(all));
  std::ranges::move(document_routes(all), std::back_inserter(all));
  return all;
}

}  // namespace traction
