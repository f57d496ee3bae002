#include "simulation/auditor/rules.h"

namespace traction::auditor {
namespace {

constexpr double kDaysPerMicro = 1.0 / (86400.0 * 1e6);

}  // namespace

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
