#include "app/demo/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace traction::demo {
namespace {

constexpr double kActivitiesPerDeal = 50;
constexpr double kInbound = 0.58;  // share of deals

std::size_t month_of(Date day) { return year_month_day(day).month - 1; }

double lead_weight(Date day) { return kSeason[month_of(day)] * (iso_weekday(day) >= 6 ? kWeekend : 1); }

// Everyday work: less in August and December and on Fridays.
double work_weight(Date day) {
  constexpr std::array<double, 12> kByMonth = {1, 1, 1, 1, 1, 1, 0.95, 0.8, 1.05, 1.05, 1, 0.85};
  return kByMonth[month_of(day)] * (iso_weekday(day) == 5 ? 0.88 : 1);
}

}  // namespace

Story::Story(Bulk& bulk, const DemoOptions& options, Date from, Date to, const Zone& zone, const Calendar& calendar,
             std::function<void(std::int64_t, std::int64_t)> progress)
    : bulk_(bulk),
      options_(options),
      work_(calendar, zone),
      time_(timeline(from, to, work_)),
      dice_(options.seed),
      progress_(std::move(progress)),
      reps_(reps(options.reps, time_, dice_)),
      books_(reps_.size()),
      open_deals_(reps_.size()) {
  for (Date day = from; day < to; ++day.days) {
    lead_weight_ += lead_weight(day);
    if (!work_.open(day)) continue;
    found_weight_ += kSeason[month_of(day)];
    work_weight_ += work_weight(day);
  }
  report_.from = from;
  report_.to = to;
}

DemoReport Story::tell(const json::object& settings) {
  found_company(settings);
  for (Date day = time_.from; day < time_.to; ++day.days) this->day(day);
  measure_season();
  report_.patterns = tally_.patterns();
  if (progress_) progress_(report_.activities, options_.activities);
  return std::move(report_);
}

void Story::found_company(const json::object& settings) {
  const Instant at = work_.start_of(time_.from);
  if (!settings.empty()) write("workspace", settings, at, 0);
  const auto pipeline = [&](std::string_view name, std::span<const StageForm> forms, std::span<Id> ids) {
    const Id id = write("pipeline", {{"name", name}}, at, 0);
    for (std::size_t i = 0; i < forms.size(); ++i)
      ids[i] =
          write("stage", {{"pipeline", id}, {"name", forms[i].name}, {"kind", forms[i].kind}, {"position", i}}, at, 0);
  };
  pipeline("New business", kStageForms, stages_);
  pipeline("Renewals", kRenewalForms, renewal_stages_);
  for (std::size_t i = 0; i < kProducts.size(); ++i)
    products_[i] = write("product",
                         {{"name", kProducts[i].name},
                          {"series", kProducts[i].series},
                          {"price_minor", static_cast<std::int64_t>(kProducts[i].price * 100)},
                          {"currency", "EUR"}},
                         at, 0);
  for (std::size_t i = 0; i < kTeams.size(); ++i) {
    teams_[i] = write("team", {{"name", kTeams[i].name}, {"region", kTeams[i].region}}, at, 0);
    const std::string name = person_name(dice_);
    managers_[i] = write("member",
                         {{"name", name},
                          {"email", fmt::format("head.{}@example.com", i + 1)},
                          {"role", "manager"},
                          {"team", teams_[i]},
                          {"sells", false}},
                         at, 0);
    change("team", teams_[i], {{"manager", managers_[i]}}, at, 0);
  }
}

void Story::first_of_month(Date day) {
  const Instant at = work_.start_of(day);
  const YearMonthDay date = year_month_day(day);
  constexpr std::array<std::int64_t, kSources.size()> kMonthly = {4'000'00, 6'500'00, 9'000'00, 500'00, 2'000'00};
  for (std::size_t i = 0; i < kSources.size(); ++i) {
    if (kSources[i].campaign && (date.month % 3 == 1 || campaigns_[i] == 0))
      campaigns_[i] = write("campaign",
                            {{"name", fmt::format("{} {} Q{}", kSources[i].name, date.year, (date.month + 2) / 3)},
                             {"channel", kSources[i].name},
                             {"starts_on", to_string(day)}},
                            at, 0);
    json::object cost{
        {"about", fmt::format("{} {}-{:02}", kSources[i].name, date.year, date.month)},
        {"amount_minor", static_cast<std::int64_t>(static_cast<double>(kMonthly[i]) * dice_.between(0.8, 1.2))},
        {"currency", "EUR"},
        {"spent_on", to_string(day)},
        {"channel", kSources[i].name}};
    if (campaigns_[i] != 0) cost.emplace("campaign", campaigns_[i]);
    write("cost", std::move(cost), at, 0);
  }
}

void Story::staff(Date day) {
  const Instant at = work_.start_of(day);
  for (std::size_t i = 0; i < reps_.size(); ++i) {
    Rep& rep = reps_[i];
    if (rep.joins == day)
      rep.id = write("member", {{"name", rep.name}, {"email", rep.email}, {"role", "rep"}, {"team", teams_[rep.team]}},
                     at, 0);
    if (rep.leaves == day) leave(i, at);
  }
  active_.clear();
  pace_.clear();
  for (std::size_t i = 0; i < reps_.size(); ++i) {
    if (day < reps_[i].joins || day >= reps_[i].leaves) continue;
    active_.push_back(i);
    pace_.push_back((pace_.empty() ? 0 : pace_.back()) + reps_[i].pace);
  }
}

void Story::leave(std::size_t leaver, Instant at) {
  constexpr std::size_t kHeir = 0;
  change("member", reps_[leaver].id, {{"active", false}}, at, 0);
  for (std::size_t i = 0; i < deals_.size(); ++i) {
    if (!deals_[i].live || deals_[i].rep != leaver) continue;
    const bool open = deals_[i].open;
    set_open(i, false);
    deals_[i].rep = kHeir;
    set_open(i, open);
    change("deal", deals_[i].id, {{"owner", reps_[kHeir].id}}, at, managers_[reps_[leaver].team]);
  }
  std::ranges::move(books_[leaver], std::back_inserter(books_[kHeir]));
  books_[leaver].clear();
}

void Story::day(Date day) {
  if (day == time_.from || year_month_day(day).day == 1) first_of_month(day);
  staff(day);
  const std::size_t month = month_of(day);
  ++days_by_month_[month];
  weight_by_month_[month] += lead_weight(day);

  const double deals = static_cast<double>(options_.activities) / kActivitiesPerDeal;
  beginners_.clear();
  leads_due_ += lead_weight(day) / lead_weight_;
  for (; static_cast<double>(leads_begun_) < leads_due_ * deals * kInbound; ++leads_begun_) {
    const double hour = dice_.chance(0.75) ? dice_.between(8, 19) : dice_.between(0, 24);
    const Instant at{work_.start_of(day).micros + static_cast<std::int64_t>(hour * 3600) * kSecond};
    if (work_.day(at) == day) beginners_.push_back({at, Kind::lead, active_rep()});
  }
  if (work_.open(day)) {
    found_due_ += kSeason[month] / found_weight_;
    for (; static_cast<double>(found_begun_) < found_due_ * deals * (1 - kInbound); ++found_begun_)
      beginners_.push_back({work_.during(day, dice_), Kind::found, active_rep()});
    work_due_ += work_weight(day) / work_weight_;
    const auto due = static_cast<std::int64_t>(work_due_ * static_cast<double>(options_.activities) + 0.5);
    for (std::int64_t i = report_.activities; i < due; ++i)
      beginners_.push_back({work_.during(day, dice_), Kind::work, active_rep()});
  }
  if (day == time_.coaching)
    for (const std::size_t rep : {kCoached, kPlacebo})
      beginners_.push_back({work_.during(day, dice_), Kind::coaching, rep});
  std::ranges::stable_sort(beginners_, {}, &Beginner::at);

  const Instant end = work_.start_of(Date{day.days + 1});
  std::size_t next = 0;
  for (;;) {
    const bool beginner = next < beginners_.size();
    const bool event = !events_.empty() && events_.top().at < end;
    if (!beginner && !event) break;
    if (event && (!beginner || events_.top().at <= beginners_[next].at)) {
      const std::size_t deal = events_.top().deal;
      events_.pop();
      step(deal);
    } else {
      begin(beginners_[next++]);
    }
  }
}

void Story::begin(const Beginner& beginner) {
  const Rep& rep = reps_[beginner.rep];
  switch (beginner.kind) {
    case Kind::lead:
    case Kind::found:
      return create_deal(beginner.at, beginner.rep, beginner.kind == Kind::lead);
    case Kind::work:
      return work(beginner.at, beginner.rep);
    case Kind::coaching:
      activity(beginner.at, managers_[rep.team], {}, 0,
               {{"kind", "note"}, {"subject", fmt::format("Coached {}: questions before the proposal", rep.name)}});
  }
}

// The next step of a deal.
void Story::step(std::size_t index) {
  const Step step = deals_[index].fate.steps[deals_[index].next++];
  Deal& deal = deals_[index];
  switch (step.kind) {
    case StepKind::auto_reply:
      activity(step.at, 0, deal.person, deal.id,
               {{"kind", "email"}, {"direction", "outbound"}, {"outcome", "auto_reply"}});
      break;
    case StepKind::answer:
      if (dice_.chance(0.6))
        call(step.at, deal.rep, deal.person, deal.id);
      else
        email(step.at, deal.rep, deal.person, deal.id, false);
      if (deal.fate.answered) set_open(index, true);
      break;
    case StepKind::meeting:
      activity(step.at, reps_[deal.rep].id, deal.person, deal.id,
               {{"kind", "meeting"},
                {"outcome", "held"},
                {"duration_seconds", 60 * static_cast<std::int64_t>(dice_.between(20, 75))},
                {"subject", subject()}});
      break;
    case StepKind::move:
      move(deal, step);
      break;
    case StepKind::touch:
      call(step.at, deal.rep, deal.person, deal.id);
      break;
    case StepKind::renew:
      create_renewal(Deal(deal), step.at);
      break;
  }
  // Looked up again: a renewal may have moved the deals.
  Deal& now = deals_[index];
  const bool over = now.next == now.fate.steps.size();
  if (step.kind == StepKind::move) set_open(index, !(now.renewal ? step.stage >= kRenewed : step.stage >= kWon));
  if (over && now.fate.stalls) set_open(index, false);
  if (!over)
    events_.push({now.fate.steps[now.next].at, order_++, index});
  else if (now.closes > 0)
    release(index);
}

std::size_t Story::active_rep() {
  const double at = dice_.share() * pace_.back();
  const auto found = std::ranges::upper_bound(pace_, at);
  return active_[static_cast<std::size_t>(std::min(found, pace_.end() - 1) - pace_.begin())];
}

void Story::measure_season() {
  std::int64_t leads = 0, days = 0;
  for (std::size_t m = 0; m < 12; ++m) {
    leads += leads_by_month_[m];
    days += days_by_month_[m];
  }
  if (leads == 0) return;
  const auto ratio = [&](double part, std::int64_t part_days, double all) {
    return part / static_cast<double>(part_days) / (all / static_cast<double>(days));
  };
  for (const auto& [group, month] : {std::pair<std::size_t, std::size_t>{0, 7}, {1, 8}})
    if (days_by_month_[month] > 0)
      tally_.add(Plant::season, group, ratio(weight_by_month_[month], days_by_month_[month], lead_weight_),
                 ratio(static_cast<double>(leads_by_month_[month]), days_by_month_[month], static_cast<double>(leads)),
                 leads_by_month_[month]);
}

}  // namespace traction::demo
