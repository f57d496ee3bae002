#include "simulation/auditor/rules.h"

#include <algorithm>

namespace traction::auditor {
namespace {

// As states: an open deal counts for who has it now.
Cases standings(const Books& books, const Moment& moment) {
  Cases cases = worths(books, moment);
  for (Case& one : cases) {
    one.of["owner"] = one.of["holder"];
    one.of["team"] = one.of["holder_team"];
  }
  return cases;
}

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

}  // namespace

Rules pipeline_rules() {
  Rules rules{
      {"leads_created", counted({deals, {}, "created"})},
      {"qualified_leads", counted({deals, is({"qualified"}), "qualified"})},
      {"proposals_sent", counted({proposals, is({}, {"revision"}), "sent"})},
      {"proposal_revisions_sent", counted({proposals, is({"revision"}), "sent"})},
      {"open_deals", counted({standings, kOnTheWay, nullptr})},
      {"pipeline_value", summed({standings, kOnTheWay, nullptr}, "amount")},
      {"stage_time", lasted({visits, both(kOnTheWay, known("seconds")), "entered"}, {0.5, 0.75, 0.9})},
  };
  rules["stage_time"].usual = "stage";
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
      {"discovery_acceptance_rate",
       shared({deals, [](const Case& one) { return one.on.contains("contacted"); }, "contacted"}, "discovery")},
      {"sign_on_after_demo_rate", shared({deals, is({"demo"}), "demo"}, "won")},
      {"lead_conversion_rate_cohort", shared({deals, {}, "created"}, "won")},
      {"win_rate_cohort", shared({deals, {}, "created"}, "won")},
  };
  rules["stage_conversion_rate"].usual = "stage";
  rules["funnel_leakage"].usual = "stage";
  rules["funnel_leakage"].always = true;
  return rules;
}

}  // namespace traction::auditor
