#include "simulation/auditor/lists.h"

#include <algorithm>
#include <set>

namespace traction::auditor {

using When = std::optional<Instant>;

void note_day(const Books& books, Case& one, const char* name, When when) {
  if (const auto day = books.day(when)) one.on[name] = *day;
}

void note_amount(Case& one, const char* name, const json::object& body, const char* field) {
  if (const auto amount = number_in(body, field)) one.much[name] = *amount;
}

void note_deal(Case& one, const Thing* deal) {
  if (!deal) return;
  one.of["stage"] = id_in(deal->body(), "stage");
  one.of["product"] = id_in(deal->body(), "product");
  one.of["campaign"] = id_in(deal->body(), "campaign");
  one.called["source"] = text_in(deal->body(), "source");
}

When happened(const Thing& activity) {
  const When corrected = instant_in(activity.body(), "happened_at");
  return corrected ? corrected : activity.created();
}

namespace {

bool ends_well(const std::string& kind) { return kind == "won" || kind == "after"; }

}  // namespace

std::string outcome(const Books& books, const Stay& stay) {
  const std::string kind = books.stage_kind(stay.stage);
  return ends_well(kind) ? "won" : kind == "lost" ? "lost" : "open";
}

const Stay* closing(const Books& books, const std::vector<Stay>& stays) {
  const Stay* found = nullptr;
  for (const Stay& stay : stays) {
    const std::string came_to = outcome(books, stay);
    if (came_to == "open")
      found = nullptr;
    else if (!found || outcome(books, *found) != came_to)
      found = &stay;
  }
  return found;
}

std::vector<Done> done_touches(const Books& books) {
  std::vector<Done> all;
  for (const Thing* activity : books.live(kActivity)) {
    const json::object& body = activity->body();
    const std::string kind = text_in(body, "kind");
    if (text_in(body, "status") != "done") continue;
    if (kind != "call" && kind != "email" && kind != "meeting" && kind != "message") continue;
    all.push_back({activity, kind, text_in(body, "direction"), text_in(body, "outcome"), happened(*activity),
                   id_in(body, "deal"), books.reference(body, kContact, "contact"), true_in(body, "auto")});
  }
  return all;
}

bool is_on_the_way(const std::string& kind) { return kind == "lead" || kind == "qualified" || kind == "open"; }

void note_money(const Books& books, Case& one, const char* name, std::optional<std::int64_t> amount,
                const std::string& currency, Date day, Seq known) {
  one.called["currency"] = currency;
  if (!amount) return;
  one.much[name] = *amount;
  if (const auto own = books.in_own(*amount, currency, day, known)) one.much[std::string(name) + " in own"] = *own;
}

namespace {

void note_word(Case& one, const std::string& word) {
  if (!word.empty()) one.is.insert(word);
}

bool by_machine(const Done& touch) {
  return touch.automatic || touch.outcome == "auto_reply" || touch.outcome == "bounced";
}

bool is_connect(const Done& touch) {
  return touch.kind == "call" && (touch.outcome == "connected" || touch.outcome == "answered");
}

bool is_reply(const Done& touch) {
  return (touch.kind == "email" || touch.kind == "message") && touch.direction == "inbound" && !by_machine(touch);
}

// Both at a known time, the one before the other; of two at the same time, the one noted first.
bool before(const Done& one, const Done& other) {
  if (!one.happened || !other.happened) return false;
  return std::tie(*one.happened, one.activity->id) < std::tie(*other.happened, other.activity->id);
}

// Both sides took part: a call that lasted, a meeting held, a reply.
bool is_two_way(const Books& books, const Done& touch) {
  if (touch.kind == "call")
    return is_connect(touch) &&
           number_in(touch.activity->body(), "duration_seconds").value_or(-1) >= books.setting("conversation_seconds");
  return touch.kind == "meeting" ? touch.outcome == "held" : is_reply(touch);
}

bool is_conversation(const Books& books, const Done& touch, const std::vector<Done>& all) {
  if (!is_reply(touch)) return is_two_way(books, touch);
  if (touch.contact == 0) return true;
  // One per contact and day.
  if (!touch.happened) return false;
  return std::ranges::none_of(all, [&](const Done& other) {
    return is_reply(other) && other.contact == touch.contact && before(other, touch) &&
           books.day(*other.happened) == books.day(*touch.happened);
  });
}

bool is_follow_up(const Done& touch, const std::vector<Done>& all) {
  if (touch.direction != "outbound") return false;
  return std::ranges::any_of(all, [&](const Done& other) {
    return before(other, touch) &&
           ((touch.deal != 0 && other.deal == touch.deal) || (touch.contact != 0 && other.contact == touch.contact));
  });
}

// To somebody who had never taken part before, and had not come as a lead by then.
bool is_cold(const Books& books, const Done& touch, const std::vector<Done>& all) {
  if (touch.kind == "meeting" || touch.direction != "outbound" || touch.contact == 0 || !touch.happened) return false;
  for (const Done& other : all)
    if (other.contact == touch.contact && other.happened && *other.happened < *touch.happened &&
        is_two_way(books, other))
      return false;
  for (const Thing* deal : books.live(kDeal))
    if (true_in(deal->body(), "inbound") && books.reference(deal->body(), kContact, "contact") == touch.contact &&
        (!deal->created() || *deal->created() <= *touch.happened))
      return false;
  return true;
}

bool is_success(const Books& books, const Done& touch) {
  return !touch.outcome.empty() &&
         ("," + text_in(books.settings(), "cold_success") + ",").find("," + touch.outcome + ",") != std::string::npos;
}

bool is_post_close(const Books& books, const Done& touch) {
  const Thing* deal = books.find_live(kDeal, touch.deal);
  if (!deal || !touch.happened) return false;
  const std::vector<Stay> stays = books.stays(*deal, {});
  const Stay* end = closing(books, stays);
  return end && outcome(books, *end) == "won" && end->entered && *touch.happened > *end->entered;
}

}  // namespace

Cases touches(const Books& books, const Moment& moment) {
  const std::vector<Done> all = done_touches(books);
  Cases cases;
  for (const Done& touch : all) {
    if (moment.at && touch.happened && *touch.happened >= *moment.at) continue;
    Case one;
    one.of["owner"] = id_in(touch.activity->body(), "owner");
    one.of["team"] = books.team_of(one.of["owner"], touch.happened);
    one.of["deal"] = touch.deal;
    one.of["contact"] = touch.contact;
    note_deal(one, books.find_live(kDeal, touch.deal));
    for (const std::string& word : {touch.kind, touch.direction, touch.outcome}) note_word(one, word);
    one.called["outcome"] = touch.outcome;
    if (!touch.outcome.empty()) one.is.insert("told");
    if (is_connect(touch)) one.is.insert("connect");
    if (is_cold(books, touch, all)) one.is.insert("cold");
    if (is_success(books, touch)) one.is.insert("success");
    if (is_conversation(books, touch, all)) one.is.insert("conversation");
    if (is_follow_up(touch, all)) one.is.insert("follow_up");
    if (is_post_close(books, touch)) one.is.insert("post_close");
    note_day(books, one, "happened", touch.happened);
    note_amount(one, "talk", touch.activity->body(), "duration_seconds");
    cases.push_back(std::move(one));
  }
  return cases;
}

Cases leads(const Books& books, const Moment& moment) {
  const std::vector<Done> all = done_touches(books);
  Cases cases;
  for (const Thing* deal : books.live(kDeal)) {
    if (!true_in(deal->body(), "inbound")) continue;
    const When created = deal->created();
    if (moment.at && created && *created >= *moment.at) continue;
    constexpr Instant never{INT64_MAX};
    Instant answered = never;
    const Id contact = books.reference(deal->body(), kContact, "contact");
    for (const Done& touch : all) {
      if (!created || !touch.happened || *touch.happened < *created) continue;
      if (touch.direction != "outbound" || touch.automatic || touch.outcome == "auto_reply") continue;
      if (touch.deal != deal->id && (contact == 0 || touch.contact != contact)) continue;
      answered = std::min(answered, *touch.happened);
    }
    if (moment.at && answered >= *moment.at) answered = never;
    Case one;
    one.of["owner"] = id_in(deal->body(), "owner");
    one.of["team"] = books.team_of(one.of["owner"], {});
    note_deal(one, deal);
    note_day(books, one, "created", created);
    one.is.insert(answered == never ? "waiting" : "ended");
    if (created) {
      const Instant until = answered == never ? moment.judged : answered;
      one.much["seconds"] = std::max<std::int64_t>(0, until.micros - created->micros) / kSecond;
      one.much["working_seconds"] = books.working_seconds(*created, until);
      const std::int64_t waited = until.micros - created->micros, age = moment.judged.micros - created->micros;
      const std::tuple<const char*, const char*, std::int64_t> limits[] = {{"older_than_5m", "within_5m", 300},
                                                                           {"older_than_1h", "within_1h", 3600},
                                                                           {"older_than_1d", "within_1d", 86400}};
      for (const auto& [older, within, seconds] : limits) {
        if (age >= seconds * kSecond) one.is.insert(older);
        if (one.has("ended") && waited <= seconds * kSecond) one.is.insert(within);
      }
      one.called["response_band"] = one.has("within_5m")   ? "5_minutes"
                                    : one.has("within_1h") ? "1_hour"
                                    : one.has("within_1d") ? "1_day"
                                    : one.has("ended")     ? "longer"
                                                           : "";
      if (age >= books.setting("forgotten_days") * kDay) one.is.insert("judged");
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

Cases deals(const Books& books, const Moment& moment) {
  std::map<Id, Instant> met;  // the first meeting of each
  for (const Done& touch : done_touches(books))
    if (touch.kind == "meeting" && touch.happened) {
      const auto [first, is_first] = met.try_emplace(touch.deal, *touch.happened);
      first->second = std::min(first->second, *touch.happened);
    }
  Cases cases;
  for (const Thing* deal : books.live(kDeal)) {
    const std::vector<Stay> stays = books.stays(*deal, moment.at);
    if (stays.empty()) continue;
    const Stay* end = closing(books, stays);
    Case one;
    one.of["owner"] = end ? end->owner : id_in(deal->body(), "owner");
    one.of["team"] = end ? end->team : books.team_of(one.of["owner"], {});
    note_deal(one, deal);
    one.of["deal"] = deal->id;
    one.of["account"] = books.reference(deal->body(), kAccount, "account");
    one.of["pipeline"] = id_in(books.find(kStage, one.of["stage"])->body(), "pipeline");
    const std::string came_to = outcome(books, stays.back());
    one.is.insert(came_to);
    one.called["competitor"] = came_to == "lost" ? text_in(deal->body(), "competitor") : "";
    if (came_to == "lost" && text_in(deal->body(), "lost_reason") == "competitor") one.is.insert("competitor");
    // The rate of the day it closed, as it was known then; of an open deal today's.
    const Date rated = books.day(end ? end->entered.value_or(end->noted) : moment.judged);
    for (const auto& [name, field] : {std::pair("amount", "amount_minor"), std::pair("list", "list_amount_minor")})
      note_money(books, one, name, number_in(deal->body(), field), books.currency(deal->body()), rated,
                 end ? end->said : kKnownNow);
    note_amount(one, "months", deal->body(), "contract_months");
    if (true_in(deal->body(), "open_ended")) one.is.insert("open_ended");
    if (const auto day = date_in(deal->body(), "expected_close_on")) one.on["expected"] = *day;
    for (const Stay& stay : stays)
      if (books.stage_kind(stay.stage) == "qualified" && one.is.insert("qualified").second)
        note_day(books, one, "qualified", stay.entered);
    note_milestones(books, one, *deal, moment);
    const auto meeting = met.find(deal->id);
    const bool soon =
        meeting != met.end() && deal->created() && meeting->second.micros < deal->created()->micros + 7 * kDay;
    one.called["met_within_7_days"] = soon ? "true" : "false";
    note_day(books, one, "created", deal->created());
    When began = deal->created();
    for (const Stay& stay : stays)
      if (!began) began = stay.entered;
    if (end) {
      note_day(books, one, "closed", end->entered);
      if (end->entered) one.much["closed"] = end->entered->micros;
      if (end->entered && began) one.much["cycle"] = end->entered->micros - began->micros;
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

Case visit(const Books& books, const Thing& deal, const Stay& stay, const Moment& moment) {
  Case one;
  note_deal(one, &deal);
  one.of["stage"] = stay.stage;
  one.of["owner"] = stay.owner;
  one.of["team"] = stay.team;
  one.is.insert(books.stage_kind(stay.stage));
  note_day(books, one, "entered", stay.entered);
  note_day(books, one, "began", stay.began);
  note_day(books, one, "left", stay.left);
  if (stay.left) one.is.insert("ended");
  if (stay.entered)
    one.much["seconds"] =
        std::max<std::int64_t>(0, stay.left.value_or(moment.judged).micros - stay.entered->micros) / kSecond;
  return one;
}

Cases visits(const Books& books, const Moment& moment) {
  Cases cases;
  for (const Thing* deal : books.live(kDeal)) {
    bool later_won = false;
    const std::vector<Stay> stays = books.stays(*deal, moment.at);
    for (auto stay = stays.rbegin(); stay != stays.rend(); ++stay) {
      cases.push_back(visit(books, *deal, *stay, moment));
      if (later_won) cases.back().is.insert("later_won");
      later_won = later_won || books.stage_kind(stay->stage) == "won";
    }
  }
  return cases;
}

Cases steps(const Books& books, const Moment& moment) {
  struct Step {
    Id stage;
    std::string kind;
  };
  Cases cases;
  for (const Thing* deal : books.live(kDeal)) {
    const std::vector<Stay> stays = books.stays(*deal, moment.at);
    if (stays.empty()) continue;
    const Stay& latest = stays.back();
    const auto pipeline_of = [&](Id stage) { return id_in(books.find(kStage, stage)->body(), "pipeline"); };
    // The way through the pipeline it is in: the stages by position, the win at the end.
    std::vector<const Thing*> way;
    for (const Thing* stage : books.live(kStage)) {
      const std::string kind = text_in(stage->body(), "kind");
      if (pipeline_of(stage->id) == pipeline_of(latest.stage) && kind != "lost" && kind != "after")
        way.push_back(stage);
    }
    const auto place = [](const Thing* stage) {
      return std::tuple(text_in(stage->body(), "kind") == "won", *number_in(stage->body(), "position"), stage->id);
    };
    std::ranges::sort(way, {}, place);
    std::vector<bool> stayed;
    for (const Thing* stage : way)
      stayed.push_back(std::ranges::any_of(stays, [&](const Stay& stay) { return stay.stage == stage->id; }));
    const auto first = std::ranges::find(stayed, true) - stayed.begin();
    const auto last = std::ssize(stayed) - 1 - (std::find(stayed.rbegin(), stayed.rend(), true) - stayed.rbegin());
    const std::string came_to = outcome(books, latest);
    const bool lost = came_to == "lost";
    for (auto i = first; i <= last; ++i) {
      const Thing* stage = way[static_cast<std::size_t>(i)];
      Case one;
      note_deal(one, deal);
      one.of["stage"] = stage->id;
      one.of["pipeline"] = pipeline_of(stage->id);
      one.of["owner"] = latest.owner;
      one.of["team"] = latest.team;
      one.much["place"] = i;
      one.is = {text_in(stage->body(), "kind"), "entered", i < last ? "advanced" : lost ? "lost_here" : "still_here"};
      if (i == first) one.is.insert("started_here");
      if (!stayed[static_cast<std::size_t>(i)]) one.is.insert("skipped");
      if (came_to != "open") one.is.insert("deal_" + came_to);
      note_day(books, one, "started", stays.front().entered);
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

}  // namespace traction::auditor
