// Query and Answer: a question about a metric and what comes back. Plain values shared by the compiler (compile.h), the
// application and whoever prints. Intervals are [from, to).
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/json.h"

namespace traction {

enum class Grain { none, day, week, month, quarter, year, fiscal_quarter, fiscal_year };
enum class Compare { none, previous, last_year };  // previous: the period of equal length just before

struct Filter {
  std::string dimension;            // "owner", "product", "stage", "owner.team"
  std::vector<std::string> values;  // any of them: labels or ids; "" = empty
  bool negate = false;
};

struct Query {
  std::string metric;
  std::vector<std::string> by;
  Grain grain = Grain::none;
  std::optional<Date> from, to;  // days in the workspace's zone
  std::vector<Filter> where;
  Compare compare = Compare::none;
  std::optional<Instant> at;     // as the world stood then; default now
  std::optional<Instant> as_of;  // as far as the ledger knew then; default now
  bool converted = false;        // amounts in the workspace's currency, by the rates of their days
};

// What a value came to.
enum class Standing {
  value,        // it is a number
  empty,        // nothing to count; Value::number holds the metric's declared empty value, if it has one
  too_few,      // fewer cases than the metric's smallest n; shown as "too few (k of n)"
  not_reached,  // a quantile that the observed cases never reach; sorts after every number
  met,          // what was to be reached is reached, so that there is nothing to set against it; sorts first
};

// Where a number stands to its target, as far as chance lets it be told.
enum class Band : std::uint8_t { none, under, maintaining, over };

// One number of a row. Money is in minor units: `minor` holds a sum exactly, a mean has only `number`.
struct Value {
  Standing standing = Standing::empty;
  std::optional<double> number;
  std::optional<std::int64_t> minor;  // sums of money
  std::optional<double> low, high;    // 95 % interval: Wilson's of a rate, that of chance where the metric has a noise
  Band band = Band::none;             // where the metric has a target
};

// How a number goes from period to period: see trend.h.
struct Trend {
  enum class Way { too_few, falling, level, growing };
  std::vector<std::string> labels;  // one per `by`
  std::string currency;
  Way way = Way::too_few;
  double rise = 0;  // a period, in the metric's unit
  double low = 0;   // its 95 % interval
  double high = 0;
  std::int64_t periods = 0;  // whole ones that it rests on
};

// What a key of a row may be: an id, a value or a period's first day; and the same for people, "(none)" for an empty
// one.
struct KeyName {
  std::string key, label;
};

// An answer may have as many rows as members have days: a row holds places in the answer's lists of names, not names.
struct Row {
  boost::container::small_vector<std::uint32_t, 3> keys;  // one per Answer::by: its place in Answer::names
  std::string currency;                                   // of money values, else ""
  boost::container::small_vector<Value, 1> values;        // one per Answer::columns
  std::int64_t n = 0;                                     // cases behind the row
  std::optional<double> numerator, denominator;
  std::vector<Value> compared;  // the same columns for the compared period, when asked
};

// What every number carries with it.
struct Passport {
  std::string name, label, unit, about, source, better;
  std::string formula;  // in words and metric names
  int version = 1;
  std::vector<std::string> parts;  // metrics that the formula comes down to: "won_deals, version 1"
  std::string zone, currency_rule, period, at;
  std::string as_of_at;  // the instant whose knowledge was asked for, "" when none was
  std::string compared;  // the period compared with, "" when none was asked
  std::vector<std::string> filters;
  std::vector<std::string> grouped;   // what each key means: "owner: the deal's owner when it closed"
  std::vector<std::string> settings;  // the workspace's thresholds it depends on, with their values
  std::vector<std::string> left_out;  // "500 deals whose start is not known"
  std::int64_t as_of = 0;             // ledger seq the number rests on
  int smallest_n = 0;
  std::optional<double> target;  // what its numbers are held to
};

struct Answer {
  Passport passport;
  std::vector<std::string> by;              // column titles of the keys; last, where a grain is asked, "month"
  std::vector<std::vector<KeyName>> names;  // of each of `by`: the keys that rows have
  std::vector<std::string> columns;         // "value", or "median", "p75", "p90", "mean", or a table metric's own
  std::vector<std::string> units;           // of each column: count, rate, ratio, money, seconds, days
  std::vector<Row> rows;
  // Over everything, computed from the cases and not from the rows. Absent without keys, for a table metric, and where
  // the rows are of several currencies (ask without `by` for one row per currency).
  std::optional<Row> total;
  std::vector<Trend> trends;  // one per combination of keys and currency, where the metric tells one by the grain asked

  const std::string& key(const Row& row, std::size_t i) const { return names[i][row.keys[i]].key; }
  const std::string& label(const Row& row, std::size_t i) const { return names[i][row.keys[i]].label; }
  std::vector<std::string> keys(const Row& row) const;
  std::vector<std::string> labels(const Row& row) const;
};

std::string_view name(Band band);       // "under"; "" for none
std::string_view name(Trend::Way way);  // "growing"

// The rows behind a number, as a table.
struct Cases {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  bool more = false;  // there are more than were asked for
};

inline constexpr std::size_t kAllCases = SIZE_MAX;  // as a limit: none

// The answer as programs read it: metric, definition (the passport), by, columns, rows, total. Money is in minor units,
// durations in seconds; a number that is not there is null, with its standing.
json::object to_json(const Answer& answer);
json::object to_json(const Passport& passport);

// {"columns": […], "rows": [{column: text}], "more": …}
json::object to_json(const Cases& cases);

}  // namespace traction
