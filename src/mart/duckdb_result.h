// read_table: DuckDB's result as a Table. Apart from duckdb_db.h, which keeps duckdb.h out of every other header: for
// duckdb_db.cpp alone. One thread per result.
#pragma once

#include <duckdb.h>

#include "base/table.h"

namespace traction {

// At most `limit` rows of what a SELECT gave. Decimals come as doubles, instants as microseconds, dates as days; a null
// inside a list as NaN. Fault(internal) for a type that no statement of ours gives, and a whole number of more than 64
// bits.
Table read_table(duckdb_result& result, std::size_t limit);

}  // namespace traction
