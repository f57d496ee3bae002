#include "simulation/auditor/rules.h"

#include <algorithm>

namespace traction::auditor {
namespace {

constexpr double kDaysPerMicro = 1.0 / (86400.0 * 1e6);

// Visits as states: an open deal counts for who has it now.
Cases standings(const Books& books, const Moment& moment) {
  Cases cases = visits(books, moment);
  for (Case& one : cases) {
    one.of["owner"] = one.of["holder"];
    one.of["team"] = one.of["holder_team"];
  }
  return cases;
}

const Which kOnTheWay = is_any({"lead", "qualified", "open"});
const Which kUpToTheWin = is_any({"lead", "qualified", "open", "won"});

Which both(Which one, Which other) {
  return [one = std::move(one), other = std::move(other)](const Case& c) { return one(c) && other(c); };
}

Which known(const char* amount) {
  return [=](const Case& one) { return one.much.contains(amount); };
}

Rule lasted(Portion portion, std::vector<double> shares) {
  return {{portion}, [=](const std::vector<Cases>& portions, const Cases&) {
            std::vector<Number> numbers;
            for (const double q : shares) numbers.push_back(lasting(portions[0], q));
            return numbers;
          }};
}

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

Rule summed(Portion portion, const char* amount) {
  Rule rule{{std::move(portion)},
            [=](const std::vector<Cases>& portions, const Cases&) { return std::vector{money(portions[0], amount)}; }};
  rule.money = true;
  return rule;
}

}  // namespace

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

Rules activity_rules() {
  return {
      {"touches", counted({touches, {}, "happened"})},
      {"calls_made", counted({touches, is({"call", "outbound"}), "happened"})},
      {"conversations", counted({touches, is({"conversation"}), "happened"})},
      {"follow_ups", counted({touches, is({"follow_up"}, {"post_close"}), "happened"})},
      {"post_close_follow_ups", counted({touches, is({"outbound", "post_close"}), "happened"})},
      {"lead_response_time", lasted({leads, known("seconds"), "created"}, {0.5, 0.9})},
      {"never_answered_rate", shared({leads, is({"judged"}), "created"}, "waiting")},
  };
}

Rules pipeline_rules() {
  Rules rules{
      {"leads_created", counted({deals, {}, "created"})},
      {"open_deals", counted({standings, kOnTheWay, nullptr})},
      {"pipeline_value", summed({standings, kOnTheWay, nullptr}, "amount")},
      {"stage_time", lasted({visits, both(kOnTheWay, known("seconds")), "entered"}, {0.5, 0.75, 0.9})},
  };
  rules["stage_time"].by_stage = true;
  return rules;
}

Rules funnel_rules() {
  Rules rules{
      {"stage_conversion_rate", shared({steps, both(kOnTheWay, is({}, {"skipped"})), "started"}, "advanced")},
      {"funnel_leakage", {{{steps, kUpToTheWin, "started"}}, leakage}},
      {"lead_conversion_rate",
       {{{deals, is({"won"}), "closed"}, {deals, {}, "created"}},
        [](const std::vector<Cases>& portions, const Cases&) {
          return std::vector{rate(std::ssize(portions[0]), std::ssize(portions[1]))};
        }}},
      {"lead_conversion_rate_cohort", shared({deals, {}, "created"}, "won")},
      {"win_rate_cohort", shared({deals, {}, "created"}, "won")},
  };
  rules["stage_conversion_rate"].by_stage = true;
  rules["funnel_leakage"].by_stage = rules["funnel_leakage"].always_staged = true;
  return rules;
}

Rules revenue_rules() {
  Rules rules{
      {"won_deals", counted({deals, is({"won"}), "closed"})},
      {"lost_deals", counted({deals, is({"lost"}), "closed"})},
      {"sales", summed({deals, is({"won"}), "closed"}, "amount")},
      {"win_rate", shared({deals, is_any({"won", "lost"}), "closed"}, "won")},
      {"average_deal_size",
       {{{deals, both(is({"won"}), known("amount")), "closed"}},
        [](const std::vector<Cases>& portions, const Cases&) {
          const Cases kept = inside(portions[0], "amount");
          return std::vector{mean(portions[0], "amount"), mean(kept, "amount"),
                             portions[0].empty() ? empty() : count(kept)};
        }}},
      {"sales_cycle",
       {{{deals, both(is({"won"}), known("cycle")), "closed"}},
        [](const std::vector<Cases>& portions, const Cases&) {
          return std::vector{quantile(portions[0], "cycle", 0.5, kDaysPerMicro),
                             quantile(portions[0], "cycle", 0.75, kDaysPerMicro),
                             mean(portions[0], "cycle", kDaysPerMicro)};
        }}},
  };
  rules["average_deal_size"].money = true;
  return rules;
}

}  // namespace traction::auditor
