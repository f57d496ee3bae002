// compile: a Question as SQL for the mart (DuckDB). Every number of an answer comes from one statement, so that all are
// of one state: the groups, the total, the same for the compared period, and the counts behind the remarks. Totals are
// those of the cases: computed from them, or added up from the groups where that is the same. Values are
// quoted literals; identifiers come from definitions and are quoted too. At an earlier instant, CTEs named like the
// facts stand before them: clipped, or rebuilt over clipped ones. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "metrics/question.h"

namespace traction {

// What a row of the statement tells of.
enum class Part { groups = 0, total = 1, groups_then = 2, total_then = 3, remark = 4 };

// The columns of the numbers' statement: part, leaf, one key per `by` (a whole number or a text), the period's first
// day (none: in no period, and so in the total alone), currency, n, hits, exact, one value per column of the widest
// leaf; where outliers are told of by their segment, how many there are and the one segment of all. n = cases; hits =
// cases a share counts, or durations that ended (for a remark: its place in remarks()); exact = a sum as a whole
// number.
struct Layout {
  std::size_t keys = 0;
  std::size_t width = 0;
  bool segmented = false;
  std::size_t key(std::size_t i) const { return 2 + i; }
  std::size_t period() const { return 2 + keys; }
  std::size_t currency() const { return 3 + keys; }
  std::size_t n() const { return 4 + keys; }
  std::size_t hits() const { return 5 + keys; }
  std::size_t exact() const { return 6 + keys; }
  std::size_t value(std::size_t i) const { return 7 + keys + i; }
  std::size_t beyond() const { return value(width); }
  std::size_t segment() const { return value(width + 1); }
  std::size_t numbers() const { return width + (segmented ? 2 : 0); }
};
Layout layout(const Question& question);

// True when a leaf's groups, added up, are its total: counts, sums and shares of cases of which each is in one group.
bool additive(const Question& question, std::size_t leaf);

std::string compile(const Catalogue& catalogue, const Schema& schema, const Question& question);

// A statement for what some records are called, as (key, title, sort): `ids` are literals, of a path that ends in a
// reference.
std::string compile_titles(const Catalogue& catalogue, const Schema& schema, const Question& question, const Path& path,
                           const std::vector<std::string>& ids);

// A statement for the keys that are listed even without a case, as (key, title, sort); no SQL when only keys with cases
// are listed. `dimension` is a place in Question::by.
std::string compile_members(const Catalogue& catalogue, const Schema& schema, const Question& question,
                            std::size_t dimension);

// A statement for the cases that a leaf counts over the whole question: its fact's columns, for each reference the
// title instead of the id (of the record that the case is shown as, both), then "counted" (of a share) or "outlier" (of
// a distribution) as boolean. At most `limit` rows.
std::string compile_cases(const Catalogue& catalogue, const Schema& schema, const Question& question, std::size_t leaf,
                          std::size_t limit = kAllCases);

// What is said about a leaf's cases, with the condition for it: left out, mentioned, too young, without a date.
struct Noted {
  enum class Kind { left_out, mentioned, too_young, not_held, undated, without_rate };
  Kind kind = Kind::left_out;
  const Remark* remark = nullptr;
  std::string words;
};
std::vector<Noted> remarks(const Catalogue& catalogue, const Question& question, std::size_t leaf);

// True when outliers are asked of a distribution.
bool has_outliers(const MetricDefinition& metric);

}  // namespace traction
