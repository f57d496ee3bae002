#include "metrics/reckon.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/calendar.h"
#include "base/money.h"
#include "base/zone.h"

namespace traction {
namespace {

constexpr double kNotReached = std::numeric_limits<double>::infinity();

using Line = std::map<std::string, std::string>;

bool meets(const Line& line, const std::vector<Condition>& conditions, Instant judged) {
  return std::ranges::all_of(conditions, [&](const Condition& condition) {
    const auto cell = line.find(condition.column);
    const std::string text = cell == line.end() ? "" : cell->second;
    const bool any = std::ranges::any_of(condition.values, [&](const std::string& value) {
      if (value != "past" && value != "future") return value == text;
      const auto when = parse_instant(text);
      return when && (*when < judged) == (value == "past");
    });
    return any != condition.negate;
  });
}

// By linear interpolation between the two nearest.
double quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

// Kaplan and Meier (1958): the share still waiting falls at each end by the ends among those still observed.
double waited(std::vector<std::pair<double, bool>> stays, double q) {
  std::ranges::sort(stays);
  double waiting = 1;
  for (std::size_t i = 0; i < stays.size();) {
    const double time = stays[i].first;
    const auto at_risk = static_cast<double>(stays.size() - i);
    double ended = 0;
    for (; i < stays.size() && stays[i].first == time; ++i) ended += stays[i].second ? 1 : 0;
    waiting *= 1 - ended / at_risk;
    if (ended > 0 && 1 - waiting >= q - 1e-9) return time;
  }
  return kNotReached;
}

class Reckoner {
 public:
  Reckoner(const Catalogue& catalogue, const Cases& cases, const Circumstances& under, std::string currency)
      : catalogue_(catalogue),
        judged_(under.judged),
        zone_(*Zone::find(under.settings.at("zone").as_string()).value()),
        currency_(std::move(currency)) {
    if (const json::value* hours = under.settings.if_contains("working_hours"))
      hours_ = Calendar::parse(hours->as_object()).value();
    for (const auto& row : cases.rows) {
      Line line;
      for (std::size_t i = 0; i < row.size(); ++i) line[cases.columns[i]] = row[i];
      // A row of an answer is of one currency; an amount without one is of the workspace's.
      const std::string own =
          line["currency"].empty() ? std::string(under.settings.at("currency").as_string()) : line["currency"];
      if (currency_.empty() || own == currency_) lines_.push_back(std::move(line));
    }
  }

  std::size_t n() const { return lines_.size(); }

  std::vector<Line> lines(const MetricDefinition& leaf) const {
    std::vector<Line> own;
    for (const Line& line : lines_) {
      const auto counted_in = line.find("counted_in");
      if (counted_in == line.end() || counted_in->second == leaf.name) own.push_back(line);
    }
    return own;
  }

  // nullopt: nothing there, or (known = false) not to be reckoned here.
  std::optional<double> column(const MetricDefinition& metric, const MetricColumn& column, bool& known) const {
    if (metric.kind == MetricKind::derived) return of(column.formula, known);
    const bool age = metric.kind == MetricKind::state && !metric.since.empty();
    if (column.measure == Measure::formula || column.measure == Measure::distinct || metric.yardstick.given() ||
        column.before || !column.sum.empty() || age) {
      known = false;
      return std::nullopt;
    }
    const std::vector<Line> cases = lines(metric);
    const auto n = static_cast<double>(cases.size());
    if (cases.empty()) return metric.empty;
    switch (column.measure) {
      case Measure::count:
        return static_cast<double>(
            std::ranges::count_if(cases, [&](const Line& line) { return meets(line, column.when, judged_); }));
      case Measure::share:
        return static_cast<double>(
                   std::ranges::count_if(cases, [&](const Line& line) { return meets(line, column.when, judged_); })) /
               n;
      case Measure::sum: {
        const auto numbers = measured(metric, cases);
        if (numbers.empty()) return metric.empty;
        double sum = 0;
        for (const double number : numbers) sum += number;
        return sum;
      }
      case Measure::noise: {
        double squares = 0;
        const auto numbers = measured(metric, cases);
        for (const double number : numbers) squares += number * number;
        return numbers.empty() ? std::nullopt : std::optional(1.959963984540054 * std::sqrt(squares));
      }
      default:
        return metric.kind == MetricKind::duration ? stay(metric, column, cases) : spread(metric, column, cases);
    }
  }

 private:
  double number(const MetricDefinition& metric, const std::string& text) const {
    const FactColumn* column = catalogue_.fact(metric.from).column(metric.value);
    if (column->type == FieldType::money)
      return currency_.empty() ? 0 : static_cast<double>(parse_minor(text, currency_).value());
    return std::stod(text);
  }

  std::vector<double> measured(const MetricDefinition& metric, const std::vector<Line>& cases) const {
    std::vector<double> numbers;
    for (const Line& line : cases)
      if (const std::string& text = line.at(metric.value); !text.empty()) numbers.push_back(number(metric, text));
    std::ranges::sort(numbers);
    return numbers;
  }

  std::optional<double> spread(const MetricDefinition& metric, const MetricColumn& column,
                               const std::vector<Line>& cases) const {
    const std::vector<double> all = measured(metric, cases);
    if (all.empty()) return std::nullopt;
    if (column.measure == Measure::longest) return all.back();
    if (column.measure == Measure::p25) return quantile(all, 0.25);
    if (column.measure == Measure::median) return quantile(all, 0.5);
    if (column.measure == Measure::p75) return quantile(all, 0.75);
    if (column.measure == Measure::p90) return quantile(all, 0.9);
    const double low = quantile(all, 0.25), high = quantile(all, 0.75), reach = 1.5 * (high - low);
    double sum = 0, kept = 0;
    for (const double one : all)
      if (column.measure == Measure::mean || (one >= low - reach && one <= high + reach)) {
        sum += one;
        ++kept;
      }
    return column.measure == Measure::kept ? kept : sum / kept;
  }

  std::optional<double> stay(const MetricDefinition& metric, const MetricColumn& column,
                             const std::vector<Line>& cases) const {
    const FactDefinition& fact = catalogue_.fact(metric.from);
    std::vector<std::pair<double, bool>> stays;
    for (const Line& line : cases) {
      const std::string& end = line.at(fact.end()->name);
      const Instant from = *parse_instant(line.at(metric.since));
      const Instant to = end.empty() ? judged_ : *parse_instant(end);
      const double wall = std::max(0.0, std::floor(static_cast<double>(to.micros - from.micros) / kSecond));
      const double lasted = metric.business ? static_cast<double>(hours_.business_seconds(zone_, from, to)) : wall;
      stays.emplace_back(lasted, !end.empty());
    }
    return waited(std::move(stays), column.measure == Measure::median ? 0.5
                                    : column.measure == Measure::p75  ? 0.75
                                                                      : 0.9);
  }

  std::optional<double> of(const Formula& formula, bool& known) const {
    using enum Formula::Kind;
    if (formula.kind == Formula::Kind::number) return formula.number;
    if (formula.kind == name) {
      const std::string part = formula.name.substr(0, formula.name.find('.'));
      const MetricDefinition& metric = *catalogue_.part(part);
      const MetricColumn* named =
          part == formula.name ? &metric.columns[0] : metric.column(formula.name.substr(part.size() + 1));
      const auto value = column(metric, *named, known);
      return value == kNotReached ? std::nullopt : value;
    }
    if (formula.kind == mean) {
      double sum = 0;
      int there = 0;
      for (const Formula& part : formula.of)
        if (const auto value = of(part, known)) {
          sum += *value;
          ++there;
        }
      return there == 0 ? std::nullopt : std::optional(sum / there);
    }
    if (formula.kind != add && formula.kind != subtract && formula.kind != multiply && formula.kind != divide) {
      known = false;
      return std::nullopt;
    }
    const auto left = of(formula.of[0], known), right = of(formula.of[1], known);
    if (!left || !right) return std::nullopt;
    if (formula.kind == add) return *left + *right;
    if (formula.kind == subtract) return *left - *right;
    if (formula.kind == multiply) return *left * *right;
    return *right == 0 ? std::nullopt : std::optional(*left / *right);
  }

  const Catalogue& catalogue_;
  const Instant judged_;
  const Zone& zone_;
  Calendar hours_;
  const std::string currency_;
  std::vector<Line> lines_;
};

}  // namespace

int expect_reckoned(const Catalogue& catalogue, const MetricDefinition& metric, const Row& row, const Cases& cases,
                    const Circumstances& under, const std::string& what) {
  SCOPED_TRACE(what);
  const Reckoner reckoner(catalogue, cases, under, row.currency);
  if (metric.kind != MetricKind::derived) {
    EXPECT_EQ(row.n, static_cast<std::int64_t>(reckoner.n())) << "cases against n";
  }
  int reckoned = 0;
  for (std::size_t i = 0; i < metric.columns.size(); ++i) {
    const MetricColumn& column = metric.columns[i];
    const Value& value = row.values[i];
    bool known = true;
    const auto number = reckoner.column(metric, column, known);
    if (!known || value.standing == Standing::too_few || value.standing == Standing::met) continue;
    ++reckoned;
    if (number == kNotReached) {
      EXPECT_EQ(value.standing, Standing::not_reached) << column.name;
      continue;
    }
    EXPECT_EQ(value.number.has_value(), number.has_value()) << column.name;
    if (!value.number || !number) continue;
    EXPECT_NEAR(*value.number, *number, 1e-9 * std::max(1.0, std::abs(*number))) << column.name;
    if (value.minor) {
      EXPECT_EQ(static_cast<double>(*value.minor), *number) << column.name;
    }
  }
  return reckoned;
}

}  // namespace traction
