// Lists of what is in the pipeline, what changes it, and what it is held against.
#include <algorithm>
#include <cmath>

#include "simulation/auditor/lists.h"

namespace traction::auditor {
namespace {

using When = std::optional<Instant>;

constexpr Instant kEver{INT64_MIN}, kNever{INT64_MAX};

// An open deal while it was worth the same.
struct Piece {
  std::size_t stay;  // which of the deal's
  Instant since, until;
  std::optional<std::int64_t> amount;
  std::string currency;
  std::optional<Date> due;
};

// What was said of a deal holds from when it was said of, and replaces all that was said earlier of later times; the
// first word as if it had always been so.
struct Word {
  Instant since;
  const json::object* body;
};

template <class Same>
std::vector<Word> words(const Thing& deal, const Same& same) {
  std::vector<Word> said{{kEver, &deal.versions[0].body}};
  for (std::size_t i = 1; i < deal.versions.size(); ++i) {
    const Version &version = deal.versions[i], &earlier = deal.versions[i - 1];
    if (!same(version.body, earlier.body)) said.push_back({version.occurred.value_or(version.recorded), &version.body});
  }
  return said;
}

const json::object& last_word(const std::vector<Word>& said, Instant when) {
  const json::object* body = nullptr;
  for (const Word& word : said)
    if (word.since <= when) body = word.body;
  return *body;
}

std::vector<Piece> pieces(const Books& books, const Thing& deal, const std::vector<Stay>& stays) {
  const auto prices = words(deal, [](const json::object& one, const json::object& other) {
    return number_in(one, "amount_minor") == number_in(other, "amount_minor") &&
           text_in(one, "currency") == text_in(other, "currency");
  });
  const auto dates = words(deal, [](const json::object& one, const json::object& other) {
    return text_in(one, "expected_close_on") == text_in(other, "expected_close_on");
  });
  std::vector<Piece> all;
  for (std::size_t i = 0; i < stays.size(); ++i) {
    if (!is_on_the_way(books.stage_kind(stays[i].stage))) continue;
    const Instant begin = stays[i].began.value_or(kEver), end = stays[i].left.value_or(kNever);
    std::set<Instant> cuts{begin};
    // What is said as the deal leaves the pipeline still counts: it leaves with that.
    const bool leaves = i + 1 < stays.size() && !is_on_the_way(books.stage_kind(stays[i + 1].stage));
    for (const auto* said : {&prices, &dates})
      for (const Word& word : *said)
        if (word.since > begin && (word.since < end || (leaves && word.since == end))) cuts.insert(word.since);
    for (auto cut = cuts.begin(); cut != cuts.end(); ++cut) {
      const json::object& price = last_word(prices, *cut);
      all.push_back({i, *cut, std::next(cut) == cuts.end() ? end : *std::next(cut), number_in(price, "amount_minor"),
                     books.currency(price), date_in(last_word(dates, *cut), "expected_close_on")});
    }
  }
  return all;
}

void note_holder(const Books& books, Case& one, const Thing& deal) {
  one.of["owner"] = id_in(deal.body(), "owner");
  one.of["team"] = books.team_of(one.of["owner"], {});
}

// A part of a stay, of the deal's owner now; as visit().
Case part(const Books& books, const Thing& deal, Stay stay, Instant since, Instant until, const Moment& moment) {
  stay.began = since == kEver ? When() : since;
  stay.left = until == kNever || (moment.at && until >= *moment.at) ? When() : until;
  Case one = visit(books, deal, stay, moment);
  note_holder(books, one, deal);
  if (deal.created()) one.much["since"] = deal.created()->micros;
  return one;
}

struct Plan {
  Instant since, until;
};

// What was planned for each deal, all that ever was; what was done as it was noted, or before, never was to be done.
std::map<Id, std::vector<Plan>> all_plans(const Books& books) {
  std::map<Id, std::vector<Plan>> plans;
  for (const Case& duty : duties(books, {}))
    if (!duty.has("question") && duty.of.at("deal") != 0) {
      const auto noted = duty.much.find("noted_at"), done = duty.much.find("done_at");
      const Plan plan{noted == duty.much.end() ? kEver : Instant{noted->second},
                      done == duty.much.end() ? kNever : Instant{done->second}};
      if (plan.since < plan.until) plans[duty.of.at("deal")].push_back(plan);
    }
  return plans;
}

bool is_planned(const std::vector<Plan>& plans, Instant since, Instant until) {
  return std::ranges::any_of(plans, [&](const Plan& plan) { return plan.since <= since && plan.until >= until; });
}

// A stay, cut where a plan begins or ends.
std::set<Instant> plan_cuts(const Stay& stay, const std::vector<Plan>& plans) {
  const Instant begin = stay.began.value_or(kEver), end = stay.left.value_or(kNever);
  std::set<Instant> cuts{begin, end};
  for (const Plan& plan : plans)
    for (const Instant when : {plan.since, plan.until})
      if (when > begin && when < end) cuts.insert(when);
  return cuts;
}

// The touches of each deal, in their order.
std::map<Id, std::vector<Instant>> all_touches(const Books& books) {
  std::map<Id, std::vector<Instant>> touched;
  for (const Done& touch : done_touches(books))
    if (touch.happened) touched[touch.deal].push_back(*touch.happened);
  for (auto& [deal, instants] : touched) std::ranges::sort(instants);
  return touched;
}

// Those within a stay.
std::vector<Instant> within(const Stay& stay, const std::vector<Instant>& touches) {
  std::vector<Instant> inside;
  for (const Instant touch : touches)
    if (touch >= stay.began.value_or(kEver) && touch < stay.left.value_or(kNever)) inside.push_back(touch);
  return inside;
}

bool is_late(Instant when, const Moment& moment) { return moment.at && when >= *moment.at; }

// A percent or a number of days that a live stage is set.
std::optional<std::int64_t> set_for(const Books& books, Id stage, const char* field) {
  const Thing* thing = books.find_live(kStage, stage);
  return thing ? number_in(thing->body(), field) : std::nullopt;
}

struct Change {
  const char* kind;
  Instant at;
  std::int64_t amount, deals;
  std::string currency;
  std::optional<Date> due;
  Id stage;
  bool incoming;
};

// What led a deal from one piece to the next, from nothing to the first and from the last to its end.
std::vector<Change> changes(const Books& books, const std::vector<Stay>& stays, const std::vector<Piece>& all) {
  std::vector<Change> made;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Piece& now = all[i];
    const std::int64_t amount = now.amount.value_or(0);
    const Id stage = stays[now.stay].stage;
    if (i == 0 || now.stay > all[i - 1].stay + 1) {
      made.push_back(
          {now.stay == 0 ? "created" : "reopened", now.since, amount, 1, now.currency, now.due, stage, true});
    } else {
      const Piece& then = all[i - 1];
      const std::int64_t was = then.amount.value_or(0);
      const Id left = stays[then.stay].stage;
      Change step{"", now.since, was, 1, then.currency, then.due, left, true};
      const auto go = [&](const char* kind, Change to) {
        made.push_back({kind, now.since, -step.amount, -1, step.currency, step.due, step.stage, false});
        to.kind = kind;
        made.push_back(to);
        step = to;
      };
      if (stage != left) {
        Change to = step;
        to.stage = stage;
        go("moved", to);
      }
      if (now.due != then.due) {
        Change to = step;
        to.due = now.due;
        go(!now.due || !then.due ? "rescheduled" : *now.due > *then.due ? "pushed" : "pulled", to);
      }
      if (now.currency != then.currency) {
        made.push_back({"lowered", now.since, -was, -1, then.currency, now.due, stage, false});
        made.push_back({"raised", now.since, amount, 1, now.currency, now.due, stage, true});
      } else if (amount != was) {
        made.push_back(
            {amount > was ? "raised" : "lowered", now.since, amount - was, 0, now.currency, now.due, stage, true});
      }
    }
    const bool ends = now.until != kNever && (i + 1 == all.size() || all[i + 1].stay > now.stay + 1);
    if (!ends) continue;
    const bool lost = now.stay + 1 < stays.size() && books.stage_kind(stays[now.stay + 1].stage) == "lost";
    made.push_back({lost ? "lost" : "won", now.until, -amount, -1, now.currency, now.due, stage, true});
  }
  return made;
}

}  // namespace

Cases worths(const Books& books, const Moment& moment) {
  // The longest that a won deal of each pipeline took.
  std::map<Id, std::int64_t> longest;
  for (const Case& deal : deals(books, moment))
    if (deal.has("won") && deal.much.contains("cycle")) {
      const auto [place, is_first] = longest.try_emplace(deal.of.at("pipeline"), deal.much.at("cycle"));
      place->second = std::max(place->second, deal.much.at("cycle"));
    }
  Cases cases;
  for (const Thing* deal : books.live(kDeal)) {
    const std::vector<Stay> stays = books.stays(*deal, {});
    for (const Piece& piece : pieces(books, *deal, stays)) {
      if (piece.since != kEver && is_late(piece.since, moment)) continue;
      Case one = part(books, *deal, stays[piece.stay], piece.since, piece.until, moment);
      note_money(books, one, "amount", piece.amount, piece.currency, books.day(moment.judged), kKnownNow);
      one.of["pipeline"] = id_in(books.find(kStage, stays[piece.stay].stage)->body(), "pipeline");
      const auto limit = longest.find(one.of["pipeline"]);
      if (limit == longest.end())
        one.is.insert("unheld");
      else
        one.much["limit"] = limit->second / kSecond;
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

Cases weighted(const Books& books, const Moment& moment) {
  struct Closed {
    std::int64_t won = 0, all = 0;
  };
  std::map<Id, Closed> closed;  // deals that were in each stage
  for (const Case& step : steps(books, moment))
    if (!step.has("skipped") && (step.has("deal_won") || step.has("deal_lost"))) {
      ++closed[step.of.at("stage")].all;
      closed[step.of.at("stage")].won += step.has("deal_won");
    }
  Cases cases = worths(books, moment);
  for (Case& one : cases) {
    one.is.erase("unheld");
    Closed share = closed[one.of.at("stage")];
    if (share.all < 30) {
      const auto percent = set_for(books, one.of.at("stage"), "win_percent");
      share = {percent.value_or(0), percent ? 100 : 0};
    }
    if (share.all == 0) one.is.insert("unheld");
    if (share.all == 0) continue;
    // Halves away from zero.
    for (const char* name : {"amount", "amount in own"})
      if (const auto found = one.much.find(name); found != one.much.end()) {
        const std::int64_t twice = 2 * std::abs(found->second) * share.won + share.all;
        found->second = (found->second < 0 ? -1 : 1) * (twice / (2 * share.all));
      }
  }
  return cases;
}

Cases movements(const Books& books, const Moment& moment) {
  Cases cases;
  for (const Thing* deal : books.live(kDeal)) {
    const std::vector<Stay> stays = books.stays(*deal, {});
    for (const Change& change : changes(books, stays, pieces(books, *deal, stays))) {
      const When at = change.at == kEver ? When() : change.at;
      if (at && is_late(*at, moment)) continue;
      Case one;
      note_deal(one, deal);
      note_holder(books, one, *deal);
      one.of["deal"] = deal->id;
      one.of["stage"] = change.stage;
      one.called["due_month"] = change.due ? to_string(*change.due).substr(0, 7) : "";
      one.is = {change.kind};
      if (change.incoming) one.is.insert("incoming");
      note_money(books, one, "amount", change.amount, change.currency, books.day(moment.judged), kKnownNow);
      one.much["deals"] = change.deals;
      note_day(books, one, "happened", at);
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

Cases unplanned(const Books& books, const Moment& moment) {
  auto plans = all_plans(books);
  Cases cases;
  for (const Thing* deal : books.live(kDeal))
    for (const Stay& stay : books.stays(*deal, {})) {
      if (!is_on_the_way(books.stage_kind(stay.stage))) continue;
      const std::set<Instant> cuts = plan_cuts(stay, plans[deal->id]);
      for (auto cut = cuts.begin(); std::next(cut) != cuts.end(); ++cut) {
        const Instant until = *std::next(cut);
        if ((*cut == kEver || !is_late(*cut, moment)) && !is_planned(plans[deal->id], *cut, until))
          cases.push_back(part(books, *deal, stay, *cut, until, moment));
      }
    }
  return cases;
}

Cases gaps(const Books& books, const Moment& moment) {
  auto touches = all_touches(books);
  Cases cases;
  for (const Thing* deal : books.live(kDeal))
    for (const Stay& stay : books.stays(*deal, {})) {
      if (!is_on_the_way(books.stage_kind(stay.stage))) continue;
      const std::vector<Instant> inside = within(stay, touches[deal->id]);
      for (std::size_t i = 1; i < inside.size(); ++i) {
        if (is_late(inside[i], moment)) continue;
        Case one = part(books, *deal, stay, inside[i - 1], inside[i], moment);
        one.much["gap"] = (inside[i].micros - inside[i - 1].micros) / kSecond;
        note_day(books, one, "ended", inside[i]);
        cases.push_back(std::move(one));
      }
    }
  return cases;
}

Cases silences(const Books& books, const Moment& moment) {
  std::map<Id, Cases> usual;
  for (const Case& gap : gaps(books, moment)) usual[gap.of.at("stage")].push_back(gap);
  auto plans = all_plans(books);
  auto touches = all_touches(books);
  Cases cases;
  for (const Thing* deal : books.live(kDeal))
    for (const Stay& stay : books.stays(*deal, {})) {
      if (!is_on_the_way(books.stage_kind(stay.stage))) continue;
      std::set<Instant> cuts = plan_cuts(stay, plans[deal->id]);
      for (const Instant touch : within(stay, touches[deal->id])) cuts.insert(touch);
      for (auto cut = cuts.begin(); std::next(cut) != cuts.end(); ++cut) {
        const Instant until = *std::next(cut);
        if (*cut != kEver && is_late(*cut, moment)) continue;
        Case one = part(books, *deal, stay, *cut, until, moment);
        one.much.erase("since");
        if (*cut != kEver) one.much["since"] = cut->micros;
        if (is_planned(plans[deal->id], *cut, until)) one.is.insert("planned");
        const Cases& others = usual[stay.stage];
        if (!books.find_live(kStage, stay.stage))
          one.is.insert("unheld");
        else if (others.size() >= 30)
          one.much["limit"] = static_cast<std::int64_t>(edge(others, "gap", 0.75));
        else
          one.much["limit"] = books.setting("forgotten_days") * kDay / kSecond;
        cases.push_back(std::move(one));
      }
    }
  return cases;
}

Cases lingering(const Books& books, const Moment& moment) {
  std::map<Id, Cases> later_won;
  for (const Case& one : visits(books, moment))
    if (one.has("later_won") && one.much.contains("seconds")) later_won[one.of.at("stage")].push_back(one);
  Cases cases;
  for (const Thing* deal : books.live(kDeal))
    for (const Stay& stay : books.stays(*deal, moment.at)) {
      Case one = visit(books, *deal, stay, moment);
      note_holder(books, one, *deal);
      if (stay.entered) one.much["since"] = stay.entered->micros;
      const Cases& others = later_won[stay.stage];
      const auto days = set_for(books, stay.stage, "rotting_days");
      if (others.size() >= 29) {
        const Number limit = lasting(others, 0.9, "seconds");
        if (limit.stands == Stands::value) one.much["limit"] = static_cast<std::int64_t>(*limit.real);
      } else if (days) {
        one.much["limit"] = *days * kDay / kSecond;
      }
      if (!books.find_live(kStage, stay.stage)) one.much.erase("limit");  // a removed stage has none
      if (!one.much.contains("limit")) one.is.insert("unheld");
      cases.push_back(std::move(one));
    }
  return cases;
}

Cases moves(const Books& books, const Moment& moment) {
  auto touched = all_touches(books);
  Cases cases;
  for (const Thing* deal : books.live(kDeal)) {
    const std::vector<Stay> stays = books.stays(*deal, moment.at);
    for (std::size_t i = 1; i < stays.size(); ++i) {
      if (!stays[i].entered) continue;
      const Instant moved = *stays[i].entered;
      Case one = visit(books, *deal, stays[i], moment);
      note_day(books, one, "moved", moved);
      if (std::ranges::any_of(touched[deal->id],
                              [&](Instant touch) { return touch <= moved && touch.micros >= moved.micros - 7 * kDay; }))
        one.is.insert("touched");
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

}  // namespace traction::auditor
