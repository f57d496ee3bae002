#include "metrics/row.h"

#include <algorithm>
#include <cmath>
#include <numeric>
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
    made.all_listed = list_missing(listed);
    groups_.spread(question_);
    if (question_.by_currency)
      for (const Place currency : currencies_) made.currencies.push_back(groups_.currencies.name(currency));
    std::ranges::sort(made.currencies);
    for (std::size_t i = 0; i < question_.by.size(); ++i) made.names.push_back(name_keys(i));

    made.rows.reserve(groups_.all.size());
    const std::vector<std::size_t> order = this->order();
    for (std::size_t i = 0; i < order.size(); ++i) {
      // In the order of their rows groups lie anywhere in memory: what is needed soon is fetched by then.
      constexpr std::size_t kSoon = 8;
      if (i + kSoon < order.size()) {
        const auto* soon = reinterpret_cast<const char*>(&groups_.all[order[i + kSoon]]);
        for (std::size_t line = 0; line < sizeof(Group); line += 64) __builtin_prefetch(soon + line);
      }
      tell(groups_.all[order[i]], made.rows.emplace_back());
    }
    if (by_value()) std::ranges::stable_sort(made.rows, [&](const Row& a, const Row& b) { return better(a, b); });

    if (question_.grain != Grain::none) made.names.push_back(std::move(periods_));
    const bool keyed = !question_.by.empty() || question_.grain != Grain::none;
    if (keyed && metric_.kind != MetricKind::table && currencies_.size() <= 1) made.total = total();
    return made;
  }

 private:
  using Listed = std::vector<std::optional<std::vector<std::string>>>;

  // Adds the groups without a case that belong in the answer; false when they are too many.
  bool list_missing(const Listed& listed) {
    std::vector<bool> occurs(groups_.currencies.size());
    for (const Group& group : groups_.all) occurs[group.key.currency] = true;
    for (Place currency = 0; currency < occurs.size(); ++currency)
      if (occurs[currency]) currencies_.insert(currency);
    const Place usual =
        currencies_.size() == 1
            ? *currencies_.begin()
            : groups_.currencies.place(question_.by_currency ? question_.settings.currency : std::string());
    if (currencies_.empty()) currencies_.insert(usual);

    const std::vector<Date> periods = periods_between();
    std::vector<Keys> combinations{{}};
    for (std::size_t i = 0; i < listed.size(); ++i) {
      std::vector<Keys> longer;
      for (const Keys& combination : combinations)
        for (const std::string& key : listed[i] ? *listed[i] : std::vector<std::string>()) {
          longer.push_back(combination);
          longer.back().push_back(groups_.names[i].place(key));
        }
      combinations = std::move(longer);
      if (combinations.size() * std::max<std::size_t>(periods.size(), 1) > kMostListed) return false;
    }
    std::map<Keys, std::set<Place>> with_cases;  // the currencies of each combination of keys
    for (const Group& group : groups_.all) {
      with_cases[group.key.keys].insert(group.key.currency);
      if (with_cases.size() * std::max<std::size_t>(periods.size(), 1) > kMostListed) return false;
    }
    for (const Keys& combination : combinations) with_cases.try_emplace(combination, std::set<Place>{usual});
    if (with_cases.size() * std::max<std::size_t>(periods.size(), 1) > kMostListed) return false;
    for (const auto& [keys, of_keys] : with_cases)
      for (const Place currency : of_keys)
        for (const Date period : periods) groups_.group(question_, {keys, period, currency});
    return true;
  }

  // All periods asked for; with an open end, those between the first and the last that have cases. One without a grain.
  std::vector<Date> periods_between() const {
    if (question_.grain == Grain::none) return {Date{}};
    std::optional<Date> from = question_.period.from, to = question_.period.to;
    for (const Group& group : groups_.all) {
      const Date day = group.key.period;
      if (!question_.period.from && (!from || day < *from)) from = day;
      if (!question_.period.to && (!to || day >= *to)) to = Date{day.days + 1};
    }
    return from && to ? begins(question_.grain, *from, *to, question_.turning()) : std::vector<Date>();
  }

  // What the keys of a dimension are called. Also works out in which order they come: by the place of a stage, else by
  // the label; nothing comes last.
  std::vector<KeyName> name_keys(std::size_t dimension) {
    const KeyNames& names = groups_.names[dimension];
    const bool refers = !question_.paths[0][dimension].last().references.empty();
    std::vector<KeyName> named;
    std::vector<std::pair<std::string, Place>> sorted;
    for (Place place = 0; place < names.size(); ++place) {
      const std::string& key = names.name(place);
      const Title* title = names.title(place);
      const bool titled = title && !title->label.empty();
      named.push_back({key, key.empty() ? "(none)" : !refers ? key : titled ? title->label : "#" + key});
      sorted.emplace_back(key.empty() ? "1" : "0" + (title ? title->sort : "") + " " + named.back().label, place);
    }
    std::ranges::sort(sorted);
    std::vector<Place>& ranks = ranks_.emplace_back(names.size());
    for (std::size_t rank = 0; rank < sorted.size(); ++rank) ranks[sorted[rank].second] = static_cast<Place>(rank);
    return named;
  }

  // The places of all groups in the order of their rows: by their keys, their period, their currency. Each is a small
  // whole number, so they are counted into place, the last first.
  std::vector<std::size_t> order() const {
    std::vector<std::size_t> order(groups_.all.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<std::string> currencies;
    for (const Place currency : currencies_) currencies.push_back(groups_.currencies.name(currency));
    std::ranges::sort(currencies);
    if (currencies.size() > 1)
      sort(order, [&](const GroupKey& key) {
        return std::ranges::lower_bound(currencies, groups_.currencies.name(key.currency)) - currencies.begin();
      });
    if (question_.grain != Grain::none) sort(order, [](const GroupKey& key) { return key.period.days; });
    for (std::size_t i = ranks_.size(); i-- > 0;)
      sort(order, [&](const GroupKey& key) { return ranks_[i][key.keys[i]]; });
    return order;
  }

  // Sorts places of groups by a whole number of their keys; equals stay as they are.
  template <class Rank>
  void sort(std::vector<std::size_t>& order, const Rank& rank) const {
    if (order.empty()) return;
    std::vector<std::int64_t> ranks;
    ranks.reserve(groups_.all.size());
    for (const Group& group : groups_.all) ranks.push_back(rank(group.key));
    const auto [least, greatest] = std::ranges::minmax(ranks);
    std::vector<std::size_t> places(static_cast<std::size_t>(greatest - least) + 2);
    for (const std::int64_t one : ranks) ++places[static_cast<std::size_t>(one - least) + 1];
    std::partial_sum(places.begin(), places.end(), places.begin());
    std::vector<std::size_t> sorted(order.size());
    for (const std::size_t group : order) sorted[places[static_cast<std::size_t>(ranks[group] - least)]++] = group;
    order.swap(sorted);
  }

  bool by_value() const {
    if (question_.by.size() != 1 || question_.by[0] == metric_.cycle || question_.grain != Grain::none ||
        metric_.kind == MetricKind::table)
      return false;
    for (Place place = 0; place < groups_.names[0].size(); ++place)
      if (const Title* title = groups_.names[0].title(place); title && !title->sort.empty()) return false;
    return true;
  }

  bool better(const Row& a, const Row& b) const {
    const auto rank = [](const Value& value) {
      if (value.standing == Standing::met) return -1;
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

  Place place(Date period) {
    const auto [found, added] = period_places_.try_emplace(period.days, static_cast<Place>(periods_.size()));
    if (added) periods_.push_back({to_string(period), label(question_.grain, period, question_.turning())});
    return found->second;
  }

  void tell(const Group& group, Row& row) {
    const GroupKey& key = group.key;
    row.keys.assign(key.keys.begin(), key.keys.end());
    if (question_.grain != Grain::none) row.keys.push_back(place(key.period));
    row.currency = groups_.currencies.name(key.currency);
    fill(row, group.now, group.then.get(), running(key, running_now_));
    if (question_.shows_comparison) row.compared = compared(*group.then, running(key, running_then_));
  }

  Row total() {
    const Place currency = *currencies_.begin();
    const auto leaves = [&](const std::map<Place, Leaves>& totals) {
      const auto found = totals.find(currency);
      return found == totals.end() ? Leaves(question_.leaves.size()) : found->second;
    };
    Row row;
    row.currency = groups_.currencies.name(currency);
    const Leaves then = leaves(groups_.total_then);
    fill(row, leaves(groups_.total), question_.comparison ? &then : nullptr, nullptr);
    if (question_.shows_comparison) row.compared = compared(then, nullptr);
    return row;
  }

  using Sums = std::map<std::string, double>;  // by column
  using Running = std::map<std::vector<std::string>, Sums>;

  // The running sums that a row goes on with: those of the rows before it with the same keys, the place of a stage
  // apart.
  Sums* running(const GroupKey& key, Running& all) const {
    if (metric_.kind != MetricKind::table) return nullptr;
    std::vector<std::string> group{to_string(key.period), groups_.currencies.name(key.currency)};
    for (std::size_t i = 0; i < key.keys.size(); ++i) {
      const Title* known = groups_.names[i].title(key.keys[i]);
      group.push_back(known && !known->sort.empty() ? known->sort.substr(0, known->sort.find('.'))
                                                    : "=" + groups_.names[i].name(key.keys[i]));
    }
    return &all[group];
  }

  // What a formula's division is made of, where the whole formula is one.
  struct Fraction {
    std::optional<double> above, below;
  };

  void fill(Row& row, const Leaves& leaves, const Leaves* then, Sums* sums) {
    add_values(leaves, then, sums, row.values);
    for (std::size_t i = 0; i < leaves.size(); ++i)  // what only tells of chance are the same cases again
      if (leaves.size() == 1 || question_.leaves[i]->columns[0].measure != Measure::noise) row.n += leaves[i].n;
    const MetricColumn& first = metric_.columns[0];
    if (metric_.kind == MetricKind::derived) {
      const Fraction fraction = this->fraction(first.formula, leaves, then, {});
      row.numerator = fraction.above;
      row.denominator = fraction.below;
      if (fraction.below && first.unit == "rate") row.n = static_cast<std::int64_t>(std::llround(*fraction.below));
    } else if (first.measure == Measure::share || metric_.limited() || metric_.kind == MetricKind::duration) {
      row.numerator = static_cast<double>(leaves[0].hits);
      row.denominator = static_cast<double>(leaves[0].n);
    }
  }

  Fraction fraction(const Formula& formula, const Leaves& leaves, const Leaves* then, const Lookup& columns) const {
    if (formula.kind != Formula::Kind::divide) return {};
    const Lookup lookup = columns ? columns : parts_of(catalogue_, question_, leaves, then);
    return {evaluate(formula.of[0], lookup), evaluate(formula.of[1], lookup)};
  }

  using Values = boost::container::small_vector<Value, 1>;

  void add_values(const Leaves& leaves, const Leaves* then, Sums* sums, Values& made) {
    made.reserve(metric_.columns.size());
    Lookup columns;
    if (metric_.kind == MetricKind::table) {
      // The row's own columns; a running sum takes this row in, whichever formula asks first.
      for (std::size_t i = 0; sums && i < metric_.columns.size(); ++i)
        if (metric_.columns[i].measure != Measure::formula)
          (*sums)[metric_.columns[i].name] += number_of(catalogue_, question_, metric_, i, leaves).value_or(0);
      columns = [&, sums](const std::string& used, Formula::Kind how) -> std::optional<double> {
        if (how == Formula::Kind::running) return sums ? std::optional((*sums)[used]) : std::nullopt;
        const auto place = static_cast<std::size_t>(metric_.column(used) - metric_.columns.data());
        return place < made.size() ? made[place].number : std::nullopt;
      };
    }
    for (std::size_t i = 0; i < metric_.columns.size(); ++i) made.push_back(value(metric_, i, leaves, then, columns));
  }

  std::vector<Value> compared(const Leaves& then, Sums* sums) {
    Values made;
    add_values(then, nullptr, sums, made);
    return {made.begin(), made.end()};
  }

  // What a leaf counted in a group; null for a metric that is none.
  const Counted* counted(const MetricDefinition& metric, const Leaves& leaves) const {
    const auto leaf = std::ranges::find(question_.leaves, &metric);
    return leaf == question_.leaves.end() ? nullptr
                                          : &leaves[static_cast<std::size_t>(leaf - question_.leaves.begin())];
  }

  // The cases behind a metric, and those of last year where its formula looks back.
  std::int64_t cases_of(const MetricDefinition& metric, const Leaves& leaves, const Leaves* then) const {
    std::int64_t cases = 0;
    if (const Counted* own = counted(metric, leaves)) return own->n;
    const auto parts = &metric == question_.metric ? question_.leaves : catalogue_.leaves(metric);
    for (const MetricDefinition* leaf : parts) {
      cases += counted(*leaf, leaves)->n;
      if (then && !question_.shows_comparison) cases += counted(*leaf, *then)->n;
    }
    return cases;
  }

  Value value(const MetricDefinition& metric, std::size_t place, const Leaves& leaves, const Leaves* then,
              const Lookup& columns) const {
    const MetricColumn& column = metric.columns[place];
    if (metric.kind == MetricKind::derived && column.formula.kind == Formula::Kind::name) {
      // Another metric, asked the same, stands there as it does by itself.
      const std::string& used = column.formula.name;
      const MetricDefinition& part = *catalogue_.part(used.substr(0, used.find('.')));
      const MetricColumn* own = used == part.name ? &part.columns[0] : part.column(used.substr(part.name.size() + 1));
      return value(part, static_cast<std::size_t>(own - part.columns.data()), leaves, then, {});
    }
    Value value;
    value.number = number_of(catalogue_, question_, metric, place, leaves, then, columns);
    std::int64_t cases = cases_of(metric, leaves, then);
    std::optional<double> above, below;
    const Counted* own = counted(metric, leaves);
    if (column.measure == Measure::formula) {
      const Fraction fraction = this->fraction(column.formula, leaves, then, columns);
      above = fraction.above;
      below = fraction.below;
      if (below && column.unit == "rate") cases = static_cast<std::int64_t>(std::llround(*below));
      if (metric.met)
        if (const auto left = evaluate(*metric.met, parts_of(catalogue_, question_, leaves, then)); left && *left <= 0)
          return {Standing::met, std::nullopt, std::nullopt, std::nullopt, std::nullopt};
      if (!value.number) return empty(metric, metric.empty && column.unit != "rate" ? metric.empty : std::nullopt);
    } else if (column.measure == Measure::share) {
      above = value.number ? *value.number * static_cast<double>(own->n) : static_cast<double>(own->hits);
      below = static_cast<double>(own->n);
    }
    if (cases == 0) return empty(metric, column.unit == "rate" ? std::nullopt : metric.empty);
    value.standing = Standing::value;
    if (!value.number) {
      // A sum over cases that all lack the amount is nothing; a quantile that is missing was not reached.
      if (metric.kind != MetricKind::duration) return empty(metric, metric.empty);
      value.standing = Standing::not_reached;
      return value;
    }
    if (cases < smallest_n(column) || !question_.too_short.empty()) {
      value.standing = Standing::too_few;
      value.number.reset();
      return value;
    }
    if (column.measure == Measure::sum && column.unit == "money") value.minor = own->exact;
    if (metric.kind == MetricKind::table && whole_money(column, *value.number))
      value.minor = std::llround(*value.number);
    if (metric.noise || metric.target) tell_band(metric, leaves, then, value);
    if (column.unit == "rate" && above && below && *above >= 0 && *above <= *below && *below >= 1) {
      const Interval interval = wilson(std::llround(*above), std::llround(*below));
      value.low = interval.low;
      value.high = interval.high;
    }
    return value;
  }

  // How far chance reaches around the number, and whether it is beyond its target by more than that. Where nothing is
  // there to vary, the number alone tells.
  void tell_band(const MetricDefinition& metric, const Leaves& leaves, const Leaves* then, Value& value) const {
    const double number = *value.number;
    double reach = 0;
    if (metric.noise) {
      reach = evaluate(*metric.noise, parts_of(catalogue_, question_, leaves, then)).value_or(0);
      value.low = std::max(number - reach, std::min(number, 0.0));
      value.high = number + reach;
    }
    if (!metric.target) return;
    value.band = number + reach < *metric.target   ? Band::under
                 : number - reach > *metric.target ? Band::over
                                                   : Band::maintaining;
  }

  // Amounts that a table adds up, or adds and takes from each other, are whole as far as a double can tell.
  static bool whole_money(const MetricColumn& column, double number) {
    const auto adds = [](const Formula& formula, const auto& self) -> bool {
      if (formula.kind == Formula::Kind::name) return true;
      if (formula.kind != Formula::Kind::add && formula.kind != Formula::Kind::subtract) return false;
      return self(formula.of[0], self) && self(formula.of[1], self);
    };
    if (column.unit != "money" || std::abs(number) >= 0x1p53) return false;
    return column.measure == Measure::sum || (column.measure == Measure::formula && adds(column.formula, adds));
  }

  static Value empty(const MetricDefinition& metric, std::optional<double> number) {
    Value value;
    value.number = number;
    if (number && metric.unit == "money") value.minor = std::llround(*number);
    return value;
  }

  const Catalogue& catalogue_;
  const Question& question_;
  const MetricDefinition& metric_;
  Groups& groups_;
  std::set<Place> currencies_;
  std::vector<std::vector<Place>> ranks_;  // [by][place]
  std::vector<KeyName> periods_;
  boost::unordered_flat_map<std::int32_t, Place> period_places_;  // by day
  Running running_now_, running_then_;
};

}  // namespace

Rows make_rows(const Catalogue& catalogue, const Question& question, Groups& groups,
               const std::vector<std::optional<std::vector<std::string>>>& listed) {
  return Builder(catalogue, question, groups).build(listed);
}

}  // namespace traction
