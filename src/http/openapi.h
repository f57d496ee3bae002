// The API's own description, OpenAPI 3.1, made from the table of routes and the definitions. Pure, thread-safe.
#pragma once

#include <span>

#include "http/route.h"
#include "schema/schema.h"

namespace traction {

// The document for a workspace whose schema (with its own fields) this is.
json::object openapi(std::span<const Route> routes, const Schema& schema);

// The schemas that routes name: for each record type "Deal" (as read), "DealFields", "DealCreate", "DealChange",
// "DealPage"; and "Written", "Batch", "BatchWritten", "Problem", "Entry", "Timeline", "Answer", "Metric", "Job" …
json::object components(const Schema& schema);

}  // namespace traction
