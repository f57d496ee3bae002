#include <fmt/format.h>

#include <algorithm>

#include "app/demo/story.h"
#include "base/money.h"

namespace traction::demo {
namespace {

// An amount of the workspace's currency in the minor units of a team's, without odd ends.
std::int64_t minor_in(const TeamForm& team, double amount) {
  const double rate = team.rate;
  const auto whole = static_cast<std::int64_t>(amount * rate / 10) * 10;
  std::int64_t scale = 1;
  for (int i = *currency_decimals(team.currency); i > 0; --i) scale *= 10;
  return whole * scale;
}

}  // namespace

bool Story::mature(const Deal& deal) const { return work_.day(deal.created).days < time_.to.days - kLongestDeal; }

void Story::create_deal(Instant at, std::size_t rep, bool inbound) {
  std::array<double, kProducts.size()> products{};
  std::array<double, kSources.size()> sources{};
  std::ranges::transform(kProducts, products.begin(), &ProductForm::weight);
  std::ranges::transform(kSources, sources.begin(), &SourceForm::weight);

  Deal deal;
  deal.created = at;
  deal.rep = deal.creator = rep;
  deal.product = dice_.weighted(products);
  deal.source = inbound ? dice_.weighted(sources) : kCold;
  // Who comes to us is new to us; whom we find is in the book.
  if (inbound || books_[rep].empty())
    deal.person = meet(at, rep, inbound ? 0 : reps_[rep].id);
  else
    deal.person = books_[rep][dice_.below(books_[rep].size())];

  const Date day = work_.day(at);
  const Rep& owner = reps_[rep];
  deal.fate = draw_fate({.at = at,
                         .rep = &owner,
                         .product = deal.product,
                         .source = deal.source,
                         .sector = deal.person.sector,
                         .inbound = inbound,
                         .coached = rep == kCoached && day >= time_.coaching,
                         .ramping = rep == kStarter && day.days < owner.joins.days + kRampDays},
                        time_, work_, dice_);
  const TeamForm& team = kTeams[owner.team];
  deal.list_minor = minor_in(team, kProducts[deal.product].price * dice_.between(0.7, 1.8));
  deal.qualified = !inbound;
  deal.stage = inbound ? kLead : kQualified;
  deal.since = at;
  json::object fields{
      {"name", fmt::format("{} {}", account_names_[deal.person.account_name], kProducts[deal.product].name)},
      {"account", deal.person.account},
      {"contact", deal.person.contact},
      {"owner", owner.id},
      {"stage", stages_[inbound ? kLead : kQualified]},
      {"product", products_[deal.product]},
      {"amount_minor", deal.list_minor},
      {"list_amount_minor", deal.list_minor},
      {"currency", team.currency},
      {"inbound", inbound},
      {"source", kSources[deal.source].name}};
  if (kSources[deal.source].campaign) fields.emplace("campaign", campaigns_[deal.source]);
  deal.id = write("deal", std::move(fields), at, inbound ? 0 : owner.id);
  deal.live = true;

  tally_.add(Plant::rare_deals, 0, kProducts[kRareProduct].weight / 100, deal.product == kRareProduct);
  if (inbound) ++leads_by_month_[year_month_day(day).month - 1];
  if (inbound && day.days < time_.to.days - kLongestQualifying)
    tally_.add(Plant::never_answered, static_cast<std::size_t>(owner.tier), deal.fate.never_answers,
               !deal.fate.answered);
  if (!inbound && mature(deal)) tally_.add(Plant::silent, 0, kStalls, deal.fate.stalls);
  ++report_.deals;

  const std::size_t index = keep(std::move(deal));
  Deal& kept = deals_[index];
  if (kept.fate.steps.empty()) return;  // nobody will ever touch it
  if (!inbound) set_open(index, true);
  events_.push({kept.fate.steps.front().at, order_++, index});
}

void Story::create_renewal(const Deal& won, Instant at) {
  Deal deal;
  deal.person = won.person;
  deal.created = at;
  deal.rep = deal.creator = won.rep;
  deal.product = won.product;
  deal.renewal = true;
  deal.fate = draw_renewal(at, work_, dice_);
  const TeamForm& team = kTeams[reps_[won.creator].team];
  deal.list_minor =
      static_cast<std::int64_t>(static_cast<double>(won.list_minor) * dice_.between(0.9, 1.2)) / 1000 * 1000;
  deal.id = write(
      "deal",
      {{"name", fmt::format("{} {} renewal", account_names_[deal.person.account_name], kProducts[deal.product].name)},
       {"account", deal.person.account},
       {"contact", deal.person.contact},
       {"owner", reps_[deal.rep].id},
       {"stage", renewal_stages_[kDue]},
       {"product", products_[deal.product]},
       {"amount_minor", deal.list_minor},
       {"list_amount_minor", deal.list_minor},
       {"currency", team.currency},
       {"inbound", false},
       {"source", "existing customer"}},
      at, 0);
  deal.live = true;
  ++report_.deals;
  const std::size_t index = keep(std::move(deal));
  set_open(index, true);
  events_.push({deals_[index].fate.steps.front().at, order_++, index});
}

std::size_t Story::keep(Deal deal) {
  if (free_.empty()) {
    deals_.push_back(std::move(deal));
    return deals_.size() - 1;
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  deals_[index] = std::move(deal);
  return index;
}

void Story::move(Deal& deal, const Step& step) {
  const bool won = deal.renewal ? step.stage == kRenewed : step.stage == kWon;
  const bool lost = deal.renewal ? step.stage == kLapsed : step.stage == kLost;
  const auto stage = static_cast<std::size_t>(step.stage);
  json::object fields{{"stage", deal.renewal ? renewal_stages_[stage] : stages_[stage]}};
  if (lost) fields.emplace("lost_reason", step.reason);
  if (step.reason == "competitor") fields.emplace("competitor", kCompetitor);
  if (!deal.renewal) {
    if (step.stage == kQualified && mature(deal)) tally_.add(Plant::silent, 0, kStalls, deal.fate.stalls);
    if (deal.closes == 0 && !deal.qualified && (step.stage == kQualified || lost) && deal.fate.answered &&
        work_.day(deal.created).days < time_.to.days - kLongestQualifying)
      tally_.add(Plant::speed_to_lead, deal.fate.fast ? 0 : 1, deal.fate.qualifies, step.stage == kQualified);
    if (deal.stage == kProposal && deal.closes == 0 && mature(deal))
      tally_.add(Plant::stuck_stage, reps_[deal.creator].team == kStuckTeam ? 0 : 1, step.days,
                 static_cast<double>(step.at.micros - deal.since.micros) / static_cast<double>(kDay));
    if (step.stage == kQualified) deal.qualified = true;
    if (step.stage == kProposal) {
      deal.proposed = true;
      if (deal.closes > 0) deal.reopened = step.at;
      fields.emplace("expected_close_on", to_string(Date{work_.day(step.at).days + 21}));
    }
    if (won) {
      const bool discounter = deal.creator == kDiscounter;
      const double discount =
          discounter ? dice_.between(kDiscountLow, kDiscountHigh) : dice_.between(0, kOthersDiscountHigh);
      const auto amount = static_cast<std::int64_t>(static_cast<double>(deal.list_minor) * (1 - discount));
      fields.emplace("amount_minor", amount);
      if (deal.closes == 0)
        tally_.add(Plant::discount, discounter ? 0 : 1,
                   discounter ? (kDiscountLow + kDiscountHigh) / 2 : kOthersDiscountHigh / 2,
                   1 - static_cast<double>(amount) / static_cast<double>(deal.list_minor));
    }
    if (won || lost) closed(deal, step, won);
  }
  if (deal.renewal && (won || lost)) ++deal.closes;
  deal.stage = step.stage;
  deal.since = step.at;
  change("deal", deal.id, std::move(fields), step.at, reps_[deal.rep].id);
}

// Counts what a close says about the patterns.
void Story::closed(Deal& deal, const Step& step, bool won) {
  const int close = ++deal.closes;
  if (close == 2 && work_.day(deal.reopened).days < time_.to.days - 40)
    tally_.add(Plant::comeback_wins, 0, kComebackWins, won);
  if (close != 1 || !deal.qualified) return;
  if (!won && deal.proposed && work_.day(step.at).days < time_.to.days - kLongestReturn)
    tally_.add(Plant::comeback, 0, kComesBack, deal.fate.returns);
  if (!mature(deal)) return;
  const Date day = work_.day(deal.created);
  const double chance = deal.fate.win;
  const Rep& rep = reps_[deal.creator];
  tally_.add(Plant::skill, static_cast<std::size_t>(rep.tier), chance, won);
  tally_.add(Plant::meeting, deal.fate.meets ? 0 : 1, chance, won);
  tally_.add(Plant::source, deal.source, chance, won);
  tally_.add(Plant::weekday, iso_weekday(day) <= 3 ? 0 : 1, chance, won);
  if (deal.creator == kCoached) tally_.add(Plant::coaching, day < time_.coaching ? 0 : 1, chance, won);
  if (deal.creator == kPlacebo) tally_.add(Plant::placebo, day < time_.coaching ? 0 : 1, chance, won);
  if (deal.creator == kStarter) tally_.add(Plant::starter, day.days < rep.joins.days + kRampDays ? 0 : 1, chance, won);
  if (!won) {
    const bool retail = deal.person.sector == kRetail;
    tally_.add(Plant::competitor,
               !retail                  ? 2
               : day < time_.competitor ? 0
                                        : 1,
               deal.fate.competitor, step.reason == "competitor");
  }
}

// Open deals are those that everyday work may pick.
void Story::set_open(std::size_t index, bool open) {
  Deal& deal = deals_[index];
  if (deal.open == open) return;
  deal.open = open;
  std::vector<std::size_t>& list = open_deals_[deal.rep];
  if (open) {
    deal.place = list.size();
    list.push_back(index);
    return;
  }
  list[deal.place] = list.back();
  deals_[list.back()].place = deal.place;
  list.pop_back();
}

void Story::release(std::size_t index) {
  Deal& deal = deals_[index];
  set_open(index, false);
  bulk_.forget(deal.id);
  if (deal.fate.answered) books_[deal.rep].push_back(deal.person);
  deal = {};
  free_.push_back(index);
}

}  // namespace traction::demo
