#include <duckdb.h>

#include "mart/mart.h"

namespace traction {

std::string duckdb_version() { return duckdb_library_version(); }

}  // namespace traction
