#include "mart/functions.h"

#include <duckdb.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <new>
#include <optional>
#include <string>

#include "base/business_clock.h"
#include "base/convert.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/zone.h"
#include "mart/outliers.h"
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

// The state that DuckDB keeps for us per group: a pointer to what it holds, made when the first row comes.
template <class Held>
struct Group {
  Held* held;

  static Group* of(duckdb_aggregate_state state) { return reinterpret_cast<Group*>(state); }

  static Held& need(duckdb_aggregate_state state) {
    Held*& held = of(state)->held;
    if (!held) held = new Held;
    return *held;
  }

  static idx_t size(duckdb_function_info) { return sizeof(Group); }
  static void init(duckdb_function_info, duckdb_aggregate_state state) { of(state)->held = nullptr; }
  static void destroy(duckdb_aggregate_state* states, idx_t count) {
    for (idx_t i = 0; i < count; ++i) delete of(states[i])->held;
  }
};

void fail_for_memory(duckdb_function_info info) { duckdb_aggregate_function_set_error(info, "Out of memory."); }

void join(Lifetimes& all, const Lifetimes& others) { all.add(others); }

void join(Segmented& all, const Segmented& others) {
  all.values.insert(all.values.end(), others.values.begin(), others.values.end());
  all.segments.insert(all.segments.end(), others.segments.begin(), others.segments.end());
}

// What an aggregate gives for a group: numbers, of which any may be missing.
template <std::size_t n>
using Told = std::array<std::optional<double>, n>;

Told<5> tell(const Lifetimes& lifetimes) {
  Told<5> told;
  const auto reached = lifetimes.quantiles();
  for (std::size_t i = 0; i < reached.size(); ++i)
    if (reached[i]) told[i] = static_cast<double>(*reached[i]);
  told[3] = static_cast<double>(lifetimes.count());
  told[4] = static_cast<double>(lifetimes.ended());
  return told;
}

Told<6> tell(const Segmented& segmented) {
  const Fences told = fences(segmented);
  std::optional<double> segment;
  if (told.segment) segment = static_cast<double>(*told.segment);
  return {told.mean, static_cast<double>(told.inside), told.low, told.high, static_cast<double>(told.beyond), segment};
}

template <class Held>
void combine(duckdb_function_info info, duckdb_aggregate_state* sources, duckdb_aggregate_state* targets,
             idx_t count) try {
  for (idx_t i = 0; i < count; ++i)
    if (const Held* from = Group<Held>::of(sources[i])->held) join(Group<Held>::need(targets[i]), *from);
} catch (const std::bad_alloc&) {
  fail_for_memory(info);
}

// Puts the sorted times of each group into a blob; NULL for one without a row that counts.
void finalize_lifetimes(duckdb_function_info info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
                        idx_t offset) try {
  duckdb_vector_ensure_validity_writable(result);
  for (idx_t i = 0; i < count; ++i) {
    const Lifetimes* held = Group<Lifetimes>::of(states[i])->held;
    duckdb_validity_set_row_validity(duckdb_vector_get_validity(result), offset + i, held != nullptr);
    if (!held) continue;
    const SortedTimes sorted = held->sorted();
    const std::string_view bytes = sorted.bytes();
    duckdb_vector_assign_string_element_len(result, offset + i, bytes.data(), bytes.size());
  }
} catch (const std::bad_alloc&) {
  fail_for_memory(info);
}

// Puts what each group comes to into a list; NULL for one without a row that counts.
template <class Held>
void finalize(duckdb_function_info info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
              idx_t offset) try {
  constexpr std::size_t kNumbers = std::tuple_size_v<decltype(tell(std::declval<const Held&>()))>;
  idx_t size = duckdb_list_vector_get_size(result);
  duckdb_list_vector_reserve(result, size + kNumbers * count);
  const duckdb_vector child = duckdb_list_vector_get_child(result);
  duckdb_vector_ensure_validity_writable(result);
  duckdb_vector_ensure_validity_writable(child);
  auto* lists = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(result));
  auto* values = static_cast<double*>(duckdb_vector_get_data(child));
  for (idx_t i = 0; i < count; ++i) {
    const Held* held = Group<Held>::of(states[i])->held;
    lists[offset + i] = {size, held ? kNumbers : 0};
    duckdb_validity_set_row_validity(duckdb_vector_get_validity(result), offset + i, held != nullptr);
    if (!held) continue;
    for (const std::optional<double>& number : tell(*held)) {
      values[size] = number.value_or(std::numeric_limits<double>::quiet_NaN());
      duckdb_validity_set_row_validity(duckdb_vector_get_validity(child), size++, number.has_value());
    }
  }
  duckdb_list_vector_set_size(result, size);
} catch (const std::bad_alloc&) {
  fail_for_memory(info);
}

// A column of a chunk that is read.
class Input {
 public:
  Input(duckdb_data_chunk chunk, idx_t place) : Input(duckdb_data_chunk_get_vector(chunk, place)) {}

  bool has(idx_t row) const { return valid(mask_, row); }
  // Instants, of which the infinities are none.
  bool has_instant(idx_t row) const {
    constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
    return has(row) && instant(row).micros != kInfinity && instant(row).micros != -kInfinity;
  }
  Instant instant(idx_t row) const { return Instant{static_cast<const std::int64_t*>(data_)[row]}; }
  std::int64_t whole(idx_t row) const { return static_cast<const std::int64_t*>(data_)[row]; }
  bool truth(idx_t row) const { return static_cast<const bool*>(data_)[row]; }
  double real(idx_t row) const { return static_cast<const double*>(data_)[row]; }
  Date day(idx_t row) const { return Date{static_cast<const std::int32_t*>(data_)[row]}; }
  std::string_view text(idx_t row) const {
    auto* texts = static_cast<duckdb_string_t*>(data_);
    return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
  }

 private:
  explicit Input(duckdb_vector vector)
      : data_(duckdb_vector_get_data(vector)), mask_(duckdb_vector_get_validity(vector)) {}

  void* data_;
  const std::uint64_t* mask_;
};

void survival_update(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) try {
  const Input seconds(input, 0), ended(input, 1);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row)
    if (seconds.has(row) && ended.has(row))
      Group<Lifetimes>::need(states[row]).add(seconds.whole(row), ended.truth(row));
} catch (const std::bad_alloc&) {
  fail_for_memory(info);
}

void survival_between(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) try {
  const Input since(input, 0), until(input, 1), judged(input, 2);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    const bool ended = until.has_instant(row);
    if (!since.has_instant(row) || !(ended || judged.has_instant(row))) continue;
    const std::int64_t micros = (ended ? until : judged).instant(row).micros - since.instant(row).micros;
    Group<Lifetimes>::need(states[row]).add(std::max<std::int64_t>(0, micros / kSecond), ended);
  }
} catch (const std::bad_alloc&) {
  fail_for_memory(info);
}

void survival_together(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) try {
  const Input sorted(input, 0);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row)
    if (sorted.has(row)) Group<Lifetimes>::need(states[row]).add(SortedTimes(sorted.text(row)));
} catch (const std::bad_alloc&) {
  fail_for_memory(info);
}

void fences_update(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) try {
  const Input values(input, 0), segments(input, 1);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!values.has(row)) continue;
    Segmented& held = Group<Segmented>::need(states[row]);
    held.values.push_back(values.real(row));
    held.segments.push_back(segments.has(row) ? segments.whole(row) : Segmented::kNone);
  }
} catch (const std::bad_alloc&) {
  fail_for_memory(info);
}

// The zone of the row before: it is the workspace's, so nearly always the same.
Result<const Zone*> zone_of(const Zone* last, std::string_view name) {
  if (last && last->name() == name) return last;
  return Zone::find(name);
}

// Puts what `tell` says of a zone and an instant into each row.
template <class Told, class Tell>
void local(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output, const Tell& tell) {
  const Input instants(input, 0), names(input, 1);
  auto* told = static_cast<Told*>(duckdb_vector_get_data(output));
  duckdb_vector_ensure_validity_writable(output);
  std::uint64_t* mask = duckdb_vector_get_validity(output);
  const Zone* zone = nullptr;
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!instants.has_instant(row) || !names.has(row)) {
      duckdb_validity_set_row_invalid(mask, row);
      continue;
    }
    const Result<const Zone*> found = zone_of(zone, names.text(row));
    if (!found) return duckdb_scalar_function_set_error(info, found.error().sentence.c_str());
    zone = *found;
    told[row] = tell(*zone, instants.instant(row));
  }
}

void day_start(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Input days(input, 0), names(input, 1);
  auto* micros = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  duckdb_vector_ensure_validity_writable(output);
  const Zone* zone = nullptr;
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!days.has(row) || !names.has(row)) {
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
      continue;
    }
    const Result<const Zone*> found = zone_of(zone, names.text(row));
    if (!found) return duckdb_scalar_function_set_error(info, found.error().sentence.c_str());
    zone = *found;
    micros[row] = zone->start_of(days.day(row)).micros;
  }
}

void converted(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const Input minors(input, 0), currencies(input, 1), rates(input, 2), wanted(input, 3);
  auto* amounts = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  duckdb_vector_ensure_validity_writable(output);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    std::optional<std::int64_t> amount;
    if (minors.has(row) && currencies.has(row) && rates.has(row) && wanted.has(row))
      amount = currencies.text(row) == wanted.text(row)
                   ? minors.whole(row)
                   : convert_minor(minors.whole(row), currencies.text(row), rates.real(row), wanted.text(row));
    amounts[row] = amount.value_or(0);
    duckdb_validity_set_row_validity(duckdb_vector_get_validity(output), row, amount.has_value());
  }
}

void local_day(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  local<std::int32_t>(info, input, output, [](const Zone& zone, Instant instant) { return zone.day(instant).days; });
}

void local_hour(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  local<std::int64_t>(info, input, output,
                      [](const Zone& zone, Instant instant) { return zone.second_of_day(instant) / 3600; });
}

Result<Calendar> calendar_of(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return refuse(parsed);
  if (!parsed->is_object()) return refuse(Code::invalid, "calendar", "A calendar is a JSON object.");
  return Calendar::parse(parsed->as_object());
}

// The rows of a chunk from `begin` on that share zone and calendar with it; returns the first one that does not.
idx_t business_run(const Input& from, const Input& to, const Input& zones, const Input& calendars, idx_t begin,
                   idx_t end, duckdb_vector output, const Zone& zone, const Calendar& calendar) {
  const auto counts = [&](idx_t row) {
    return from.has_instant(row) && to.has_instant(row) && zones.has(row) && calendars.has(row);
  };
  Instant first = from.instant(begin), last = first;
  idx_t stop = begin;
  for (; stop < end; ++stop) {
    if (!counts(stop)) continue;
    if (zones.text(stop) != zones.text(begin) || calendars.text(stop) != calendars.text(begin)) break;
    first = std::min({first, from.instant(stop), to.instant(stop)});
    last = std::max({last, from.instant(stop), to.instant(stop)});
  }
  const BusinessClock clock(calendar, zone, zone.day(first), zone.day(last));
  auto* seconds = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (idx_t row = begin; row < stop; ++row) {
    if (counts(row))
      seconds[row] = clock.seconds(from.instant(row), to.instant(row));
    else
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
  }
  return stop;
}

void business_seconds(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Input from(input, 0), to(input, 1), zones(input, 2), calendars(input, 3);
  duckdb_vector_ensure_validity_writable(output);
  const idx_t size = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < size;) {
    if (!from.has_instant(row) || !to.has_instant(row) || !zones.has(row) || !calendars.has(row)) {
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row++);
      continue;
    }
    const Result<const Zone*> zone = Zone::find(zones.text(row));
    if (!zone) return duckdb_scalar_function_set_error(info, zone.error().sentence.c_str());
    const Result<Calendar> calendar = calendar_of(calendars.text(row));
    if (!calendar) return duckdb_scalar_function_set_error(info, calendar.error().sentence.c_str());
    row = business_run(from, to, zones, calendars, row, size, output, **zone, *calendar);
  }
}

void add_scalar(Connection& connection, const char* name, std::initializer_list<duckdb_type> takes, duckdb_type gives,
                duckdb_scalar_function_t body) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(function, name);
  for (const duckdb_type type : takes) duckdb_scalar_function_add_parameter(function, *Type(type));
  duckdb_scalar_function_set_return_type(function, *Type(gives));
  duckdb_scalar_function_set_function(function, body);
  const bool added = duckdb_register_scalar_function(connection.handle(), function) == DuckDBSuccess;
  duckdb_destroy_scalar_function(&function);
  if (!added) throw Fault(Fault::Kind::internal, "The mart's own SQL functions could not be added.");
}

// An aggregate; with several ways to call it, by what `updates` it.
template <class Held>
void add_aggregate(Connection& connection, const char* name, const Type& gives, duckdb_aggregate_finalize_t finalize,
                   std::initializer_list<std::pair<std::vector<duckdb_type>, duckdb_aggregate_update_t>> updates) {
  duckdb_aggregate_function_set set = duckdb_create_aggregate_function_set(name);
  for (const auto& [takes, update] : updates) {
    duckdb_aggregate_function function = duckdb_create_aggregate_function();
    duckdb_aggregate_function_set_name(function, name);
    for (const duckdb_type type : takes) duckdb_aggregate_function_add_parameter(function, *Type(type));
    duckdb_aggregate_function_set_return_type(function, *gives);
    duckdb_aggregate_function_set_functions(function, Group<Held>::size, Group<Held>::init, update, combine<Held>,
                                            finalize);
    duckdb_aggregate_function_set_destructor(function, Group<Held>::destroy);
    duckdb_aggregate_function_set_special_handling(function);  // NULL has a meaning of its own
    duckdb_add_aggregate_function_to_set(set, function);
    duckdb_destroy_aggregate_function(&function);
  }
  const bool added = duckdb_register_aggregate_function_set(connection.handle(), set) == DuckDBSuccess;
  duckdb_destroy_aggregate_function_set(&set);
  if (!added) throw Fault(Fault::Kind::internal, "The mart's own SQL functions could not be added.");
}

}  // namespace

void register_functions(Connection& connection) {
  const Type real(DUCKDB_TYPE_DOUBLE), reals(duckdb_create_list_type(*real));
  const std::vector told{DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BOOLEAN},
      between{DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_TIMESTAMP};
  add_aggregate<Lifetimes>(connection, "lifetimes", Type(DUCKDB_TYPE_BLOB), finalize_lifetimes,
                           {{told, survival_update}, {between, survival_between}});
  add_aggregate<Lifetimes>(
      connection, "survival", reals, finalize<Lifetimes>,
      {{told, survival_update}, {between, survival_between}, {{DUCKDB_TYPE_BLOB}, survival_together}});
  add_aggregate<Segmented>(connection, "fences", reals, finalize<Segmented>,
                           {{{DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_BIGINT}, fences_update}});

  add_scalar(connection, "local_day", {DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_VARCHAR}, DUCKDB_TYPE_DATE, local_day);
  add_scalar(connection, "day_start", {DUCKDB_TYPE_DATE, DUCKDB_TYPE_VARCHAR}, DUCKDB_TYPE_TIMESTAMP, day_start);
  add_scalar(connection, "converted",
             {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_VARCHAR}, DUCKDB_TYPE_BIGINT,
             converted);
  add_scalar(connection, "local_hour", {DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_VARCHAR}, DUCKDB_TYPE_BIGINT, local_hour);
  add_scalar(connection, "business_seconds",
             {DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_VARCHAR},
             DUCKDB_TYPE_BIGINT, business_seconds);
}

}  // namespace traction
