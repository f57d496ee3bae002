// MetricDefinition and Catalogue: the numbers there are, as declared by [[metric]] blocks of definitions/metrics/*.toml
// and checked against facts, record types and each other. What a block says is all there is to a metric: no C++ knows
// one by name. Used by question.h and compile.h. Pure, immutable once loaded, thread-safe.
//
// A block: name, label, unit, kind, better = "more"|"less"|"neither", about, source, version (default 1), and
//   from = a fact; time = its date column by which a case falls into a period (not for state and derived)
//   where = {column = value or [values]}, except = the same, negated; "" stands for empty
//   by = [dimensions asked when none is]; dimensions = {name = "path"} where a name means another column than its own
//   empty = the value of nothing (counts and sums 0, rates none)
//   leave_out = [{when = {…}, say = "visits whose start is not known"}]: cases not counted, but named
//   mention = the same for cases that are counted; settings = [fields of the workspace record it depends on]
//   old_enough = {setting = "forgotten_days", say = "…"}: only cases begun that many days before the instant judged
// and by kind:
//   base, state   value = "count" | "sum(COLUMN)" | "share", share = {…}; state counts rows open at an instant
//   derived       formula over metric names ("name.column" for another column than the first)
//   distribution  value = COLUMN, columns = [mean, median, p75, p90, without_outliers, kept]; outliers are those beyond
//                 Tukey's fences; segment = a dimension that is named when they all share it
//   duration      columns = [median, p75, p90] of the time from the fact's start to its end, Kaplan-Meier
//   table         columns = [{name, unit, count = {…}} | {name, unit, formula, only = {…}}]: the formula is over
//   columns
//                 before it, and empty in rows without a case of its `only`
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "metrics/fact.h"
#include "metrics/formula.h"
#include "schema/schema.h"

namespace traction {

// One test of a fact's column: it is one of the values ("" = empty), or none of them.
struct Condition {
  std::string column;
  std::vector<std::string> values;
  bool negate = false;
};

struct Remark {
  std::vector<Condition> when;
  std::string say;  // follows a number: "visits whose start is not known"
};

// How the cases of a group become a number.
enum class Measure { count, sum, share, mean, median, p75, p90, without_outliers, kept, formula };

struct MetricColumn {
  std::string name = "value";
  std::string unit;
  Measure measure = Measure::count;
  std::vector<Condition> when;  // which cases a share or a table's column counts, or needs
  Formula formula;              // for Measure::formula
  std::string words;            // the formula as written
};

enum class MetricKind { base, state, derived, distribution, duration, table };

struct MetricDefinition {
  std::string name, label, unit, about, source, better;
  int version = 1;
  MetricKind kind = MetricKind::base;
  std::string from, value, time;
  std::vector<Condition> where;
  std::vector<std::string> by;
  std::map<std::string, std::string> dimensions;
  std::optional<double> empty;
  std::vector<MetricColumn> columns;
  std::vector<Remark> leave_out, mention;
  std::vector<std::string> settings;
  std::string old_enough;      // a workspace setting in days, or ""
  std::string old_enough_say;  // what the younger ones are called
  std::string segment;
  std::string place;  // "metrics/revenue.toml:12"

  const MetricColumn* column(std::string_view column_name) const;  // or null
};

class Catalogue {
 public:
  // Reads and checks all metrics. Refused with `field` = "metrics/revenue.toml:12" at the first mistake: not TOML, a
  // key, unit, kind, fact, column, setting, dimension or metric that does not exist, a name used twice, a metric that
  // needs itself, money that is not a sum of money, amounts joined with a fact that has no currency.
  static Result<Catalogue> load(std::span<const DefinitionFile> files, std::vector<FactDefinition> facts,
                                const Schema& schema);

  // The metric of that name; refused (unknown) with the nearest name.
  Result<const MetricDefinition*> find(std::string_view metric) const;

  std::span<const MetricDefinition> metrics() const { return metrics_; }  // by name
  std::span<const FactDefinition> facts() const { return facts_; }        // in build order
  const FactDefinition& fact(std::string_view fact_name) const;           // CHECKs that it exists

  // The metrics over facts that a metric is computed from, each once: itself, or what its formula comes down to.
  std::vector<const MetricDefinition*> leaves(const MetricDefinition& metric) const;

 private:
  std::vector<MetricDefinition> metrics_;
  std::vector<FactDefinition> facts_;
};

// Fewest cases before the number is shown as one: rate 10, median 6, p75 11, p90 29, anything else 0.
int smallest_n(const MetricColumn& column);

std::string_view name(MetricKind kind);

// True when an amount of money is among its columns, so that every row is of one currency.
bool is_money(const MetricDefinition& metric);

}  // namespace traction
