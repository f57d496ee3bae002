// MetricDefinition and Catalogue: the numbers there are, as declared by [[metric]] blocks of definitions/metrics/*.toml
// and checked against facts, record types and each other. What a block says is all there is to a metric: no C++ knows
// one by name; docs/metrics.md describes it. Used by question.h and compile.h. Pure, immutable once loaded,
// thread-safe.
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

// What cases are held against: see yardstick.h.
struct Yardstick {
  enum class As { none, weight, limit, bands, lag };
  As as = As::none;
  std::string metric, column;  // "won_stage_time", "p90"
  std::string by;              // a reference of both facts, or "" for one of all
  std::string otherwise;       // "stage.win_percent", "workspace.forgotten_days"
  std::string say;             // what cases are called that it cannot tell of
  std::int64_t least = 1;      // cases, else `otherwise`

  bool given() const { return as != As::none; }
};

// How the cases of a group become a number.
enum class Measure {
  count,
  distinct,
  sum,
  share,
  mean,
  median,
  p75,
  p90,
  without_outliers,
  kept,
  p25,
  longest,
  formula,
  noise
};

struct MetricColumn {
  std::string name = "value";
  std::string unit;
  Measure measure = Measure::count;
  std::vector<Condition> when;  // which cases a share or a table's column counts, or needs
  Formula formula;              // for Measure::formula
  std::string words;            // the formula as written
  std::string sum{};            // of a table: the fact's column that is added up
  bool before = false;          // … over the cases before the period
  int band = 0;                 // of a table with bands: which one a share counts, from 1
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
  std::string old_enough;               // a workspace setting in days, or ""
  std::int64_t old_enough_seconds = 0;  // an age of its own, or 0
  std::string old_enough_say;           // what the younger ones are called
  std::string since;                    // of a duration: the column it is measured from
  bool business = false;                // of a duration: only working time counts
  std::string segment;
  std::optional<Formula> met;              // of derived: at or below 0 there is nothing left to reach
  std::optional<Formula> noise;            // of derived: how far chance takes it from what it would be
  std::string noise_words;                 // that formula as written
  std::optional<double> target;            // of derived: what it is told to be under, maintaining or over
  bool trend = false;                      // of base: by a grain, whether it grows or falls is told
  std::vector<std::string> regardless_of;  // of base: columns it is neither grouped nor filtered by
  Yardstick yardstick;
  std::string cycle;    // of base: a column by which nothing is shown …
  int cycle_years = 0;  // … unless the period covers so many years
  std::string place;    // "metrics/revenue.toml:12", of an own one "NAME:3"
  bool own = false;     // a workspace's, not shipped
  bool hidden = false;  // by the workspace: computed where a formula needs it, but not to be asked

  const MetricColumn* column(std::string_view column_name) const;  // or null
  // Of base: grouping or filtering by something behind that column leaves it as it is.
  bool ignores(std::string_view fact_column) const;
  bool limited() const { return yardstick.as == Yardstick::As::limit; }
  bool lagged() const { return yardstick.as == Yardstick::As::lag; }
  bool banded() const { return yardstick.as == Yardstick::As::bands; }
  bool judges_age() const { return !old_enough_say.empty(); }
};

// What a workspace says of one metric: its own definition, one [[metric]] block, or nothing for a shipped one.
struct OwnMetric {
  std::string name, definition;
  int version = 1;
  bool hidden = false;
};

class Catalogue {
 public:
  // Reads and checks all metrics. Refused with `field` = "metrics/revenue.toml:12" at the first mistake: not TOML, a
  // key, unit, kind, fact, column, setting, dimension or metric that does not exist, a name used twice, a metric that
  // needs itself, money that is not a sum of money, amounts joined with a fact that has no currency.
  static Result<Catalogue> load(std::span<const DefinitionFile> files, std::vector<FactDefinition> facts,
                                const Schema& schema);

  // These metrics and a workspace's own, checked in the same way. Own ones that do not hold are not in it but in
  // wrong().
  Catalogue with_own(std::span<const OwnMetric> own, const Schema& schema) const;

  // The metric of that name, as somebody asks for it; refused (unknown) with the nearest name, or (rule) when it is
  // hidden or an own one that no longer holds.
  Result<const MetricDefinition*> find(std::string_view metric) const;

  // The same for a formula: hidden or not; null when there is none.
  const MetricDefinition* part(std::string_view metric) const;

  std::span<const MetricDefinition> metrics() const { return metrics_; }  // by name
  std::span<const FactDefinition> facts() const { return facts_; }        // in build order
  const FactDefinition& fact(std::string_view fact_name) const;           // CHECKs that it exists

  // The metrics over facts that a metric is computed from, each once: itself, or what its formula comes down to.
  std::vector<const MetricDefinition*> leaves(const MetricDefinition& metric) const;

  // Own metrics that do not hold beside the others, by name, each with its place "NAME:LINE" as the field.
  const std::map<std::string, Refusal>& wrong() const { return wrong_; }

 private:
  Result<void> add(const DefinitionFile& file, const Schema& schema);
  void sort();

  std::vector<MetricDefinition> metrics_;
  std::vector<FactDefinition> facts_;
  std::map<std::string, Refusal> wrong_;
};

// Fewest cases before the number is shown as one: rate 10, median 6, p75 11, p90 29, anything else 0.
int smallest_n(const MetricColumn& column);

std::string_view name(MetricKind kind);

// True when it has a column over the cases before the period, so that each row goes on from the one before.
bool has_opening(const MetricDefinition& metric);

// The columns of its fact whose amounts of money it measures or adds up, each once.
std::vector<std::string> amounts(const MetricDefinition& metric);

// True when an amount of money is among its columns, so that every row is of one currency.
bool is_money(const MetricDefinition& metric);

}  // namespace traction
