// Path: a dimension or filter as the user names it ("owner", "owner.team", "sector"), led through a fact's columns and
// the record types they refer to. Joins turns paths into SQL. Pure, thread-safe as values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "metrics/metric.h"

namespace traction {

struct Path {
  struct Step {
    std::string name;                  // a column of the fact, then fields of record types
    FieldType type = FieldType::text;  // of what stands there
    std::string references;            // the record type it leads to, or ""
    std::string about;
    std::vector<std::string> choices;  // for a choice of a record type
  };
  std::vector<Step> steps;
  std::size_t root = 0;  // the step that names the records listed even without a case (see listed_type)

  const Step& last() const { return steps.back(); }
};

// Finds what `named` means for a metric over facts: the metric's own dimension of that name, a column, a dotted path,
// or a bare field name that only one record type next to the fact has ("manager" → team.manager). Refused (unknown)
// with the nearest name; refused (invalid) when several paths fit, naming them.
Result<Path> find_path(const MetricDefinition& metric, const FactDefinition& fact, const Schema& schema,
                       std::string_view named);

// The names that find_path takes, for messages and for people: columns, then what lies one step further.
std::vector<std::string> path_names(const MetricDefinition& metric, const FactDefinition& fact, const Schema& schema);

// The few record types whose records are all listed, with or without a case; "" when the path begins in no such type.
std::string listed_type(const Path& path);

// An identifier as SQL takes it.
std::string quoted(std::string_view identifier);

// A value as SQL takes it. Written out rather than bound to a parameter, so that a statement is planned once and for
// the values it is run with; with parameters DuckDB plans it twice, and for any value.
std::string literal(std::string_view text);
std::string literal(std::int64_t whole);
std::string literal(double number);
std::string literal(Date day);
std::string literal(Instant instant);

// The joins a SELECT needs to reach the ends of paths, each added once.
class Joins {
 public:
  // `base` is the alias of the table that paths begin in.
  explicit Joins(std::string base) : base_(std::move(base)) {}

  // The SQL expression of the value at the end of a path; with `from`, of the part of the path behind that step, the
  // base being a table of what that step refers to.
  std::string reach(const Path& path, std::size_t from = 0);

  // Adds a join of its own, once.
  void add(const std::string& alias, const std::string& join) {
    if (aliases_.try_emplace(alias, alias).second) text_ += join;
  }

  // " LEFT JOIN …" for all that was reached.
  const std::string& text() const { return text_; }

 private:
  std::string base_;
  std::string text_;
  std::map<std::string, std::string> aliases_;  // "owner.team" → "j2"
};

}  // namespace traction
