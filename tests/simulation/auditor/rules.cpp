#include "simulation/auditor/rules.h"

#include <algorithm>

namespace traction::auditor {

Which is(std::vector<const char*> all, std::vector<const char*> none) {
  return [all = std::move(all), none = std::move(none)](const Case& one) {
    return std::ranges::all_of(all, [&](const char* mark) { return one.has(mark); }) &&
           std::ranges::none_of(none, [&](const char* mark) { return one.has(mark); });
  };
}

Which is_any(std::vector<const char*> any) {
  return [any = std::move(any)](const Case& one) {
    return std::ranges::any_of(any, [&](const char* mark) { return one.has(mark); });
  };
}

Rule counted(Portion portion) {
  return {{std::move(portion)},
          [](const std::vector<Cases>& portions, const Cases&) { return std::vector{count(portions[0])}; }};
}

Rule shared(Portion portion, const char* mark) {
  return {{std::move(portion)},
          [=](const std::vector<Cases>& portions, const Cases&) { return std::vector{share(portions[0], mark)}; }};
}

Which both(Which one, Which other) {
  return [one = std::move(one), other = std::move(other)](const Case& c) { return one(c) && other(c); };
}

Which known(const char* amount) {
  return [=](const Case& one) { return one.much.contains(amount); };
}

Which unknown(const char* amount) {
  return [=](const Case& one) { return !one.much.contains(amount); };
}

Which undated(const char* day) {
  return [=](const Case& one) { return !one.on.contains(day); };
}

Which nowhere(const char* reference) {
  return [=](const Case& one) { return one.of.at(reference) == 0; };
}

bool Rule::looks_back() const { return std::ranges::any_of(portions, &Portion::last_year); }

bool Rule::converts() const {
  return std::ranges::any_of(portions, [](const Portion& portion) { return portion.amount; });
}

Rule lasted(Portion portion, std::vector<double> shares, const char* amount) {
  return {{portion}, [=](const std::vector<Cases>& portions, const Cases&) {
            std::vector<Number> numbers;
            for (const double q : shares) numbers.push_back(lasting(portions[0], q, amount));
            return numbers;
          }};
}

Rule summed(Portion portion, const char* amount) {
  portion.amount = amount;
  Rule rule{{std::move(portion)},
            [=](const std::vector<Cases>& portions, const Cases&) { return std::vector{money(portions[0], amount)}; }};
  rule.money = true;
  return rule;
}

Rule added(Portion portion, const char* amount) {
  return {{std::move(portion)}, [=](const std::vector<Cases>& portions, const Cases&) {
            Number sum = money(portions[0], amount);
            sum.exact.reset();
            return std::vector{sum};
          }};
}

Rule averaged(Portion portion, const char* amount) {
  return {{std::move(portion)},
          [=](const std::vector<Cases>& portions, const Cases&) { return std::vector{mean(portions[0], amount)}; }};
}

Part number_of(Portion portion) {
  return {std::move(portion), [](const Cases& cases) { return Known(static_cast<double>(cases.size())); }};
}

Part sum_of(Portion portion, Known nothing) {
  const char* amount = portion.amount;
  return {std::move(portion), [=](const Cases& cases) {
            const Number sum = money(cases, amount);
            return cases.empty() ? nothing : sum.stands == Stands::value ? sum.real : std::nullopt;
          }};
}

Part share_of(Portion portion, const char* mark) {
  return {std::move(portion), [=](const Cases& cases) {
            return over(static_cast<double>(how_many(cases, mark)), static_cast<double>(cases.size()));
          }};
}

Part mean_of(Portion portion, const char* amount) {
  return {std::move(portion), [=](const Cases& cases) { return mean(cases, amount).real; }};
}

Rule reckoned(std::vector<Part> parts, std::function<Known(const std::vector<Known>&)> formula) {
  Rule rule;
  for (const Part& part : parts) rule.portions.push_back(part.portion);
  rule.come_to = [parts = std::move(parts), formula = std::move(formula)](const std::vector<Cases>& portions,
                                                                          const Cases&) {
    std::vector<Known> numbers;
    for (std::size_t i = 0; i < parts.size(); ++i) numbers.push_back(parts[i].comes_to(portions[i]));
    const Known number = formula(numbers);
    return std::vector{number ? Number{Stands::value, *number, {}} : empty()};
  };
  return rule;
}

Known over(Known above, Known below) { return above && below && *below != 0 ? Known(*above / *below) : std::nullopt; }

Rule with_money(Rule rule) {
  rule.money = true;
  return rule;
}

Rule asked_by(std::vector<std::string> dimensions, Rule rule, std::string usual) {
  rule.dimensions = std::move(dimensions);
  rule.usual = std::move(usual);
  return rule;
}

}  // namespace traction::auditor
