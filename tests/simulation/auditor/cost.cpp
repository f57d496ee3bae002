#include <cmath>

#include "simulation/auditor/rules.h"

namespace traction::auditor {
namespace {

const std::vector<std::string> kCostDimensions{"owner", "team", "campaign", "source"};

Portion spent(Which which) { return {costs, std::move(which), "spent", {}, {}, "amount"}; }

Portion sold(Which which) { return {deals, std::move(which), "closed", {}, {unknown("amount")}, "amount"}; }

bool has_campaign(const Case& one) { return one.of.at("campaign") != 0; }

Portion quotas(const char* whose) { return {quota_days, is({whose}), "day", {}, {}, "amount"}; }

// Sums of costs and quotas: of nothing there is none, not 0.
Rule sum_or_none(Portion portion) {
  return with_money({{portion}, [](const std::vector<Cases>& portions, const Cases&) {
                       return std::vector{portions[0].empty() ? empty() : money(portions[0], "amount")};
                     }});
}

Known cost_per_customer(Known spend, Known customers) { return over(spend, customers); }

}  // namespace

Rules cost_rules() {
  const Portion customers{purchases, is({"new"}), "closed"}, created{deals, {}, "created"};
  const Portion first_deals{purchases, is({"new"}), "closed", {{unknown("amount")}}, {}, "amount"};
  const Portion acquisition = spent(is({"acquisition"}));
  Rules rules{
      {"spend", summed(spent({}), "amount")},
      {"acquisition_spend", sum_or_none(acquisition)},
      {"campaign_spend", sum_or_none(spent(has_campaign))},
      {"campaign_sales", summed(sold(both(is({"won"}), has_campaign)), "amount")},
      {"campaign_roi",
       with_money(reckoned(
           {sum_of(sold(both(is({"won"}), has_campaign))), sum_of(spent(has_campaign), std::nullopt)},
           [](const std::vector<Known>& of) { return of[0] && of[1] ? over(*of[0] - *of[1], of[1]) : std::nullopt; }))},
      {"new_customers", counted(customers)},
      {"new_customer_deal_size",
       with_money({{first_deals},
                   [](const std::vector<Cases>& portions, const Cases&) {
                     return std::vector{mean(portions[0], "amount"), quantile(portions[0], "amount", 0.5)};
                   }})},
      {"customer_acquisition_cost",
       with_money(reckoned({sum_of(acquisition, std::nullopt), number_of(customers)},
                           [](const std::vector<Known>& of) { return cost_per_customer(of[0], of[1]); }))},
      {"sales_to_cost_ratio",
       with_money(reckoned({mean_of(first_deals, "amount"), sum_of(acquisition, std::nullopt), number_of(customers)},
                           [](const std::vector<Known>& of) { return over(of[0], cost_per_customer(of[1], of[2])); }))},
      {"value_per_lead", with_money(reckoned({sum_of(sold(is({"won"}))), number_of(created)},
                                             [](const std::vector<Known>& of) { return over(of[0], of[1]); }))},
  };
  Rule& quality = rules["lead_quality_by_source"];
  quality =
      with_money({{created,
                   {deals, is({"qualified"}), "qualified"},
                   {deals, is({"won"}), "closed"},
                   sold(is({"won"})),
                   acquisition,
                   customers},
                  [](const std::vector<Cases>& of, const Cases&) {
                    const auto number = [](Known known) { return known ? Number{Stands::value, *known, {}} : empty(); };
                    const auto value = over(sum_of(sold({})).comes_to(of[3]), static_cast<double>(of[0].size()));
                    const auto cost = cost_per_customer(sum_of(spent({}), std::nullopt).comes_to(of[4]),
                                                        static_cast<double>(of[5].size()));
                    return std::vector{count(of[0]), count(of[1]), count(of[2]), number(value), number(cost)};
                  }});
  quality.usual = "source";
  for (auto& [name, rule] : rules) rule.dimensions = kCostDimensions;
  rules["campaign_roi"].usual = "campaign";
  return rules;
}

Rules quota_rules() {
  const Portion sales = sold(is({"won"}));
  // What chance may bring is told beside it, of those with an amount.
  const Portion by_chance{deals, is({"won"}), "closed", {{unknown("amount")}}, {}, "amount"};
  const auto attained = [&](const char* whose) {
    return with_money(reckoned({sum_of(sales), sum_of(quotas(whose), std::nullopt), number_of(by_chance)},
                               [](const std::vector<Known>& of) { return over(of[0], of[1]); }));
  };
  const Portion due{deals, is({"open"}), "expected", {}, {unknown("amount")}, "amount"};
  Rule coverage = with_money({{due, quotas("member"), sales}, [=](const std::vector<Cases>& of, const Cases&) {
                                const Known open = sum_of(due).comes_to(of[0]),
                                            quota = sum_of(quotas("member"), std::nullopt).comes_to(of[1]);
                                const Known won = sum_of(sales).comes_to(of[2]);
                                if (!quota || !won) return std::vector{empty()};
                                if (*quota - *won <= 0) return std::vector{Number{Stands::met, {}, {}}};
                                const Known covered = over(open, *quota - *won);
                                return std::vector{covered ? Number{Stands::value, *covered, {}} : empty()};
                              }});
  const std::vector<std::string> people{"owner", "team"}, teams{"team"};
  Rule noise =
      with_money({{by_chance}, [](const std::vector<Cases>& of, const Cases&) {
                    double squares = 0;
                    for (const Case& one : of[0]) squares += std::pow(static_cast<double>(one.much.at("amount")), 2);
                    return std::vector{
                        of[0].empty() ? empty() : Number{Stands::value, 1.959963984540054 * std::sqrt(squares), {}}};
                  }});
  return {
      {"sales_noise", asked_by(people, noise)},
      {"quota", asked_by(people, sum_or_none(quotas("member")))},
      {"quota_attainment", asked_by(people, attained("member"))},
      {"team_quota", asked_by(teams, sum_or_none(quotas("team")))},
      {"team_quota_attainment", asked_by(teams, attained("team"), "team")},
      {"company_quota", asked_by(teams, sum_or_none(quotas("company")))},
      {"company_quota_attainment", asked_by(teams, attained("company"))},
      {"due_pipeline", asked_by({"owner", "team", "stage", "product", "campaign", "source"}, summed(due, "amount"))},
      {"pipeline_coverage", asked_by(people, coverage)},
  };
}

}  // namespace traction::auditor
