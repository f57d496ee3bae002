#include "base/table.h"

namespace traction {

const std::string& TableColumn::text(std::size_t row) const {
  static const std::string kNone;
  const auto* texts = std::get_if<std::vector<std::string>>(&values_);
  return texts && known_[row] ? (*texts)[row] : kNone;
}

Cell TableColumn::cell(std::size_t row) const {
  if (!known_[row]) return std::monostate{};
  return std::visit(
      [row](const auto& values) -> Cell { return typename std::decay_t<decltype(values)>::value_type(values[row]); },
      values_);
}

std::size_t TableRow::size() const { return table_->columns.size(); }

Cell TableRow::operator[](std::size_t column) const { return table_->columns[column].cell(row_); }

std::optional<std::int64_t> TableRow::whole(std::size_t column) const { return table_->columns[column].whole(row_); }

std::optional<double> TableRow::real(std::size_t column) const { return table_->columns[column].real(row_); }

const std::string& TableRow::text(std::size_t column) const { return table_->columns[column].text(row_); }

}  // namespace traction
