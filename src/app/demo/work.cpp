#include <fmt/format.h>

#include "app/demo/story.h"
#include "base/fault.h"

namespace traction::demo {
namespace {

constexpr double kMorePerWork = 1.0 / 150;  // new people met in everyday work, per activity
constexpr double kOnDeals = 0.6;            // share of everyday work that goes to open deals
constexpr int kPlansFor = 7;                // days before the end of which some follow-ups are still planned
constexpr std::size_t kReach = 400;         // so many of the latest people in the book are called

constexpr std::array<std::string_view, 8> kSubjects = {
    "Next steps",        "Questions about the contract", "Introduction to the product", "Prices for three years",
    "Visit to the site", "Reference customers",          "Security questionnaire",      "Plan for the start"};
constexpr std::array<std::string_view, 6> kTitles = {"Head of Sales",   "Buyer",      "Managing Director",
                                                     "Operations Lead", "IT Manager", "Head of Finance"};

}  // namespace

// A refusal here would mean that the story breaks the rules of selling: our mistake, told with the rule's words.
Id Story::write(std::string_view type, json::object fields, Instant at, Id actor) {
  Action action;
  action.type = type;
  action.fields = std::move(fields);
  action.occurred_at = at;
  const Result<Id> id = bulk_.apply(std::move(action), actor);
  if (!id) throw Fault(Fault::Kind::internal, "the demo company broke a rule: " + to_string(id.error()));
  return *id;
}

void Story::change(std::string_view type, Id id, json::object fields, Instant at, Id actor) {
  Action action;
  action.verb = Verb::change;
  action.type = type;
  action.target = id;
  action.fields = std::move(fields);
  action.occurred_at = at;
  const Result<Id> done = bulk_.apply(std::move(action), actor);
  if (!done) throw Fault(Fault::Kind::internal, "the demo company broke a rule: " + to_string(done.error()));
}

// A new contact, of a new account or of one that is known.
Story::Person Story::meet(Instant at, std::size_t rep, Id actor) {
  Person person;
  if (accounts_.size() > 50 && dice_.chance(0.4)) {
    person = accounts_[dice_.below(accounts_.size())];
  } else {
    person.sector = dice_.below(kSectors.size());
    person.account_name = account_names_.size();
    account_names_.push_back(company_name(dice_));
    person.account = write("account",
                           {{"name", account_names_.back()},
                            {"sector", kSectors[person.sector]},
                            {"location", kTeams[reps_[rep].team].region},
                            {"employees", static_cast<std::int64_t>(5 * std::exp(dice_.between(0, 7)))},
                            {"owner", reps_[rep].id}},
                           at, actor);
    accounts_.push_back(person);
    ++report_.accounts;
  }
  const std::string name = person_name(dice_);
  person.contact = write("contact",
                         {{"name", name},
                          {"email", address(name, account_names_[person.account_name])},
                          {"phone", fmt::format("+49 30 5550 {:05}", dice_.below(100'000))},
                          {"title", dice_.pick(std::span<const std::string_view>(kTitles))},
                          {"account", person.account},
                          {"owner", reps_[rep].id}},
                         at, actor);
  ++report_.contacts;
  return person;
}

void Story::work(Instant at, std::size_t rep) {
  std::vector<Person>& book = books_[rep];
  if (book.empty() || dice_.chance(kMorePerWork)) book.push_back(meet(at, rep, reps_[rep].id));
  const std::vector<std::size_t>& deals = open_deals_[rep];
  Person person;
  Id deal = 0;
  if (!deals.empty() && dice_.chance(kOnDeals)) {
    const Deal& chosen = deals_[deals[dice_.below(deals.size())]];
    person = chosen.person;
    deal = chosen.id;
  } else {
    const std::size_t reach = std::min(book.size(), kReach);
    person = book[book.size() - 1 - dice_.below(reach)];
  }
  const Id actor = reps_[rep].id;
  if (deal != 0 && work_.day(at).days >= time_.to.days - kPlansFor && dice_.chance(0.15)) {
    const Instant due{at.micros + static_cast<std::int64_t>(dice_.between(1, 2 * kPlansFor)) * kDay};
    return activity(at, actor, person, deal,
                    {{"kind", "task"}, {"status", "planned"}, {"task_kind", "follow_up"}, {"due_at", due.micros}});
  }
  const double kind = dice_.share();
  if (kind < 0.55) return call(at, rep, person, deal);
  if (kind < 0.80) return email(at, rep, person, deal, false);
  if (kind < 0.88) return email(at, rep, person, deal, true);
  if (kind < 0.94)
    return activity(at, actor, person, deal, {{"kind", "message"}, {"direction", "outbound"}, {"outcome", "sent"}});
  if (kind < 0.97) return activity(at, actor, person, deal, {{"kind", "note"}, {"subject", subject()}});
  activity(at, actor, person, deal,
           {{"kind", "task"},
            {"task_kind", dice_.chance(0.5) ? "research" : "admin"},
            {"duration_seconds", 60 * static_cast<std::int64_t>(dice_.between(5, 60))},
            {"subject", subject()}});
}

void Story::call(Instant at, std::size_t rep, const Person& person, Id deal) {
  const bool late = work_.late(at);
  const double chance = late ? kConnectsLate : kConnects;
  const bool connected = dice_.chance(chance);
  std::string_view outcome = "connected";
  double seconds = 30 + 240 * dice_.wait();
  if (!connected) {
    constexpr std::array<std::string_view, 4> kOutcomes = {"no_answer", "voicemail", "busy", "wrong_number"};
    constexpr std::array<double, 4> kWeights = {60, 30, 8, 2};
    outcome = kOutcomes[dice_.weighted(kWeights)];
    seconds = outcome == "voicemail" ? dice_.between(15, 40) : 0;
  }
  if (report_.activities < options_.activities) tally_.add(Plant::late_calls, late ? 1 : 0, chance, connected);
  activity(at, reps_[rep].id, person, deal,
           {{"kind", "call"},
            {"direction", "outbound"},
            {"outcome", outcome},
            {"duration_seconds", static_cast<std::int64_t>(seconds)}});
}

void Story::email(Instant at, std::size_t rep, const Person& person, Id deal, bool inbound) {
  activity(
      at, reps_[rep].id, person, deal,
      {{"kind", "email"}, {"direction", inbound ? "inbound" : "outbound"}, {"outcome", inbound ? "replied" : "sent"}});
}

// Writes the activity, unless there are as many as were asked for.
void Story::activity(Instant at, Id actor, const Person& person, Id deal, json::object fields) {
  if (report_.activities == options_.activities) return;
  if (deal != 0)
    fields.emplace("deal", deal);  // which brings contact and account
  else if (person.contact != 0)
    fields.emplace("contact", person.contact);
  write("activity", std::move(fields), at, actor);
  if (++report_.activities % 16'384 == 0 && progress_) progress_(report_.activities, options_.activities);
}

std::string_view Story::subject() { return dice_.pick(std::span<const std::string_view>(kSubjects)); }

}  // namespace traction::demo
