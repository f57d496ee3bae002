// Cell, TableColumn and Table: what a query of the mart gives back, as plain values, so that pure modules can read
// results without knowing the database. A table keeps its values by column, each of one type, since an answer may have
// tens of thousands of rows; who reads few takes them row by row as cells. Values, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <variant>
#include <vector>

namespace traction {

// One value of a result. Instants are microseconds, dates days, both as integers; null = monostate.
using Cell = std::variant<std::monostate, std::int64_t, double, bool, std::string, std::vector<double>>;

class TableColumn {
 public:
  using Values = std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<bool>,
                              std::vector<std::string>, std::vector<std::vector<double>>>;

  // Of the type of `values`, which is empty.
  TableColumn(std::string name, Values values) : name_(std::move(name)), values_(std::move(values)) {}

  const std::string& name() const { return name_; }
  std::size_t size() const { return known_.size(); }

  // The value in a row: a null, and what is of another type, is nullopt or "".
  std::optional<std::int64_t> whole(std::size_t row) const { return of<std::int64_t>(row); }
  std::optional<double> real(std::size_t row) const { return of<double>(row); }
  const std::string& text(std::size_t row) const;
  Cell cell(std::size_t row) const;

  // Puts rows at the end: `of` gives the value of each, by its place from 0 on, as an optional of the column's type.
  template <class Value, class Of>
  void add(std::size_t rows, const Of& of) {
    auto& values = std::get<std::vector<Value>>(values_);
    const std::size_t begin = values.size();
    values.resize(begin + rows);
    known_.resize(begin + rows);
    for (std::size_t i = 0; i < rows; ++i) {
      std::optional<Value> value = of(i);
      known_[begin + i] = value.has_value();
      if (value) values[begin + i] = std::move(*value);
    }
  }

 private:
  template <class Value>
  std::optional<Value> of(std::size_t row) const {
    const auto* values = std::get_if<std::vector<Value>>(&values_);
    return values && known_[row] ? std::optional<Value>((*values)[row]) : std::nullopt;
  }

  std::string name_;
  Values values_;
  std::vector<char> known_;
};

struct Table;

// One row of a table, not beyond its life.
class TableRow {
 public:
  TableRow(const Table& table, std::size_t row) : table_(&table), row_(row) {}
  std::size_t size() const;
  Cell operator[](std::size_t column) const;
  std::optional<std::int64_t> whole(std::size_t column) const;
  std::optional<double> real(std::size_t column) const;
  const std::string& text(std::size_t column) const;

 private:
  const Table* table_;
  std::size_t row_;
};

struct Table {
  std::vector<TableColumn> columns;  // all of the same size

  std::size_t size() const { return columns.empty() ? 0 : columns[0].size(); }
  bool empty() const { return size() == 0; }
  TableRow operator[](std::size_t row) const { return {*this, row}; }
  auto rows() const {
    return std::views::iota(std::size_t{0}, size()) |
           std::views::transform([this](std::size_t row) { return TableRow(*this, row); });
  }
};

}  // namespace traction
