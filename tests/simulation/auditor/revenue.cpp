#include "simulation/auditor/rules.h"

namespace traction::auditor {
namespace {

// Deals by the day they were closed, by their amounts; without one they are told of.
Portion closed(Which which, List list = deals) {
  return {list, std::move(which), "closed", {}, {unknown("amount")}, "amount"};
}

// Those of which list and sold amount are known, by one of them.
Portion priced(const char* amount) {
  return {deals, is({"won"}), "closed", {{unknown("list")}, {unknown("amount")}}, {}, amount};
}

Portion a_year_before(Portion portion) {
  portion.last_year = true;
  return portion;
}

const Portion kCustomerSales{purchases, {}, "closed", {{is({}, {"new", "existing"})}}, {}, "amount"};

// Of how many, whoever they were lost to.
Rule lost_to_competitors(Portion all) {
  return {{{deals, is({"competitor"}), "closed"}, std::move(all)},
          [](const std::vector<Cases>& portions, const Cases&) {
            return std::vector{rate(std::ssize(portions[0]), std::ssize(portions[1]))};
          }};
}

Portion whoever(Which which) {
  Portion portion{deals, std::move(which), "closed"};
  portion.regardless = "competitor";
  return portion;
}

// Accounts, each once.
std::vector<Number> accounts(const std::vector<Cases>& portions, const Cases&) {
  std::set<Id> all;
  for (const Case& one : portions[0]) all.insert(one.of.at("account"));
  return {all.empty() ? empty(0) : Number{Stands::value, static_cast<double>(all.size()), {}}};
}

}  // namespace

Rules revenue_rules() {
  const Portion won{deals, is({"won"}), "closed"}, lost{deals, is({"lost"}), "closed"};
  const Portion ended{deals, is_any({"won", "lost"}), "closed"};
  const Portion sized{deals, is({"won"}), "closed", {{unknown("amount")}}, {}, "amount"};
  const Portion timed{deals, is({"won"}), "closed", {{unknown("cycle")}}};
  Rules rules{
      {"won_deals", counted(won)},
      {"lost_deals", counted(lost)},
      {"sales", summed(closed(is({"won"})), "amount")},
      {"win_rate", shared(ended, "won")},
      {"average_deal_size", with_money({{sized},
                                        [](const std::vector<Cases>& portions, const Cases&) {
                                          const Cases kept = inside(portions[0], "amount");
                                          return std::vector{mean(portions[0], "amount"), mean(kept, "amount"),
                                                             portions[0].empty() ? empty() : count(kept)};
                                        }})},
      {"sales_cycle",
       {{timed},
        [](const std::vector<Cases>& portions, const Cases&) {
          return std::vector{quantile(portions[0], "cycle", 0.5, kDaysPerMicro),
                             quantile(portions[0], "cycle", 0.75, kDaysPerMicro),
                             mean(portions[0], "cycle", kDaysPerMicro)};
        }}},
      {"sales_velocity",
       with_money(reckoned({number_of({worths, {}, nullptr, {}, {undated("began")}}), share_of(ended, "won"),
                            mean_of(sized, "amount"), mean_of(timed, "cycle")},
                           [](const std::vector<Known>& of) -> Known {
                             if (!of[1] || !of[2] || !of[3]) return std::nullopt;
                             return over(*of[0] * *of[1] * *of[2], *of[3] * kDaysPerMicro);
                           }))},
      {"yoy_growth", with_money(reckoned({sum_of(closed(is({"won"}))), sum_of(a_year_before(closed(is({"won"}))))},
                                         [](const std::vector<Known>& of) {
                                           return of[0] && of[1] ? over(*of[0] - *of[1], of[1]) : std::nullopt;
                                         }))},
      {"new_business_sales", summed(closed(is({"new"}), purchases), "amount")},
      {"existing_business_sales", summed(closed(is({"existing"}), purchases), "amount")},
      {"customer_sales", summed(kCustomerSales, "amount")},
      {"new_business_share", with_money(reckoned({sum_of(closed(is({"new"}), purchases)), sum_of(kCustomerSales)},
                                                 [](const std::vector<Known>& of) { return over(of[0], of[1]); }))},
      {"existing_business_share",
       with_money(reckoned({sum_of(closed(is({"existing"}), purchases)), sum_of(kCustomerSales)},
                           [](const std::vector<Known>& of) { return over(of[0], of[1]); }))},
      {"average_contract_duration",
       {{{purchases, {}, "closed", {{is({"open_ended"})}, {both(is({}, {"open_ended"}), unknown("months"))}}}},
        [](const std::vector<Cases>& portions, const Cases&) {
          return std::vector{mean(portions[0], "months"), quantile(portions[0], "months", 0.5)};
        }}},
      {"list_value", summed(priced("list"), "list")},
      {"sold_value", summed(priced("amount"), "amount")},
      {"discount_rate", with_money(reckoned({sum_of(priced("list")), sum_of(priced("amount"))},
                                            [](const std::vector<Known>& of) {
                                              return of[0] && of[1] ? over(*of[0] - *of[1], of[0]) : std::nullopt;
                                            }))},
      {"churned_customers", counted({contract_runs, {}, "ended", {{undated("ended")}, {is({"renewable"})}}})},
      {"competitor_losses", counted({deals, is({"competitor"}), "closed"})},
      {"accounts_lost_to_competitor", {{{deals, is({"competitor"}), "closed", {{nowhere("account")}}}}, accounts}},
      {"all_lost_deals", counted(lost)},
      {"all_closed_deals", counted({deals, is_any({"won", "lost"}), "closed"})},
      {"competitor_loss_share_of_lost", lost_to_competitors(whoever(is({"lost"})))},
      {"competitor_loss_share_of_closed", lost_to_competitors(whoever(is_any({"won", "lost"})))},
  };
  rules["average_deal_size"].fenced = "amount";
  for (auto& [name, rule] : rules)
    rule.dimensions = {"owner", "team", "stage", "product", "campaign", "source", "account"};
  for (const char* name : {"won_deals", "lost_deals", "win_rate", "sales", "average_deal_size"})
    rules[name].dimensions.emplace_back("met_within_7_days");
  rules["sales_velocity"].dimensions = {"owner", "team", "stage", "product", "campaign", "source"};
  rules["churned_customers"].dimensions = {"owner", "team", "product", "source", "account"};
  for (const char* name : {"competitor_losses", "accounts_lost_to_competitor", "competitor_loss_share_of_lost",
                           "competitor_loss_share_of_closed"}) {
    rules[name].usual = "competitor";
    rules[name].dimensions = {"owner", "team", "competitor", "account"};
  }
  return rules;
}

}  // namespace traction::auditor
