#include "app/demo/tally.h"

#include <fmt/format.h>

#include <string_view>

#include "app/demo/cast.h"
#include "base/check.h"

namespace traction::demo {
namespace {

struct Form {
  std::string_view id, unit;
  bool real;
  std::string_view statement, cases;
  std::vector<std::string_view> groups;
};

// Deals that had time to close: what all comparisons of wins have in common.
constexpr std::string_view kClosed =
    "Deals of the pipeline New business created at least {longest} days before the end that were once in Qualified and "
    "have been closed; won when the first close was a win; by the owner at creation";

// In the order of Plant.
const std::vector<Form>& forms() {
  static const std::vector<Form> all = {
      {"speed_to_lead",
       "rate",
       true,
       "An inbound lead answered within an hour qualifies about twice as often.",
       "Inbound deals created at least {qualifying} days before the end whose first outbound touch by a person has "
       "happened; those that came to Qualified",
       {"answered within an hour", "answered later"}},
      {"never_answered",
       "rate",
       true,
       "Some inbound leads are never answered by a person; weak reps leave more of them.",
       "Inbound deals created at least {qualifying} days before the end; those without an outbound touch of a person "
       "(an auto_reply is none); by the owner at creation",
       {"strong reps", "steady reps", "weak reps"}},
      {"skill",
       "rate",
       true,
       "Reps differ in how much of what they qualify they win.",
       kClosed,
       {"strong reps", "steady reps", "weak reps"}},
      {"meeting",
       "rate",
       true,
       "A meeting held before the close doubles the chance to win.",
       kClosed,
       {"meeting held", "no meeting held"}},
      {"source",
       "rate",
       true,
       "Referrals are won far more often than webinar leads, although there are fewer of them.",
       kClosed,
       {"website", "webinar", "trade fair", "referral", "cold call"}},
      {"coaching",
       "rate",
       true,
       "The coached rep wins much more of the deals created since the coaching.",
       kClosed,
       {"created before", "created since"}},
      {"starter",
       "rate",
       true,
       "The rep who joins later wins little of what is created in the first 90 days.",
       kClosed,
       {"first 90 days", "later"}},
      {"discount",
       "share",
       true,
       "One rep gives far larger discounts, and wins no more for it.",
       "First wins of the pipeline New business; mean of 1 - amount / list amount; by the owner at creation",
       {"the discounter", "others"}},
      {"stuck_stage",
       "days",
       true,
       "In the team South deals stay in Proposal more than twice as long.",
       "Ended stays in Proposal before the first close, of deals created at least {longest} days before the end; mean "
       "days; working hours add about one day to what was drawn; by the owner at creation",
       {"South", "other teams"}},
      {"competitor",
       "rate",
       true,
       "In retail a competitor has come up that takes deals.",
       "First losses after Qualified of deals created at least {longest} days before the end; those with the reason "
       "competitor",
       {"retail, created before", "retail, created since", "other sectors"}},
      {"comeback",
       "rate",
       true,
       "Some deals lost after a proposal come back.",
       "First losses of deals that were in Proposal, at least {return} days before the end; those reopened since",
       {"all"}},
      {"comeback_wins",
       "rate",
       true,
       "Deals that come back are often won.",
       "Deals reopened at least 40 days before the end; won when their second close was a win",
       {"all"}},
      {"late_calls",
       "rate",
       true,
       "More people pick up from four in the afternoon on.",
       "Outbound calls by local hour; those connected",
       {"before 16:00", "from 16:00 on"}},
      {"season",
       "ratio",
       true,
       "Few leads come in August, many in September.",
       "Inbound deals per day of that month, over inbound deals per day of the whole history",
       {"August", "September"}},
      {"silent",
       "rate",
       true,
       "Some deals stall: they stay open and nobody touches them any more.",
       "Deals of New business created at least {longest} days before the end that were once in Qualified; those never "
       "closed",
       {"all"}},
      {"rare_deals",
       "rate",
       true,
       "One deal in a hundred is of a product that costs ten times more than any other.",
       "Deals of New business; those of the product Platform",
       {"all"}},
      {"placebo",
       "rate",
       false,
       "Another rep was coached on the same day: it changed nothing.",
       kClosed,
       {"created before", "created since"}},
      {"weekday",
       "rate",
       false,
       "The weekday on which a deal is created has no effect on winning.",
       kClosed,
       {"Monday to Wednesday", "Thursday to Sunday"}},
  };
  return all;
}

std::string filled(std::string_view text) {
  std::string result(text);
  for (const auto& [mark, days] : {std::pair<std::string_view, int>{"{longest}", kLongestDeal},
                                   {"{qualifying}", kLongestQualifying},
                                   {"{return}", kLongestReturn}})
    if (const std::size_t at = result.find(mark); at != std::string::npos)
      result.replace(at, mark.size(), std::to_string(days));
  return result;
}

}  // namespace

Tally::Tally() {
  CHECK(forms().size() == kPlants);
  for (std::size_t i = 0; i < kPlants; ++i) sums_[i].resize(forms()[i].groups.size());
}

void Tally::add(Plant plant, std::size_t group, double planted, double counted, std::int64_t cases) {
  Sum& sum = sums_[static_cast<std::size_t>(plant)][group];
  sum.planted += planted;
  sum.counted += counted;
  sum.n += cases;
}

std::vector<Pattern> Tally::patterns() const {
  std::vector<Pattern> result;
  for (std::size_t i = 0; i < kPlants; ++i) {
    const Form& form = forms()[i];
    Pattern& pattern = result.emplace_back();
    pattern.id = form.id;
    pattern.real = form.real;
    pattern.unit = form.unit;
    pattern.statement = form.statement;
    pattern.cases = filled(form.cases);
    for (std::size_t g = 0; g < form.groups.size(); ++g) {
      const Sum& sum = sums_[i][g];
      // A ratio is entered ready; anything else is a mean over its cases.
      const double by = sum.n == 0 ? 1 : form.unit == "ratio" ? 1 : static_cast<double>(sum.n);
      pattern.groups.push_back({std::string(form.groups[g]), sum.planted / by, sum.n, sum.counted / by});
    }
  }
  return result;
}

}  // namespace traction::demo
