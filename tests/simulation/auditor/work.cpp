#include <algorithm>

#include "simulation/auditor/lists.h"

namespace traction::auditor {
namespace {

using When = std::optional<Instant>;

bool by_then(When when, const Moment& moment) { return !moment.at || !when || *when < *moment.at; }

When earlier(When one, When other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

bool is_done(const Thing& activity) { return text_in(activity.body(), "status") == "done"; }

// When it was done, or the first of those that answer it.
When settled(const Books& books, const Thing& duty) {
  When when = is_done(duty) ? happened(duty) : std::nullopt;
  for (const Thing* other : books.live(kActivity))
    if (is_done(*other) && id_in(other->body(), "answers") == duty.id) when = earlier(when, happened(*other));
  return when;
}

bool is_contact(const std::string& kind) {
  return kind == "call" || kind == "email" || kind == "meeting" || kind == "message";
}

}  // namespace

void note_milestones(const Books& books, Case& one, const Thing& deal, const Moment& moment) {
  When contacted, shown;
  for (const Thing* activity : books.live(kActivity)) {
    const json::object& body = activity->body();
    if (id_in(body, "deal") != deal.id) continue;
    const When when = happened(*activity);
    const std::string kind = text_in(body, "kind"), meeting = text_in(body, "meeting_kind");
    if (is_done(*activity) && is_contact(kind) && text_in(body, "direction") == "outbound" && !true_in(body, "auto") &&
        text_in(body, "outcome") != "auto_reply" && by_then(when, moment))
      contacted = earlier(contacted, when);
    if (kind != "meeting") continue;
    if (meeting == "discovery" && by_then(activity->created(), moment)) one.is.insert("discovery");
    if (meeting == "demo" && is_done(*activity) && text_in(body, "outcome") == "held" && by_then(when, moment)) {
      one.is.insert("demo");
      shown = earlier(shown, when);
    }
  }
  note_day(books, one, "contacted", contacted);
  note_day(books, one, "demo", shown);
}

Cases duties(const Books& books, const Moment& moment) {
  Cases cases;
  for (const Thing* activity : books.live(kActivity)) {
    const json::object& body = activity->body();
    const std::string kind = text_in(body, "kind");
    const When noted = activity->created(), due = instant_in(body, "due_at");
    if (kind != "meeting" && kind != "task" && kind != "question" && is_done(*activity) && !due) continue;
    if (!by_then(noted, moment)) continue;
    When done = settled(books, *activity);
    const When came_due = earlier(due, done);  // also where that is yet to come
    const bool was_done = !moment.at || !done || *done < *moment.at;
    if (!was_done) done.reset();
    Case one;
    one.of["owner"] = id_in(body, "owner");
    one.of["team"] = books.team_of(one.of["owner"], noted);
    one.of["deal"] = id_in(body, "deal");
    note_deal(one, books.find_live(kDeal, one.of["deal"]));
    one.is.insert(kind);
    one.called["task_kind"] = text_in(body, "task_kind");
    if (is_contact(kind) || (kind == "task" && one.called["task_kind"] == "follow_up")) one.is.insert("follow_up");
    if (kind == "meeting" && is_done(*activity) && was_done && text_in(body, "outcome") == "held")
      one.is.insert("held");
    if (came_due && *came_due >= moment.judged) one.is.insert("comes_due");
    if (done) one.is.insert("ended");
    if (!done && due) one.is.insert(*due >= moment.judged ? "to_come" : "overdue");
    if (noted) one.much["noted_at"] = noted->micros;
    if (done) one.much["done_at"] = done->micros;
    note_day(books, one, "noted", noted);
    note_day(books, one, "due", due);
    note_day(books, one, "done", done);
    note_day(books, one, "came_due", came_due);
    if (was_done) note_amount(one, "spent", body, "duration_seconds");
    const std::int64_t until = done.value_or(moment.judged).micros;
    if (due) one.much["late"] = std::max<std::int64_t>(0, until - due->micros) / kSecond;
    if (noted) one.much["waited"] = std::max<std::int64_t>(0, until - noted->micros) / kSecond;
    cases.push_back(std::move(one));
  }
  return cases;
}

Cases proposals(const Books& books, const Moment& moment) {
  // All that replace one another, however far, are versions of one proposal: the first sent is it, the others revise
  // it.
  const std::vector<const Thing*> all = books.live(kProposal);
  std::map<Id, Id> first;
  for (const Thing* one : all) first[one->id] = one->id;
  for (bool changed = true; changed;) {
    changed = false;
    for (const Thing* one : all) {
      const Thing* older = books.find_live(kProposal, id_in(one->body(), "revision_of"));
      if (!older || id_in(older->body(), "deal") != id_in(one->body(), "deal")) continue;
      const Id least = std::min(first[one->id], first[older->id]);
      changed = changed || first[one->id] != least;
      first[one->id] = least;
    }
  }
  Cases cases;
  for (const Thing* proposal : all) {
    const When sent = instant_in(proposal->body(), "sent_at");
    const Thing* deal = books.find_live(kDeal, id_in(proposal->body(), "deal"));
    if (!sent || !deal || !by_then(sent, moment)) continue;
    Case one;
    one.of["owner"] = id_in(deal->body(), "owner");
    one.of["team"] = books.team_of(one.of["owner"], sent);
    note_deal(one, deal);
    note_day(books, one, "sent", sent);
    for (const Thing* other : all) {
      const When before = instant_in(other->body(), "sent_at");
      if (before && first[other->id] == first[proposal->id] &&
          std::tie(*before, other->id) < std::tie(*sent, proposal->id))
        one.is.insert("revision");
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

Cases work_days(const Books& books, const Moment& moment) {
  std::map<Id, std::map<Date, Instant>> touched;  // each member's days with a touch, and the first one of them
  for (const Done& touch : done_touches(books)) {
    const Id member = id_in(touch.activity->body(), "owner");
    if (member == 0 || !touch.happened) continue;
    const auto [first, is_first] = touched[member].try_emplace(books.day(*touch.happened), *touch.happened);
    first->second = std::min(first->second, *touch.happened);
  }
  std::map<Id, std::set<Date>> worked;
  for (const Thing* member : books.live(kMember)) {
    const auto says_no = [&](const char* field) {
      return member->body().contains(field) && !true_in(member->body(), field);
    };
    const auto& days = touched[member->id];
    std::optional<Date> first = books.day(member->created()), last = first;
    if (!days.empty()) first = days.begin()->first, last = days.rbegin()->first;
    if (says_no("sells") || !first) continue;
    if (!says_no("active")) last->days += 90;
    for (Date day = *first; day <= *last; ++day.days)
      if (books.is_worked(day)) worked[member->id].insert(day);
  }
  std::map<std::pair<Id, Date>, std::set<std::string>> marks;
  for (const auto& [member, days] : touched)
    for (const auto& [day, first] : days) marks[{member, day}].insert("active");
  for (const auto& [member, days] : worked)
    for (const Date day : days) marks[{member, day}].insert("working");
  Cases cases;
  for (const auto& [at, is] : marks) {
    const auto& [member, day] = at;
    const Instant begins = is.contains("active") ? touched[member][day] : books.midnight(day);
    if (!by_then(begins, moment)) continue;
    Case one;
    one.of = {{"owner", member}, {"team", books.team_of(member, begins)}};
    one.is = is;
    if (day < books.day(moment.judged)) one.is.insert("past");
    one.on["begins"] = day;
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace traction::auditor
