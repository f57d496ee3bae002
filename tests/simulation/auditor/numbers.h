// Numbers: what a list of cases comes to, each in its plainest form: counts, sums, shares, means, medians, quantiles of
// what is not over yet. With the fewest cases that METRICS asks for before a number is shown as one. Tests only; pure,
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/instant.h"
#include "ledger/ledger.h"

namespace traction::auditor {

// One thing that is counted, and all that is known of it by name; what is not known is not there.
struct Case {
  std::map<std::string, Id> of;               // owner, team, stage, product …
  std::set<std::string> is;                   // "won", "outbound" …
  std::map<std::string, Date> on;             // days, such as "created"
  std::map<std::string, std::int64_t> much;   // "amount", "seconds" …
  std::map<std::string, std::string> called;  // "currency" …

  bool has(const char* mark) const { return is.contains(mark); }
};
using Cases = std::vector<Case>;

enum class Stands { value, empty, too_few, not_reached, met };

struct Number {
  Stands stands = Stands::empty;
  std::optional<double> real;
  std::optional<std::int64_t> exact;  // sums of money, to the cent
};

Number empty(std::optional<double> declared = {});
Number count(const Cases& cases, const char* mark = nullptr);  // 0 of nothing, and empty then
Number money(const Cases& cases, const char* amount);          // their sum
Number rate(std::int64_t hits, std::int64_t all);              // too few below 10
Number share(const Cases& cases, const char* mark);

constexpr double kDaysPerMicro = 1.0 / (86400.0 * 1e6);

// Of the amounts that are known, each times `scale`. Quantiles by linear interpolation.
Number mean(const Cases& cases, const char* amount, double scale = 1);
Number quantile(const Cases& cases, const char* amount, double q, double scale = 1);
Number longest(const Cases& cases, const char* amount, double scale = 1);
double edge(const Cases& cases, const char* amount, double q);  // the same, of however few; not of none
// Those within Tukey's fences, 1.5 interquartile ranges beyond the quartiles.
Cases inside(const Cases& cases, const char* amount);

// Kaplan-Meier: the smallest amount by which a share q has ended, those without "ended" going on.
Number lasting(const Cases& cases, double q, const char* amount);

// Exactly so many.
std::int64_t how_many(const Cases& cases, const char* mark);

}  // namespace traction::auditor
