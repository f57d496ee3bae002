// Rules: what each metric counts and what that comes to, from the words of its definition, a function per family.
// Nothing here reads those definitions: who changes one has to change its rule too, and to say why. Tests only; pure,
// thread-safe.
#pragma once

#include <functional>

#include "simulation/auditor/lists.h"

namespace traction::auditor {

using List = Cases (*)(const Books&, const Moment&);
using Which = std::function<bool(const Case&)>;

// Cases that are not counted but told of.
struct Apart {
  enum class Kind {
    left_out,   // those without a day are told of in every period
    dateless,   // the same, and they are those without a day
    in_period,  // told of in their period alone
  };
  Which which;
  Kind kind = Kind::left_out;
};

// A part of what a metric is made of.
struct Portion {
  List list = nullptr;
  Which which;                // all, where there is none
  const char* day = nullptr;  // by which it falls into a period; null for a state, asked at a period's end
  std::vector<Apart> apart = {};
  std::vector<Which> told = {};  // kinds of cases that are counted and told of
  const char* amount = nullptr;  // the money it adds up, which may be asked in the workspace's currency
  bool opens = false;            // all that was before the period is in it too, marked "before"
  bool last_year = false;        // of the same days a year earlier
  const char* regardless = "";   // the dimension by which it is not told apart
};

struct Rule {
  using Come = std::function<std::vector<Number>(const std::vector<Cases>& portions, const Cases& around)>;

  std::vector<Portion> portions;
  // From the cases of each portion in a group; `around` are those of the first in the same group, whatever their stage.
  Come come_to;
  bool money = false;      // every group is of one currency
  std::string usual = "";  // what it is grouped by where nothing is asked
  bool always = false;     // and also where something else is
  std::vector<std::string> dimensions = {"owner", "team", "stage", "product"};  // that it is asked by
  const char* fenced = nullptr;  // the amount beyond whose fences cases are told of

  bool looks_back() const;  // to last year
  bool converts() const;    // may be asked in the workspace's currency
};
using Rules = std::map<std::string, Rule>;

Rules activity_rules();
Rules response_rules();
Rules pipeline_rules();
Rules funnel_rules();
Rules revenue_rules();
Rules cost_rules();
Rules quota_rules();

// What most rules are made of.
Which is(std::vector<const char*> all, std::vector<const char*> none = {});
Which is_any(std::vector<const char*> any);
Which both(Which one, Which other);
Which known(const char* amount);
Which unknown(const char* amount);
Which undated(const char* day);
Which nowhere(const char* reference);  // refers to nothing by it
Rule counted(Portion portion);
Rule shared(Portion portion, const char* mark);
Rule summed(Portion portion, const char* amount);  // money
Rule added(Portion portion, const char* amount);   // anything else
Rule averaged(Portion portion, const char* amount);
Rule lasted(Portion portion, std::vector<double> shares, const char* amount = "seconds");

// A number reckoned from others, each over the cases of one portion: what is missing makes it empty.
using Known = std::optional<double>;
struct Part {
  Portion portion;
  std::function<Known(const Cases&)> comes_to;
};
Part number_of(Portion portion);                  // 0 of nothing
Part sum_of(Portion portion, Known nothing = 0);  // of its amount; `nothing` where there is no case
Part share_of(Portion portion, const char* mark);
Part mean_of(Portion portion, const char* amount);
Rule reckoned(std::vector<Part> parts, std::function<Known(const std::vector<Known>&)> formula);
Known over(Known above, Known below);  // none over 0
Rule with_money(Rule rule);
Rule asked_by(std::vector<std::string> dimensions, Rule rule, std::string usual = "");

}  // namespace traction::auditor
