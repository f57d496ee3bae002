#include "metrics/row.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.h"
#include "base/interval.h"

namespace traction {
namespace {

constexpr std::size_t kMostListed = 20'000;

class Builder {
 public:
  Builder(const Catalogue& catalogue, const Question& question, Groups& groups)
      : catalogue_(catalogue), question_(question), metric_(*question.metric), groups_(groups) {}

  Rows build(const std::vector<std::optional<std::vector<std::string>>>& listed) {
    Rows made;
    for (const auto& [key, leaves] : groups_.then) groups_.now.try_emplace(key, question_.leaves.size());
    std::set<std::string> currencies;
    for (const auto& [key, leaves] : groups_.now) currencies.insert(key.currency);
    made.all_listed = list_missing(listed, currencies);
    if (question_.by_currency) made.currencies.assign(currencies.begin(), currencies.end());

    std::vector<GroupKey> order;
    for (const auto& [key, leaves] : groups_.now) order.push_back(key);
    std::ranges::sort(order, [&](const GroupKey& a, const GroupKey& b) { return sort_key(a) < sort_key(b); });
    for (const GroupKey& key : order) made.rows.push_back(row(key));
    if (by_value()) std::ranges::stable_sort(made.rows, [&](const Row& a, const Row& b) { return better(a, b); });

    const bool keyed = !question_.by.empty() || question_.grain != Grain::none;
    if (keyed && metric_.kind != MetricKind::table && currencies.size() <= 1) made.total = total(currencies);
    return made;
  }

 private:
  using Listed = std::vector<std::optional<std::vector<std::string>>>;

  // Adds the groups without a case that belong in the answer; false when they are too many.
  bool list_missing(const Listed& listed, std::set<std::string>& currencies) {
    std::map<std::vector<std::string>, std::set<std::string>> with_cases;  // the currencies of each combination of keys
    for (const auto& [key, leaves] : groups_.now) with_cases[key.keys].insert(key.currency);
    const std::vector<std::string> periods = periods_between();
    const std::string usual = currencies.size() == 1  ? *currencies.begin()
                              : question_.by_currency ? question_.settings.currency
                                                      : "";
    if (currencies.empty()) currencies.insert(usual);

    std::vector<std::vector<std::string>> combinations{{}};
    for (const auto& keys : listed) {
      std::vector<std::vector<std::string>> longer;
      for (const auto& combination : combinations)
        for (const std::string& key : keys ? *keys : std::vector<std::string>()) {
          longer.push_back(combination);
          longer.back().push_back(key);
        }
      combinations = std::move(longer);
      if (combinations.size() * std::max<std::size_t>(periods.size(), 1) > kMostListed) return false;
    }
    for (const auto& combination : combinations) with_cases.try_emplace(combination, std::set<std::string>{usual});
    if (with_cases.size() * std::max<std::size_t>(periods.size(), 1) > kMostListed) return false;
    for (const auto& [keys, of_keys] : with_cases)
      for (const std::string& currency : of_keys)
        for (const std::string& period : periods)
          groups_.now.try_emplace(GroupKey{keys, period, currency}, question_.leaves.size());
    return true;
  }

  // All periods asked for; with an open end, those between the first and the last that have cases. "" without a grain.
  std::vector<std::string> periods_between() const {
    if (question_.grain == Grain::none) return {""};
    std::optional<Date> from = question_.period.from, to = question_.period.to;
    for (const auto& [key, leaves] : groups_.now) {
      const Date day = *parse_date(key.period);
      if (!question_.period.from && (!from || day < *from)) from = day;
      if (!question_.period.to && (!to || day >= *to)) to = Date{day.days + 1};
    }
    std::vector<std::string> periods;
    if (from && to)
      for (const Date day : begins(question_.grain, *from, *to, question_.week())) periods.push_back(to_string(day));
    return periods;
  }

  const Title* title(std::size_t dimension, const std::string& key) const {
    const auto& titles = groups_.titles[dimension];
    const auto found = titles.find(key);
    return found == titles.end() ? nullptr : &found->second;
  }

  std::string label_of(std::size_t dimension, const std::string& key) const {
    if (key.empty()) return "(none)";
    if (question_.paths[0][dimension].last().references.empty()) return key;
    const Title* known = title(dimension, key);
    return known && !known->label.empty() ? known->label : "#" + key;
  }

  // What a group is sorted by: the place of a stage, else the label; nothing comes last.
  std::vector<std::string> sort_key(const GroupKey& key) const {
    std::vector<std::string> order;
    for (std::size_t i = 0; i < key.keys.size(); ++i) {
      const Title* known = title(i, key.keys[i]);
      order.push_back(key.keys[i].empty() ? "1" : "0" + (known ? known->sort : "") + " " + label_of(i, key.keys[i]));
    }
    order.push_back(key.period);
    order.push_back(key.currency);
    return order;
  }

  bool by_value() const {
    if (question_.by.size() != 1 || question_.grain != Grain::none || metric_.kind == MetricKind::table) return false;
    return std::ranges::all_of(groups_.titles[0], [](const auto& title) { return title.second.sort.empty(); });
  }

  bool better(const Row& a, const Row& b) const {
    const auto rank = [](const Value& value) {
      if (value.number) return 0;
      return value.standing == Standing::not_reached ? 1 : value.standing == Standing::too_few ? 2 : 3;
    };
    if (a.currency != b.currency) return a.currency < b.currency;
    const Value &left = a.values[0], &right = b.values[0];
    if (rank(left) != rank(right)) return rank(left) < rank(right);
    if (!left.number || *left.number == *right.number) return false;
    // Amounts and counts from the greatest, everything else from the best.
    const bool ascending = metric_.better == "less" && metric_.unit != "count" && metric_.unit != "money";
    return (*left.number < *right.number) == ascending;
  }

  Row row(const GroupKey& key) {
    Row row;
    row.keys = key.keys;
    for (std::size_t i = 0; i < key.keys.size(); ++i) row.labels.push_back(label_of(i, key.keys[i]));
    if (question_.grain != Grain::none) {
      row.keys.push_back(key.period);
      row.labels.push_back(label(question_.grain, *parse_date(key.period)));
    }
    row.currency = key.currency;
    fill(row, groups_.now.at(key), running(key, running_now_));
    if (question_.comparison) {
      const auto then = groups_.then.find(key);
      row.compared = values(then == groups_.then.end() ? Leaves(question_.leaves.size()) : then->second,
                            running(key, running_then_));
    }
    return row;
  }

  Row total(const std::set<std::string>& currencies) {
    const std::string currency = currencies.empty() ? "" : *currencies.begin();
    const auto leaves = [&](const std::map<std::string, Leaves>& totals) {
      const auto found = totals.find(currency);
      return found == totals.end() ? Leaves(question_.leaves.size()) : found->second;
    };
    Row row;
    row.currency = currency;
    fill(row, leaves(groups_.total), nullptr);
    if (question_.comparison) row.compared = values(leaves(groups_.total_then), nullptr);
    return row;
  }

  using Sums = std::map<std::string, double>;  // by column
  using Running = std::map<std::vector<std::string>, Sums>;

  // The running sums that a row goes on with: those of the rows before it with the same keys, the place of a stage
  // apart.
  Sums* running(const GroupKey& key, Running& all) const {
    if (metric_.kind != MetricKind::table) return nullptr;
    std::vector<std::string> group{key.period, key.currency};
    for (std::size_t i = 0; i < key.keys.size(); ++i) {
      const Title* known = title(i, key.keys[i]);
      group.push_back(known && !known->sort.empty() ? known->sort.substr(0, known->sort.find('.')) : "=" + key.keys[i]);
    }
    return &all[group];
  }

  // What a formula's division is made of, where the whole formula is one.
  struct Fraction {
    std::optional<double> above, below;
  };

  void fill(Row& row, const Leaves& leaves, Sums* sums) {
    row.values = values(leaves, sums);
    for (const Counted& leaf : leaves) row.n += leaf.n;
    const MetricColumn& first = metric_.columns[0];
    if (metric_.kind == MetricKind::derived) {
      const Fraction fraction = this->fraction(first.formula, leaves, {});
      row.numerator = fraction.above;
      row.denominator = fraction.below;
      if (fraction.below && first.unit == "rate") row.n = static_cast<std::int64_t>(std::llround(*fraction.below));
    } else if (first.measure == Measure::share || metric_.kind == MetricKind::duration) {
      row.numerator = static_cast<double>(leaves[0].hits);
      row.denominator = static_cast<double>(leaves[0].n);
    }
  }

  Fraction fraction(const Formula& formula, const Leaves& leaves, const Lookup& columns) const {
    if (formula.kind != Formula::Kind::divide) return {};
    const Lookup lookup = columns ? columns : parts_of(catalogue_, question_, leaves);
    return {evaluate(formula.of[0], lookup), evaluate(formula.of[1], lookup)};
  }

  std::vector<Value> values(const Leaves& leaves, Sums* sums) {
    std::vector<Value> made;
    Lookup columns;
    if (metric_.kind == MetricKind::table) {
      // The row's own columns; a running sum takes this row in, whichever formula asks first.
      for (std::size_t i = 0; sums && i < metric_.columns.size(); ++i)
        if (metric_.columns[i].measure != Measure::formula)
          (*sums)[metric_.columns[i].name] += number_of(catalogue_, question_, metric_, i, leaves).value_or(0);
      columns = [&, sums](const std::string& used, bool running) -> std::optional<double> {
        if (running) return sums ? std::optional((*sums)[used]) : std::nullopt;
        const auto place = static_cast<std::size_t>(metric_.column(used) - metric_.columns.data());
        return place < made.size() ? made[place].number : std::nullopt;
      };
    }
    for (std::size_t i = 0; i < metric_.columns.size(); ++i) made.push_back(value(i, leaves, columns));
    return made;
  }

  Value value(std::size_t place, const Leaves& leaves, const Lookup& columns) const {
    const MetricColumn& column = metric_.columns[place];
    Value value;
    value.number = number_of(catalogue_, question_, metric_, place, leaves, columns);
    std::int64_t cases = 0;
    for (const Counted& leaf : leaves) cases += leaf.n;
    std::optional<double> above, below;
    if (column.measure == Measure::formula) {
      const Fraction fraction = this->fraction(column.formula, leaves, columns);
      above = fraction.above;
      below = fraction.below;
      if (below && column.unit == "rate") cases = static_cast<std::int64_t>(std::llround(*below));
      if (!value.number) return empty(metric_.empty && column.unit != "rate" ? metric_.empty : std::nullopt);
    } else if (column.measure == Measure::share) {
      above = static_cast<double>(leaves[0].hits);
      below = static_cast<double>(leaves[0].n);
    }
    if (cases == 0) return empty(column.unit == "rate" ? std::nullopt : metric_.empty);
    value.standing = Standing::value;
    if (!value.number) {
      // A sum over cases that all lack the amount is nothing; a quantile that is missing was not reached.
      if (metric_.kind != MetricKind::duration) return empty(metric_.empty);
      value.standing = Standing::not_reached;
      return value;
    }
    if (cases < smallest_n(column)) {
      value.standing = Standing::too_few;
      value.number.reset();
      return value;
    }
    if (column.measure == Measure::sum && column.unit == "money") value.minor = leaves[0].exact;
    if (column.unit == "rate" && above && below && *above >= 0 && *above <= *below && *below >= 1) {
      const Interval interval = wilson(std::llround(*above), std::llround(*below));
      value.low = interval.low;
      value.high = interval.high;
    }
    return value;
  }

  Value empty(std::optional<double> number) const {
    Value value;
    value.number = number;
    if (number && metric_.unit == "money") value.minor = std::llround(*number);
    return value;
  }

  const Catalogue& catalogue_;
  const Question& question_;
  const MetricDefinition& metric_;
  Groups& groups_;
  Running running_now_, running_then_;
};

}  // namespace

Rows make_rows(const Catalogue& catalogue, const Question& question, Groups groups,
               const std::vector<std::optional<std::vector<std::string>>>& listed) {
  return Builder(catalogue, question, groups).build(listed);
}

}  // namespace traction
