// The whole API as one table, put together from the files that hold its operations. What a request meets is decided by
// router.h; what the document says by openapi.h. Made once at start, immutable afterwards, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "http/route.h"
#include "schema/schema.h"

namespace traction {

class Events;  // events.h

std::vector<Route> record_routes(const Schema& schema);   // create, read, change, delete, restore, merge, erase, list
std::vector<Route> batch_routes(const Schema& schema);    // batch, search, timeline
std::vector<Route> metric_routes(const Schema& schema);   // list, query, rows, passport
std::vector<Route> job_routes(const Schema& schema);      // uploads, imports, exports, jobs
std::vector<Route> keeping_routes(const Schema& schema);  // workspaces, settings, doctor, version
std::vector<Route> event_routes(Events& events);          // /api/v1/events

// Where the records of a type are: "/api/v1/deals"; a plural of two words is joined by "-".
std::string collection_path(const RecordType& type);

// All of these and `more` of whoever starts the server, with /openapi.json, which describes them all.
std::vector<Route> api_routes(const Schema& schema, Events& events, std::vector<Route> more = {});

}  // namespace traction
