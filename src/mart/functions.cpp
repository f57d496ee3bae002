#include "mart/functions.h"

#include <duckdb.h>

#include <limits>
#include <new>
#include <string>

#include "base/fault.h"
#include "base/zone.h"
#include "mart/survival.h"

namespace traction {
namespace {

class Type {
 public:
  explicit Type(duckdb_type id) : handle_(duckdb_create_logical_type(id)) {}
  explicit Type(duckdb_logical_type handle) : handle_(handle) {}
  ~Type() { duckdb_destroy_logical_type(&handle_); }
  Type(const Type&) = delete;
  Type& operator=(const Type&) = delete;
  duckdb_logical_type operator*() const { return handle_; }

 private:
  duckdb_logical_type handle_;
};

bool valid(const std::uint64_t* mask, idx_t row) { return !mask || (mask[row / 64] >> (row % 64) & 1) != 0; }

// The state that DuckDB keeps for us per group: a pointer, made when the first row comes.
struct Group {
  std::vector<Observed>* observed;
};

Group* group(duckdb_aggregate_state state) { return reinterpret_cast<Group*>(state); }

idx_t survival_size(duckdb_function_info) { return sizeof(Group); }

void survival_init(duckdb_function_info, duckdb_aggregate_state state) { group(state)->observed = nullptr; }

void survival_update(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  const duckdb_vector seconds = duckdb_data_chunk_get_vector(input, 0), ended = duckdb_data_chunk_get_vector(input, 1);
  const auto* times = static_cast<const std::int64_t*>(duckdb_vector_get_data(seconds));
  const auto* ends = static_cast<const bool*>(duckdb_vector_get_data(ended));
  const std::uint64_t *time_mask = duckdb_vector_get_validity(seconds), *end_mask = duckdb_vector_get_validity(ended);
  try {
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
      if (!valid(time_mask, row) || !valid(end_mask, row)) continue;
      auto*& observed = group(states[row])->observed;
      if (!observed) observed = new std::vector<Observed>;
      observed->push_back({times[row], ends[row]});
    }
  } catch (const std::bad_alloc&) {
    duckdb_aggregate_function_set_error(info, "Out of memory.");
  }
}

void survival_combine(duckdb_function_info info, duckdb_aggregate_state* sources, duckdb_aggregate_state* targets,
                      idx_t count) {
  try {
    for (idx_t i = 0; i < count; ++i) {
      const auto* from = group(sources[i])->observed;
      if (!from) continue;
      auto*& to = group(targets[i])->observed;
      if (!to) to = new std::vector<Observed>;
      to->insert(to->end(), from->begin(), from->end());
    }
  } catch (const std::bad_alloc&) {
    duckdb_aggregate_function_set_error(info, "Out of memory.");
  }
}

void survival_finalize(duckdb_function_info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
                       idx_t offset) {
  idx_t size = duckdb_list_vector_get_size(result);
  duckdb_list_vector_reserve(result, size + 3 * count);
  const duckdb_vector child = duckdb_list_vector_get_child(result);
  duckdb_vector_ensure_validity_writable(result);
  duckdb_vector_ensure_validity_writable(child);
  auto* lists = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(result));
  auto* values = static_cast<double*>(duckdb_vector_get_data(child));
  for (idx_t i = 0; i < count; ++i) {
    auto* observed = group(states[i])->observed;
    lists[offset + i] = {size, 0};
    if (!observed) {
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(result), offset + i);
      continue;
    }
    for (const auto& reached : survival_quantiles(*observed)) {
      values[size] = reached ? static_cast<double>(*reached) : std::numeric_limits<double>::quiet_NaN();
      duckdb_validity_set_row_validity(duckdb_vector_get_validity(child), size, reached.has_value());
      ++size;
    }
    lists[offset + i].length = 3;
  }
  duckdb_list_vector_set_size(result, size);
}

void survival_destroy(duckdb_aggregate_state* states, idx_t count) {
  for (idx_t i = 0; i < count; ++i) delete group(states[i])->observed;
}

void local_day(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const duckdb_vector instants = duckdb_data_chunk_get_vector(input, 0), names = duckdb_data_chunk_get_vector(input, 1);
  const auto* micros = static_cast<const std::int64_t*>(duckdb_vector_get_data(instants));
  auto* zones = static_cast<duckdb_string_t*>(duckdb_vector_get_data(names));
  const std::uint64_t *micros_mask = duckdb_vector_get_validity(instants),
                      *zone_mask = duckdb_vector_get_validity(names);
  auto* days = static_cast<std::int32_t*>(duckdb_vector_get_data(output));
  duckdb_vector_ensure_validity_writable(output);
  std::uint64_t* day_mask = duckdb_vector_get_validity(output);
  const Zone* zone = nullptr;  // of the row before: it is the workspace's, so nearly always the same
  constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!valid(micros_mask, row) || !valid(zone_mask, row) || micros[row] == kInfinity || micros[row] == -kInfinity) {
      duckdb_validity_set_row_invalid(day_mask, row);
      continue;
    }
    const std::string_view name(duckdb_string_t_data(&zones[row]), duckdb_string_t_length(zones[row]));
    if (!zone || zone->name() != name) {
      const Result<const Zone*> found = Zone::find(name);
      if (!found) return duckdb_scalar_function_set_error(info, found.error().sentence.c_str());
      zone = *found;
    }
    days[row] = zone->day(Instant{micros[row]}).days;
  }
}

}  // namespace

void register_functions(Connection& connection) {
  const Type bigint(DUCKDB_TYPE_BIGINT), boolean(DUCKDB_TYPE_BOOLEAN), real(DUCKDB_TYPE_DOUBLE);
  const Type text(DUCKDB_TYPE_VARCHAR), instant(DUCKDB_TYPE_TIMESTAMP), date(DUCKDB_TYPE_DATE);
  const Type reals(duckdb_create_list_type(*real));

  duckdb_aggregate_function survival = duckdb_create_aggregate_function();
  duckdb_aggregate_function_set_name(survival, "survival");
  duckdb_aggregate_function_add_parameter(survival, *bigint);
  duckdb_aggregate_function_add_parameter(survival, *boolean);
  duckdb_aggregate_function_set_return_type(survival, *reals);
  duckdb_aggregate_function_set_functions(survival, survival_size, survival_init, survival_update, survival_combine,
                                          survival_finalize);
  duckdb_aggregate_function_set_destructor(survival, survival_destroy);
  const bool aggregate = duckdb_register_aggregate_function(connection.handle(), survival) == DuckDBSuccess;
  duckdb_destroy_aggregate_function(&survival);

  duckdb_scalar_function day = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(day, "local_day");
  duckdb_scalar_function_add_parameter(day, *instant);
  duckdb_scalar_function_add_parameter(day, *text);
  duckdb_scalar_function_set_return_type(day, *date);
  duckdb_scalar_function_set_function(day, local_day);
  const bool scalar = duckdb_register_scalar_function(connection.handle(), day) == DuckDBSuccess;
  duckdb_destroy_scalar_function(&day);
  if (!aggregate || !scalar) throw Fault(Fault::Kind::internal, "The mart's own SQL functions could not be added.");
}

}  // namespace traction
