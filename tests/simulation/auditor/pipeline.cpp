#include "simulation/auditor/rules.h"

#include <algorithm>
#include <numeric>

namespace traction::auditor {
namespace {

const Which kOnTheWay = is_any({"lead", "qualified", "open"});
const Which kUpToTheWin = is_any({"lead", "qualified", "open", "won"});

// Entered, advanced and so on are counts of deals; of the rates the first is of those who came to the stage, the other
// of all who started there or before.
std::vector<Number> leakage(const std::vector<Cases>& portions, const Cases& around) {
  const Cases& here = portions[0];
  std::vector<Number> numbers;
  for (const char* mark : {"entered", "started_here", "advanced", "lost_here", "still_here", "skipped"})
    numbers.push_back(count(here, mark));
  if (!std::ranges::any_of(here, kOnTheWay)) return numbers.insert(numbers.end(), {empty(), empty()}), numbers;
  std::int64_t started = 0;
  for (const Case& one : around)
    if (one.has("started_here") && one.of.at("pipeline") == here[0].of.at("pipeline") &&
        one.much.at("place") <= here[0].much.at("place"))
      ++started;
  numbers.push_back(rate(how_many(here, "advanced"), how_many(here, "entered")));
  numbers.push_back(rate(how_many(here, "advanced"), started));
  return numbers;
}

// Amounts or deals that the pipeline opened with, what changed it, and what it closed with.
Rule moved(const char* amount, std::vector<Which> kinds) {
  const bool money = std::string_view(amount) == "amount";
  const auto come_to = [=](const std::vector<Cases>& portions, const Cases&) {
    const Cases& all = portions[0];
    if (all.empty()) return std::vector<Number>(kinds.size() + 2, empty(0));
    std::vector<std::int64_t> sums(kinds.size() + 1);
    for (const Case& one : all) {
      const std::int64_t by = one.much.at(amount);
      if (one.has("before")) sums[0] += by;
      for (std::size_t i = 0; i < kinds.size(); ++i)
        if (!one.has("before") && kinds[i](one)) sums[i + 1] += by;
    }
    sums.push_back(std::accumulate(sums.begin(), sums.end(), std::int64_t{0}));
    std::vector<Number> numbers;
    for (const std::int64_t sum : sums)
      numbers.push_back({Stands::value, static_cast<double>(sum), money ? std::optional(sum) : std::nullopt});
    return numbers;
  };
  Rule rule{{{movements, {}, "happened", {}, {undated("happened")}}}, come_to};
  rule.portions[0].opens = true;
  if (money) rule.portions[0].amount = amount;
  rule.dimensions = {"owner", "team", "stage", "product", "due_month", "deal"};
  return rule;
}

// How many are older than their limit.
Rule outgrown(Portion portion) {
  portion.apart.push_back({is({"unheld"})});
  return {{std::move(portion)}, [](const std::vector<Cases>& portions, const Cases&) {
            if (portions[0].empty()) return std::vector{empty()};
            return std::vector{
                Number{Stands::value,
                       static_cast<double>(std::ranges::count_if(
                           portions[0], [](const Case& one) { return one.much.at("age") > one.much.at("limit"); })),
                       {}}};
          }};
}

}  // namespace

Rules pipeline_rules() {
  Rules rules{
      {"leads_created", counted({deals, {}, "created"})},
      {"qualified_leads", counted({deals, is({"qualified"}), "qualified"})},
      {"proposals_sent", counted({proposals, is({}, {"revision"}), "sent"})},
      {"proposal_revisions_sent", counted({proposals, is({"revision"}), "sent"})},
      {"open_deals", counted({worths, {}, nullptr, {}, {undated("began")}})},
      {"pipeline_value", summed({worths, {}, nullptr, {}, {unknown("amount"), undated("began")}}, "amount")},
      {"weighted_pipeline", summed({weighted, {}, nullptr, {{is({"unheld"})}}, {unknown("amount")}}, "amount")},
      {"pipeline_movement",
       with_money(moved("amount", {is({"created"}), is({"reopened"}), is({"raised"}), is({"lowered"}), is({"won"}),
                                   is({"lost"}), is_any({"pushed", "pulled", "rescheduled"}), is({"moved"})}))},
      {"pipeline_movement_deals",
       moved("deals", {is({"created"}), is({"reopened"}), is({"won"}), is({"lost"}),
                       is_any({"moved", "pushed", "pulled", "rescheduled", "raised", "lowered"})})},
      {"close_date_pushes", counted({movements, is({"pushed", "incoming"}), "happened"})},
      {"stage_time",
       lasted({visits, kOnTheWay, "entered", {{undated("entered"), Apart::Kind::dateless}}}, {0.5, 0.75, 0.9})},
      {"won_stage_time",
       lasted({visits, both(kOnTheWay, is({"later_won"})), "entered", {{undated("entered"), Apart::Kind::dateless}}},
              {0.5, 0.9})},
      {"stage_win_share",
       shared({steps, both(kOnTheWay, is_any({"deal_won", "deal_lost"})), "started", {{is({"skipped"})}}}, "deal_won")},
      {"deal_age",
       {{{worths, {}, nullptr, {{unknown("since")}}}},
        [](const std::vector<Cases>& portions, const Cases&) {
          return std::vector{quantile(portions[0], "age", 0.5), quantile(portions[0], "age", 0.9)};
        }}},
      {"won_deal_age",
       {{{deals, is({"won"}), "closed", {{unknown("cycle")}}}},
        [](const std::vector<Cases>& portions, const Cases&) {
          return std::vector{quantile(portions[0], "cycle", 0.5, kDaysPerMicro),
                             quantile(portions[0], "cycle", 0.9, kDaysPerMicro),
                             longest(portions[0], "cycle", kDaysPerMicro)};
        }}},
      {"rotting_deals", outgrown({lingering, kOnTheWay, nullptr, {{unknown("since")}}})},
      {"deals_older_than_any_won", outgrown({worths, {}, nullptr, {{unknown("since")}}})},
      {"deals_without_next_step", counted({unplanned, {}, nullptr})},
      {"touch_gap",
       {{{gaps, {}, "ended"}},
        [](const std::vector<Cases>& portions, const Cases&) {
          std::vector<Number> numbers;
          for (const double q : {0.5, 0.75, 0.9}) numbers.push_back(quantile(portions[0], "gap", q));
          return numbers;
        }}},
      {"forgotten_follow_ups", outgrown({silences, {}, nullptr, {{is({"planned"})}, {[](const Case& one) {
                                                                   return !one.has("planned") &&
                                                                          !one.much.contains("since");
                                                                 }}}})},
  };
  for (const char* name : {"stage_time", "won_stage_time", "stage_win_share", "touch_gap"}) rules[name].usual = "stage";
  rules["close_date_pushes"].usual = "deal";
  rules["close_date_pushes"].dimensions.emplace_back("due_month");
  return rules;
}

Rules funnel_rules() {
  Rules rules{
      {"stage_conversion_rate", shared({steps, kOnTheWay, "started", {{is({"skipped"})}}}, "advanced")},
      {"funnel_leakage", {{{steps, kUpToTheWin, "started"}}, leakage}},
      {"lead_conversion_rate",
       {{{deals, is({"won"}), "closed"}, {deals, {}, "created"}},
        [](const std::vector<Cases>& portions, const Cases&) {
          return std::vector{rate(std::ssize(portions[0]), std::ssize(portions[1]))};
        }}},
      {"discovery_acceptance_rate",
       shared({deals, [](const Case& one) { return one.on.contains("contacted"); }, "contacted"}, "discovery")},
      {"sign_on_after_demo_rate", shared({deals, is({"demo"}), "demo", {}, {is({"open"})}}, "won")},
      {"lead_conversion_rate_cohort", shared({deals, {}, "created", {}, {is({"open"})}}, "won")},
      {"win_rate_cohort", shared({deals, {}, "created", {}, {is({"open"})}}, "won")},
  };
  rules["decision_time"] = {{{deals, is_any({"won", "lost"}), "closed", {{unknown("cycle")}}}},
                            [](const std::vector<Cases>& portions, const Cases&) {
                              std::vector<Number> numbers;
                              for (const double q : {0.25, 0.5, 0.75})
                                numbers.push_back(quantile(portions[0], "cycle", q, kDaysPerMicro));
                              return numbers;
                            }};
  rules["decision_time_band_share"] = {
      {{decisions, {}, "closed", {{is({"open"})}, {unknown("cycle")}, {is({"unbanded"}), Apart::Kind::in_period}}}},
      [](const std::vector<Cases>& portions, const Cases&) {
        std::vector<Number> numbers;
        for (const char* band : {"quickest", "quick", "slow", "slowest"}) numbers.push_back(share(portions[0], band));
        return numbers;
      }};
  rules["stage_conversion_rate"].usual = "stage";
  rules["funnel_leakage"].usual = "stage";
  rules["funnel_leakage"].always = true;
  return rules;
}

}  // namespace traction::auditor
