#include "mart/duckdb_result.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "base/fault.h"

namespace traction {
namespace {

class Type {
 public:
  explicit Type(duckdb_logical_type handle) : handle_(handle) {}
  ~Type() { duckdb_destroy_logical_type(&handle_); }
  Type(const Type&) = delete;
  Type& operator=(const Type&) = delete;
  duckdb_type id() const { return duckdb_get_type_id(handle_); }
  duckdb_logical_type operator*() const { return handle_; }

 private:
  duckdb_logical_type handle_;
};

template <class T>
T at(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

bool is_null(const std::uint64_t* valid, idx_t row) { return valid && (valid[row / 64] >> (row % 64) & 1) == 0; }

[[noreturn]] void unknown_type() {
  throw Fault(Fault::Kind::internal, "A query of the mart gave a column of a type that is not known here.");
}

// Adds the first `rows` of a vector of T to a column, each as `value` makes it.
template <class T, class Value>
void add_each(TableColumn& column, duckdb_vector vector, idx_t rows, const Value& value) {
  const auto* values = static_cast<const T*>(duckdb_vector_get_data(vector));
  const std::uint64_t* valid = duckdb_vector_get_validity(vector);
  using Made = std::decay_t<decltype(value(*values))>;
  column.add<Made>(
      rows, [&](idx_t row) { return is_null(valid, row) ? std::nullopt : std::optional<Made>(value(values[row])); });
}

template <class T>
void add_whole(TableColumn& column, duckdb_vector vector, idx_t rows) {
  add_each<T>(column, vector, rows, [](T value) { return static_cast<std::int64_t>(value); });
}

double to_real(duckdb_decimal of, std::int64_t small) {
  of.value = {static_cast<std::uint64_t>(small), small < 0 ? -1 : 0};
  return duckdb_decimal_to_double(of);
}

void add_decimals(TableColumn& column, duckdb_vector vector, duckdb_logical_type type, idx_t rows) {
  const duckdb_decimal of{duckdb_decimal_width(type), duckdb_decimal_scale(type), {0, 0}};
  switch (duckdb_decimal_internal_type(type)) {
    case DUCKDB_TYPE_SMALLINT:
      return add_each<std::int16_t>(column, vector, rows, [&](auto value) { return to_real(of, value); });
    case DUCKDB_TYPE_INTEGER:
      return add_each<std::int32_t>(column, vector, rows, [&](auto value) { return to_real(of, value); });
    case DUCKDB_TYPE_BIGINT:
      return add_each<std::int64_t>(column, vector, rows, [&](auto value) { return to_real(of, value); });
    default:
      return add_each<duckdb_hugeint>(column, vector, rows, [&](duckdb_hugeint value) {
        return duckdb_decimal_to_double({of.width, of.scale, value});
      });
  }
}

// Sums of BIGINT come as HUGEINT: whole in SQL of ours, which casts those that it needs to be.
std::int64_t from_huge(duckdb_hugeint value) {
  if ((value.upper == 0 && value.lower <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) ||
      (value.upper == -1 && value.lower > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())))
    return static_cast<std::int64_t>(value.lower);
  throw Fault(Fault::Kind::internal, "A query of the mart gave a number of more than 64 bits.");
}

std::vector<double> list_at(duckdb_vector vector, duckdb_list_entry entry) {
  const duckdb_vector child = duckdb_list_vector_get_child(vector);
  const std::uint64_t* valid = duckdb_vector_get_validity(child);
  std::vector<double> values;
  for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i)
    values.push_back(is_null(valid, i) ? std::numeric_limits<double>::quiet_NaN() : at<double>(child, i));
  return values;
}

TableColumn column_of(std::string name, duckdb_logical_type type) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return {std::move(name), std::vector<bool>()};
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
      return {std::move(name), std::vector<double>()};
    case DUCKDB_TYPE_VARCHAR:
      return {std::move(name), std::vector<std::string>()};
    case DUCKDB_TYPE_LIST:
      if (Type(duckdb_list_type_child_type(type)).id() != DUCKDB_TYPE_DOUBLE) unknown_type();
      return {std::move(name), std::vector<std::vector<double>>()};
    default:
      return {std::move(name), std::vector<std::int64_t>()};
  }
}

void add_rows(TableColumn& column, duckdb_vector vector, duckdb_logical_type type, idx_t rows) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return add_each<bool>(column, vector, rows, [](bool value) { return value; });
    case DUCKDB_TYPE_TINYINT:
      return add_whole<std::int8_t>(column, vector, rows);
    case DUCKDB_TYPE_SMALLINT:
      return add_whole<std::int16_t>(column, vector, rows);
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
      return add_whole<std::int32_t>(column, vector, rows);
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return add_whole<std::int64_t>(column, vector, rows);
    case DUCKDB_TYPE_UTINYINT:
      return add_whole<std::uint8_t>(column, vector, rows);
    case DUCKDB_TYPE_USMALLINT:
      return add_whole<std::uint16_t>(column, vector, rows);
    case DUCKDB_TYPE_UINTEGER:
      return add_whole<std::uint32_t>(column, vector, rows);
    case DUCKDB_TYPE_UBIGINT:
      return add_each<std::uint64_t>(column, vector, rows, [](auto value) { return from_huge({value, 0}); });
    case DUCKDB_TYPE_HUGEINT:
      return add_each<duckdb_hugeint>(column, vector, rows, from_huge);
    case DUCKDB_TYPE_FLOAT:
      return add_each<float>(column, vector, rows, [](float value) { return double{value}; });
    case DUCKDB_TYPE_DOUBLE:
      return add_each<double>(column, vector, rows, [](double value) { return value; });
    case DUCKDB_TYPE_DECIMAL:
      return add_decimals(column, vector, type, rows);
    case DUCKDB_TYPE_VARCHAR:
      return add_each<duckdb_string_t>(column, vector, rows, [](duckdb_string_t text) {
        return std::string(duckdb_string_t_data(&text), duckdb_string_t_length(text));
      });
    case DUCKDB_TYPE_LIST:
      return add_each<duckdb_list_entry>(column, vector, rows,
                                         [&](duckdb_list_entry entry) { return list_at(vector, entry); });
    default:
      unknown_type();
  }
}

}  // namespace

Table read_table(duckdb_result& result, std::size_t limit) {
  Table table;
  std::vector<std::unique_ptr<Type>> types;
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    types.push_back(std::make_unique<Type>(duckdb_column_logical_type(&result, i)));
    table.columns.push_back(column_of(duckdb_column_name(&result, i), **types.back()));
  }
  const auto destroy = [](duckdb_data_chunk chunk) { duckdb_destroy_data_chunk(&chunk); };
  while (table.size() < limit) {
    const std::unique_ptr<_duckdb_data_chunk, decltype(destroy)> chunk(duckdb_fetch_chunk(result), destroy);
    if (!chunk) break;
    const idx_t rows = std::min<idx_t>(duckdb_data_chunk_get_size(chunk.get()), limit - table.size());
    for (idx_t i = 0; i < types.size(); ++i)
      add_rows(table.columns[i], duckdb_data_chunk_get_vector(chunk.get(), i), **types[i], rows);
    if (rows == 0) break;
  }
  return table;
}

}  // namespace traction
