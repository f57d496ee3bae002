#include "simulation/auditor/auditor.h"

#include <date/date.h>

#include <algorithm>

namespace traction::auditor {
namespace {

const Rules& rules() {
  static const Rules all = [] {
    Rules made;
    for (Rules family : {activity_rules(), response_rules(), pipeline_rules(), funnel_rules(), revenue_rules(),
                         cost_rules(), quota_rules()})
      made.merge(family);
    return made;
  }();
  return all;
}

date::year_month_day civil(Date day) { return date::sys_days{date::days{day.days}}; }

Date day_of(date::year_month_day day) {
  return {static_cast<std::int32_t>(date::sys_days{day}.time_since_epoch().count())};
}

Date month_of(Date day) { return day_of(civil(day).year() / civil(day).month() / 1); }
Date next_month(Date day) { return day_of(civil(day).year() / civil(day).month() / 1 + date::months{1}); }

// The same day a year before, on the last of its month where there is none.
Date year_before(Date day) {
  const auto before = civil(day) - date::years{1};
  return day_of(before.ok() ? before : before.year() / before.month() / date::last);
}
Date year_after(Date month) { return day_of(civil(month) + date::years{1}); }

struct Span {
  std::optional<Date> from, to;
  bool holds(Date day) const { return (!from || day >= *from) && (!to || day < *to); }
};

std::optional<Date> day_of(const Portion& portion, const Case& one) {
  const auto day = one.on.find(portion.day);
  return day == one.on.end() ? std::nullopt : std::optional(day->second);
}

// Open at the end of the day before `end`; without one, open still.
bool is_open(const Case& one, std::optional<Date> end) {
  if (!end) return !one.has("ended");
  const auto began = one.on.find("began"), ended = one.on.find("left");
  return (began == one.on.end() || began->second < *end) && (ended == one.on.end() || ended->second >= *end);
}

bool falls_into(const Portion& portion, const Case& one, const Span& span) {
  if (!portion.day) return is_open(one, span.to);
  const auto day = day_of(portion, one);
  if (portion.opens) return !day || !span.to || *day < *span.to;
  if (!span.from && !span.to) return true;
  return day && span.holds(*day);
}

// The months of an inquiry in which a case counts.
std::vector<Date> months(const Portion& portion, const Case& one, const Span& span) {
  std::vector<Date> all;
  if (portion.day && !portion.opens) {
    const auto day = day_of(portion, one);
    if (day && span.holds(*day)) all.push_back(month_of(*day));
    return all;
  }
  for (Date month = month_of(span.from.value()); month < span.to.value(); month = next_month(month))
    if (falls_into(portion, one, {span.from, std::min(next_month(month), *span.to)})) all.push_back(month);
  return all;
}

std::string key(const Case& one, const std::string& dimension) {
  if (const auto word = one.called.find(dimension); word != one.called.end()) return word->second;
  const auto id = one.of.find(dimension);
  return id == one.of.end() || id->second == 0 ? "" : std::to_string(id->second);
}

}  // namespace

// One inquiry as it is answered.
class Auditor::Asked {
 public:
  Asked(Auditor& auditor, const Inquiry& inquiry)
      : auditor_(auditor),
        inquiry_(inquiry),
        rule_(rule(inquiry.metric)),
        by_(inquiry.by),
        span_{inquiry.from, inquiry.to},
        span_then_{} {
    if (!rule_.usual.empty() && (by_.empty() || (rule_.always && !std::ranges::count(by_, rule_.usual))))
      by_.push_back(rule_.usual);
    if (rule_.looks_back()) look_back();
  }

  Reckoning reckon() {
    for (std::size_t i = 0; i < rule_.portions.size(); ++i)
      for (const Case& one : auditor_.listed(rule_.portions[i].list, inquiry_.moment)) take(i, one);
    // Who has a case in one month stands in all that have any, with none of them.
    if (inquiry_.monthly)
      for (const auto& [whole, all] : wholes_)
        for (Group group : keys_of(groups_)) {
          group.keys.back() = whole.second.keys.back();
          groups_.try_emplace(group, rule_.portions.size());
        }
    for (auto& [group, cases] : groups_)
      for (std::size_t i = 0; i < rule_.portions.size(); ++i)
        if (const auto whole = wholes_.find({i, blank(group, rule_.portions[i].regardless)}); whole != wholes_.end())
          cases[i] = whole->second;
    Reckoning reckoning;
    std::int64_t beyond = 0;
    for (const auto& [group, cases] : groups_) {
      reckoning.groups[group] = rule_.come_to(cases, around_[blank(group, "stage")]);
      if (cases.size() == 1) reckoning.cases[group] = std::ssize(cases[0]);
      if (rule_.fenced) beyond += std::ssize(cases[0]) - std::ssize(inside(cases[0], rule_.fenced));
    }
    for (const auto& [currency, cases] : totals_) reckoning.total[currency] = rule_.come_to(cases, cases[0]);
    reckoning.nothing = rule_.come_to(std::vector<Cases>(rule_.portions.size()), {});
    for (const auto& [what, n] : told_) reckoning.told.push_back(n);
    if (beyond > 0) reckoning.told.push_back(beyond);
    std::ranges::sort(reckoning.told);
    return reckoning;
  }

 private:
  static std::vector<Group> keys_of(const std::map<Group, std::vector<Cases>>& groups) {
    std::vector<Group> all;
    for (const auto& [group, cases] : groups) all.push_back(group);
    return all;
  }

  // A period that is not over is set against as many days of last year, one that is over against all of last year's.
  void look_back() {
    const Date from = span_.from.value(), tomorrow{auditor_.books_.day(inquiry_.moment.judged).days + 1};
    const Date least{from.days + 1}, to = span_.to.value_or(std::max(tomorrow, least));
    span_.to = std::max(std::min(to, tomorrow), least);
    span_then_ = {year_before(from), year_before(to)};
    if (*span_.to != to)
      span_then_.to = std::min(*span_then_.to, Date{span_then_.from->days + span_.to->days - from.days});
  }

  Group blank(Group group, const std::string& dimension) const {
    for (std::size_t i = 0; i < by_.size(); ++i)
      if (by_[i] == dimension) group.keys[i].clear();
    return group;
  }

  void take(std::size_t place, const Case& listed) {
    const Portion& portion = rule_.portions[place];
    if (portion.which && !portion.which(listed)) return;
    const Span& span = portion.last_year ? span_then_ : span_;
    const bool in_period = falls_into(portion, listed, span);
    Case one = listed;
    if (!counts(place, one, in_period)) return;
    Group group;
    if (rule_.money)
      group.currency = inquiry_.converted ? text_in(auditor_.books_.settings(), "currency") : one.called.at("currency");
    for (const std::string& dimension : by_) group.keys.push_back(key(one, dimension));
    if (in_period)
      totals_.try_emplace(group.currency, rule_.portions.size())
          .first->second[place]
          .push_back(as_of(portion, one, span));
    if (!inquiry_.monthly) {
      if (in_period) add(place, group, as_of(portion, one, span));
      return;
    }
    for (const Date month : months(portion, one, span)) {
      Group monthly = group;
      monthly.keys.push_back(to_string(portion.last_year ? year_after(month) : month));
      add(place, monthly, as_of(portion, one, {std::max(month, *span.from), std::min(next_month(month), *span.to)}));
    }
  }

  // Whether a case is counted at all; notes what is told of it.
  bool counts(std::size_t place, Case& one, bool in_period) {
    const Portion& portion = rule_.portions[place];
    std::size_t kind = 0;
    const auto tell = [&](bool of_it) {
      if (of_it && !portion.last_year) ++told_[{place, kind}];
      ++kind;
    };
    const bool dateless = portion.day && !day_of(portion, one);
    bool aside = false, named = false;
    for (const Apart& apart : portion.apart) {
      const bool is_one = apart.which(one);
      aside = aside || is_one;
      named = named || apart.kind == Apart::Kind::dateless;
      tell(is_one && (in_period || (dateless && apart.kind != Apart::Kind::in_period)));
    }
    if (inquiry_.converted && portion.amount && one.much.contains(portion.amount)) {
      const auto own = one.much.find(std::string(portion.amount) + " in own");
      const bool has_rate = own != one.much.end();
      if (has_rate) one.much[portion.amount] = own->second;
      aside = aside || !has_rate;
      tell(!has_rate && in_period);
    }
    kind = 100;
    tell(dateless && !named && !portion.opens && (span_.from || span_.to));
    for (const Which& told : portion.told) tell(!aside && in_period && told(one));
    return !aside;
  }

  // A case as it stands at the end of a span, and whether it was before it.
  Case as_of(const Portion& portion, Case one, const Span& span) const {
    if (portion.opens) {
      const auto day = day_of(portion, one);
      if (!day || (span.from && *day < *span.from)) one.is.insert("before");
    }
    const Instant judged = inquiry_.moment.judged;
    if (const auto since = one.much.find("since"); since != one.much.end()) {
      const Instant end = span.to ? std::min(judged, auditor_.books_.midnight(*span.to)) : judged;
      one.much["age"] = std::max<std::int64_t>(0, end.micros - since->second) / kSecond;
    }
    return one;
  }

  void add(std::size_t place, const Group& group, Case one) {
    const std::string regardless = rule_.portions[place].regardless;
    if (std::ranges::count(by_, regardless)) {
      wholes_[{place, blank(group, regardless)}].push_back(std::move(one));
      return;
    }
    if (place == 0) around_[blank(group, "stage")].push_back(one);
    groups_.try_emplace(group, rule_.portions.size()).first->second[place].push_back(std::move(one));
  }

  Auditor& auditor_;
  const Inquiry& inquiry_;
  const Rule& rule_;
  std::vector<std::string> by_;
  Span span_, span_then_;
  std::map<Group, std::vector<Cases>> groups_;
  std::map<std::string, std::vector<Cases>> totals_;
  std::map<Group, Cases> around_;
  std::map<std::pair<std::size_t, Group>, Cases> wholes_;             // what is not told apart by a key
  std::map<std::pair<std::size_t, std::size_t>, std::int64_t> told_;  // by portion and kind
};

Auditor::Auditor(Ledger& ledger) : books_(ledger) {}

std::vector<std::string> Auditor::metrics() {
  std::vector<std::string> names;
  for (const auto& [name, rule] : rules()) names.push_back(name);
  return names;
}

const Rule& Auditor::rule(const std::string& metric) { return rules().at(metric); }

const Cases& Auditor::listed(List list, const Moment& moment) {
  const auto [place, is_new] = lists_.try_emplace({list, moment.at, moment.judged});
  if (is_new) place->second = list(books_, moment);
  return place->second;
}

Reckoning Auditor::reckon(const Inquiry& inquiry) { return Asked(*this, inquiry).reckon(); }

}  // namespace traction::auditor
