#include "simulation/auditor/numbers.h"

#include <algorithm>
#include <cmath>

namespace traction::auditor {
namespace {

Number value(double real) { return {Stands::value, real, {}}; }

std::size_t fewest(double q) { return q >= 0.9 ? 29 : q >= 0.75 || q <= 0.25 ? 11 : 6; }

std::vector<double> known(const Cases& cases, const char* amount) {
  std::vector<double> amounts;
  for (const Case& one : cases)
    if (const auto found = one.much.find(amount); found != one.much.end())
      amounts.push_back(static_cast<double>(found->second));
  std::ranges::sort(amounts);
  return amounts;
}

double at_share(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

}  // namespace

Number empty(std::optional<double> declared) { return {Stands::empty, declared, {}}; }

std::int64_t how_many(const Cases& cases, const char* mark) {
  return std::ranges::count_if(cases, [&](const Case& one) { return one.has(mark); });
}

Number count(const Cases& cases, const char* mark) {
  if (cases.empty()) return empty(0);
  return value(static_cast<double>(mark ? how_many(cases, mark) : std::ssize(cases)));
}

Number money(const Cases& cases, const char* amount) {
  std::int64_t sum = 0;
  bool any = false;
  for (const Case& one : cases)
    if (const auto found = one.much.find(amount); found != one.much.end()) {
      sum += found->second;
      any = true;
    }
  if (!any) return empty(0);
  return {Stands::value, static_cast<double>(sum), sum};
}

Number rate(std::int64_t hits, std::int64_t all) {
  if (all == 0) return empty();
  if (all < 10) return {Stands::too_few, {}, {}};
  return value(static_cast<double>(hits) / static_cast<double>(all));
}

Number share(const Cases& cases, const char* mark) { return rate(how_many(cases, mark), std::ssize(cases)); }

Number mean(const Cases& cases, const char* amount, double scale) {
  const std::vector<double> amounts = known(cases, amount);
  if (amounts.empty()) return empty();
  long double sum = 0;
  for (const double one : amounts) sum += one;
  return value(static_cast<double>(sum * scale / static_cast<long double>(amounts.size())));
}

Number quantile(const Cases& cases, const char* amount, double q, double scale) {
  const std::vector<double> amounts = known(cases, amount);
  if (amounts.empty()) return empty();
  if (amounts.size() < fewest(q)) return {Stands::too_few, {}, {}};
  return value(at_share(amounts, q) * scale);
}

Number longest(const Cases& cases, const char* amount, double scale) {
  const std::vector<double> amounts = known(cases, amount);
  return amounts.empty() ? empty() : value(amounts.back() * scale);
}

double edge(const Cases& cases, const char* amount, double q) { return at_share(known(cases, amount), q); }

Cases inside(const Cases& cases, const char* amount) {
  const std::vector<double> amounts = known(cases, amount);
  Cases kept;
  if (amounts.empty()) return kept;
  const double q1 = at_share(amounts, 0.25), q3 = at_share(amounts, 0.75), reach = 1.5 * (q3 - q1);
  for (const Case& one : cases)
    if (const auto found = one.much.find(amount); found != one.much.end()) {
      const auto much = static_cast<double>(found->second);
      if (much >= q1 - reach && much <= q3 + reach) kept.push_back(one);
    }
  return kept;
}

// By redistribution to the right: each case weighs as much; what went on when last seen hands its weight to all that
// lasted longer. B. Efron, "The two sample problem with censored data" (1967).
Number lasting(const Cases& cases, double q, const char* amount) {
  if (cases.empty()) return empty();
  struct Seen {
    std::int64_t seconds;
    bool on;
  };
  std::vector<Seen> seen;
  for (const Case& one : cases) seen.push_back({one.much.at(amount), !one.has("ended")});
  std::ranges::sort(seen,
                    [](const Seen& a, const Seen& b) { return std::tie(a.seconds, a.on) < std::tie(b.seconds, b.on); });
  std::vector<long double> weight(seen.size(), 1.0L / static_cast<long double>(seen.size()));
  long double ended = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i].on) {
      ended += weight[i];
      // 1e-10: shares of so few cases lie further apart, their rounding does not reach it.
      if (ended >= static_cast<long double>(q) - 1e-10L) {
        if (cases.size() < fewest(q)) return {Stands::too_few, {}, {}};
        return value(static_cast<double>(seen[i].seconds));
      }
      continue;
    }
    const std::size_t longer = seen.size() - i - 1;
    for (std::size_t j = i + 1; j < seen.size(); ++j) weight[j] += weight[i] / static_cast<long double>(longer);
  }
  return {Stands::not_reached, {}, {}};
}

}  // namespace traction::auditor
