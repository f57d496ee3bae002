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

Rule lasted(Portion portion, std::vector<double> shares, const char* amount) {
  return {{portion}, [=](const std::vector<Cases>& portions, const Cases&) {
            std::vector<Number> numbers;
            for (const double q : shares) numbers.push_back(lasting(portions[0], q, amount));
            return numbers;
          }};
}

Rule summed(Portion portion, const char* amount) {
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

}  // namespace traction::auditor
