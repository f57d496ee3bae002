// Exports: all records of a type as a file, sent while it is read. What leaves the directory is noted in its audit, as
// the command line notes it. Stateless, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/route.h"
#include "schema/schema.h"

namespace traction {

// For every record type its export and the mapping by which that is imported.
std::vector<Route> export_routes(const Schema& schema);

// The Content-Disposition of a file to be kept under that name.
std::string attachment(std::string_view name);

}  // namespace traction
