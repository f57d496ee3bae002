// Select: the parts of a SELECT over a fact that every statement of compile.h shares: conditions, the facts as they
// stood at an earlier instant. Internal to metrics/. Not thread-safe; one per statement.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/compile.h"

namespace traction {

class Select {
 public:
  Select(const Catalogue& catalogue, const Schema& schema, const Question& question)
      : catalogue_(catalogue), schema_(schema), question_(question) {}

  // "(expression is one of values)", "" standing for null; typed by what the column holds.
  std::string test(const std::string& expression, FieldType type, const std::vector<std::string>& values, bool negate);
  // All of the conditions, on the fact with alias f; TRUE when there are none.
  std::string all(const FactDefinition& fact, const std::vector<Condition>& conditions);
  // Not all of the conditions.
  std::string none(const FactDefinition& fact, const std::vector<Condition>& conditions);

  // The rows of a leaf that stand for something: its own conditions and the question's filters. With `counted`, without
  // those it leaves out.
  std::string rows(std::size_t leaf, Joins& joins, bool counted);
  // In the period, by the leaf's time; a state's period is its last day.
  std::string in_period(std::size_t leaf, const Period& period);
  // The day (an SQL expression) by which a leaf's case falls into a period; a lagged one needs hold_against().
  static std::string day_of(const MetricDefinition& leaf);
  // Of a fact with a start and an end: begun before a day (an SQL expression) and not ended before it.
  static std::string open_at(const FactDefinition& fact, const std::string& day);
  // Begun so long before the instant judged that the leaf's `old_enough` lets it count.
  std::string old_enough(const MetricDefinition& leaf, const FactDefinition& fact);

  // What each case is held against, joined as y: see yardstick.h.
  void hold_against(const MetricDefinition& leaf, Joins& joins);
  // The instant at which a period, or all time, is judged.
  Instant end_of(const Period& period) const;
  // Seconds from the leaf's `since` to an instant (an SQL expression).
  static std::string age(const MetricDefinition& leaf, const std::string& instant);

  // The amount's currency, the workspace's where it has none; '' where the question is not about money.
  std::string currency(const FactDefinition& fact);
  // An amount of the fact, converted where the question asks for that: by the rate settled with the row, or while none
  // is, by the one in force on the day judged. NULL without a rate.
  std::string amount(const FactDefinition& fact, const std::string& column);
  // An amount of the leaf is there, but no rate for it. Only of a converted question about money.
  std::string without_rate(const MetricDefinition& leaf, const FactDefinition& fact);
  bool converts(const MetricDefinition& leaf) const { return question_.converted && is_money(leaf); }
  // What a leaf measures: an amount, a number, the seconds of a duration; NULL for counts.
  std::string measured(const MetricDefinition& leaf, const FactDefinition& fact);

  // "WITH … " putting the facts that the question uses as they stood at its instant before the real ones; else "".
  std::string facts_at();

  // (title, sort text) of what a path ends in, for a join of its record type as `alias`; "NULL" each for no reference.
  std::pair<std::string, std::string> title(const Path& path, const std::string& alias) const;

  const Catalogue& catalogue() const { return catalogue_; }
  const Schema& schema() const { return schema_; }
  const Question& question() const { return question_; }

 private:
  // A fact's rows as they stood at an instant (an SQL expression).
  static std::string clipped(const FactDefinition& fact, const std::string& at);
  // The keys of a rebuilt fact for which those it reads say something else at that instant than now, as a SELECT; ""
  // where that cannot be told by its key. Its other rows are what they were.
  std::string touched_since(const FactDefinition& fact, const std::string& at) const;

  const Catalogue& catalogue_;
  const Schema& schema_;
  const Question& question_;
};

// How many cases there are, or those for which a column holds; where they are `rolled`, a row stands for w of them.
std::string count_sql(const std::string& column, bool rolled);
// A column of a metric over its cases, as SQL.
std::string measure_sql(const MetricDefinition& metric, std::size_t column, bool rolled = false);

// Which cases go into one part of an answer, and whether they are grouped by the question's keys and grain.
struct Scope {
  Part part = Part::total;
  Period period;
  bool grouped = false;
  bool rolled = false;  // may come from a roll-up
  bool fenced = false;  // says of each case whether it is an outlier
};

// A SELECT of a leaf's cases, from the fact or, where nothing is lost by it, from one of its roll-ups: then every row
// stands for as many cases as its column w says. Columns: k0 … (keys), p (first day of its period), cur, x (what is
// measured), ended, since, until, judged (of a duration), segment (where outliers are asked), c0 … (which columns count
// it), inside (where fenced: within the fences of its group); and what `extra` adds, as
// ", expression AS name", with the joins it needs.
using Extra = std::function<std::string(Joins& joins)>;
struct CasesSql {
  std::string sql;
  bool rolled = false;
};
CasesSql select_cases(Select& select, std::size_t leaf, const Scope& scope, const Extra& extra = {});

}  // namespace traction
