// Cell and Table: what a query of the mart gives back, as plain values, so that pure modules can read results without
// knowing the database. Values, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace traction {

// One value of a result. Instants are microseconds, dates days, both as integers; null = monostate.
using Cell = std::variant<std::monostate, std::int64_t, double, bool, std::string, std::vector<double>>;

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
};

}  // namespace traction
