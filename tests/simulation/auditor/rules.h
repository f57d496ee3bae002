// Rules: what each metric counts and what that comes to, from the words of its definition, a function per family.
// Nothing here reads those definitions: who changes one has to change its rule too, and to say why. Tests only; pure,
// thread-safe.
#pragma once

#include <functional>

#include "simulation/auditor/lists.h"

namespace traction::auditor {

using List = Cases (*)(const Books&, const Moment&);
using Which = std::function<bool(const Case&)>;

// A part of what a metric is made of.
struct Portion {
  List list = nullptr;
  Which which;                // all, where there is none
  const char* day = nullptr;  // by which it falls into a period; null for a state, asked at a period's end
};

struct Rule {
  std::vector<Portion> portions;
  // From the cases of each portion in a group; `around` are those of the first in the same group, whatever their stage.
  std::function<std::vector<Number>(const std::vector<Cases>& portions, const Cases& around)> come_to;
  bool money = false;      // every group is of one currency
  std::string usual = "";  // what it is grouped by where nothing is asked
  bool always = false;     // and also where something else is
};
using Rules = std::map<std::string, Rule>;

Rules activity_rules();
Rules pipeline_rules();
Rules funnel_rules();
Rules revenue_rules();

// What most rules are made of.
Which is(std::vector<const char*> all, std::vector<const char*> none = {});
Which is_any(std::vector<const char*> any);
Which both(Which one, Which other);
Which known(const char* amount);
Rule counted(Portion portion);
Rule shared(Portion portion, const char* mark);
Rule summed(Portion portion, const char* amount);  // money
Rule added(Portion portion, const char* amount);   // anything else
Rule averaged(Portion portion, const char* amount);
Rule lasted(Portion portion, std::vector<double> shares, const char* amount = "seconds");

}  // namespace traction::auditor
