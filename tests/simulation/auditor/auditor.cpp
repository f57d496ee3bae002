#include "simulation/auditor/auditor.h"

#include <date/date.h>

#include <algorithm>

namespace traction::auditor {
namespace {

const Rules& rules() {
  static const Rules all = [] {
    Rules made;
    for (Rules family : {activity_rules(), pipeline_rules(), funnel_rules(), revenue_rules()}) made.merge(family);
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

struct Span {
  std::optional<Date> from, to;
  bool holds(Date day) const { return (!from || day >= *from) && (!to || day < *to); }
};

// Open at the end of the day before `end`; without one, open still.
bool is_open(const Case& one, std::optional<Date> end) {
  if (!end) return !one.has("ended");
  const auto began = one.on.find("began"), ended = one.on.find("left");
  return (began == one.on.end() || began->second < *end) && (ended == one.on.end() || ended->second >= *end);
}

bool falls_into(const Portion& portion, const Case& one, const Span& span) {
  if (!portion.day) return is_open(one, span.to);
  if (!span.from && !span.to) return true;
  const auto day = one.on.find(portion.day);
  return day != one.on.end() && span.holds(day->second);
}

// The months of an inquiry in which a case counts.
std::vector<Date> months(const Portion& portion, const Case& one, const Span& span) {
  std::vector<Date> all;
  if (portion.day) {
    const auto day = one.on.find(portion.day);
    if (day != one.on.end() && span.holds(day->second)) all.push_back(month_of(day->second));
    return all;
  }
  for (Date month = month_of(span.from.value()); month < span.to.value(); month = next_month(month))
    if (is_open(one, std::min(next_month(month), *span.to))) all.push_back(month);
  return all;
}

std::string key(const Case& one, const std::string& dimension) {
  if (const auto word = one.called.find(dimension); word != one.called.end()) return word->second;
  const auto id = one.of.find(dimension);
  return id == one.of.end() || id->second == 0 ? "" : std::to_string(id->second);
}

}  // namespace

Auditor::Auditor(Ledger& ledger) : books_(ledger) {}

std::vector<std::string> Auditor::metrics() {
  std::vector<std::string> names;
  for (const auto& [name, rule] : rules()) names.push_back(name);
  return names;
}

const Cases& Auditor::listed(List list, const Moment& moment) {
  const auto [place, is_new] = lists_.try_emplace({list, moment.at, moment.judged});
  if (is_new) place->second = list(books_, moment);
  return place->second;
}

Reckoning Auditor::reckon(const Inquiry& inquiry) {
  const Rule& rule = rules().at(inquiry.metric);
  std::vector<std::string> by = inquiry.by;
  if (!rule.usual.empty() && (by.empty() || (rule.always && !std::ranges::count(by, rule.usual))))
    by.push_back(rule.usual);
  const Span span{inquiry.from, inquiry.to};
  const std::size_t portions = rule.portions.size();
  std::map<Group, std::vector<Cases>> groups;
  std::map<std::string, std::vector<Cases>> totals;
  std::map<Group, Cases> around;
  const auto unstaged = [&](Group group) {
    for (std::size_t i = 0; i < by.size(); ++i)
      if (by[i] == "stage") group.keys[i].clear();
    return group;
  };
  for (std::size_t i = 0; i < portions; ++i) {
    const Portion& portion = rule.portions[i];
    for (const Case& one : listed(portion.list, inquiry.moment)) {
      if (portion.which && !portion.which(one)) continue;
      Group group;
      if (rule.money) group.currency = one.called.at("currency");
      for (const std::string& dimension : by) group.keys.push_back(key(one, dimension));
      const auto add = [&](const Group& to) {
        groups.try_emplace(to, portions).first->second[i].push_back(one);
        if (i == 0) around[unstaged(to)].push_back(one);
      };
      if (falls_into(portion, one, span)) totals.try_emplace(group.currency, portions).first->second[i].push_back(one);
      if (!inquiry.monthly) {
        if (falls_into(portion, one, span)) add(group);
        continue;
      }
      for (const Date month : months(portion, one, span)) {
        Group monthly = group;
        monthly.keys.push_back(to_string(month));
        add(monthly);
      }
    }
  }
  Reckoning reckoning;
  for (const auto& [group, cases] : groups) reckoning.groups[group] = rule.come_to(cases, around[unstaged(group)]);
  for (const auto& [currency, cases] : totals) reckoning.total[currency] = rule.come_to(cases, cases[0]);
  reckoning.nothing = rule.come_to(std::vector<Cases>(portions), {});
  return reckoning;
}

}  // namespace traction::auditor
