// Lists of what is won, what it costs and what was to be won.
#include <date/date.h>

#include <algorithm>

#include "simulation/auditor/lists.h"

namespace traction::auditor {
namespace {

// The same day so many months later, on the last of its month where there is none.
Date months_later(Date day, std::int64_t months) {
  const date::year_month_day begin = date::sys_days{date::days{day.days}};
  const auto later = begin + date::months{months};
  const date::sys_days end = later.ok() ? later : later.year() / later.month() / date::last;
  return {static_cast<std::int32_t>(end.time_since_epoch().count())};
}

}  // namespace

Cases purchases(const Books& books, const Moment& moment) {
  Cases won;
  for (Case& deal : deals(books, moment))
    if (deal.has("won")) won.push_back(std::move(deal));
  // The account's first is new, those after it are not. One of unknown time may have been the first.
  Cases cases = won;
  for (Case& one : cases) {
    const auto closed = one.much.find("closed");
    if (one.of.at("account") == 0 || closed == one.much.end()) continue;
    bool earlier = false, unsure = false;
    for (const Case& other : won) {
      if (other.of.at("account") != one.of.at("account")) continue;
      const auto when = other.much.find("closed");
      unsure = unsure || when == other.much.end();
      earlier = earlier || (when != other.much.end() && std::pair(when->second, other.of.at("deal")) <
                                                            std::pair(closed->second, one.of.at("deal")));
    }
    if (earlier || !unsure) one.is.insert(earlier ? "existing" : "new");
  }
  return cases;
}

Cases contract_runs(const Books& books, const Moment& moment) {
  struct Contract {
    std::int64_t closed;
    Id deal;
    std::optional<Date> end;  // the first day without it; none of an open-ended one
    const Case* purchase;
  };
  const Cases bought = purchases(books, moment);
  std::map<Id, std::vector<Contract>> contracts;
  for (const Case& one : bought) {
    const auto closed = one.much.find("closed"), months = one.much.find("months");
    if (one.of.at("account") == 0 || closed == one.much.end()) continue;
    std::optional<Date> end;
    if (!one.has("open_ended")) {
      if (months == one.much.end() || months->second <= 0) continue;
      end = months_later(one.on.at("closed"), months->second);
    }
    contracts[one.of.at("account")].push_back({closed->second, one.of.at("deal"), end, &one});
  }
  const auto ends_later = [](const Contract& one, const Contract& other) {
    const Date never{INT32_MAX};
    return std::tuple(one.end.value_or(never), one.deal) < std::tuple(other.end.value_or(never), other.deal);
  };
  const auto renewal = static_cast<std::int32_t>(books.setting("renewal_days"));
  Cases cases;
  for (auto& [account, all] : contracts) {
    std::ranges::sort(all, {}, [](const Contract& one) { return std::tuple(one.closed, one.deal); });
    for (auto first = all.begin(); first != all.end();) {
      Contract longest = *first;
      auto next = first + 1;
      for (; next != all.end(); ++next) {
        if (longest.end && next->purchase->on.at("closed").days > longest.end->days + renewal) break;
        if (ends_later(longest, *next)) longest = *next;
      }
      first = next;
      Case one = *longest.purchase;
      one.on = {};
      if (longest.end) one.on["ended"] = *longest.end;
      if (longest.end && Date{longest.end->days + renewal} >= books.day(moment.judged)) one.is.insert("renewable");
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

Cases decisions(const Books& books, const Moment& moment) {
  Cases cases = deals(books, moment), closed;
  for (const Case& deal : cases)
    if (!deal.has("open") && deal.much.contains("cycle")) closed.push_back(deal);
  for (Case& one : cases) {
    const auto cycle = one.much.find("cycle");
    if (closed.empty()) one.is.insert("unbanded");
    if (closed.empty() || cycle == one.much.end()) continue;
    const auto longer_than = [&](double q) { return static_cast<double>(cycle->second) > edge(closed, "cycle", q); };
    one.is.insert(longer_than(0.75) ? "slowest" : longer_than(0.5) ? "slow" : longer_than(0.25) ? "quick" : "quickest");
  }
  return cases;
}

Cases costs(const Books& books, const Moment& moment) {
  Cases cases;
  for (const Thing* cost : books.live(kCost)) {
    const json::object& body = cost->body();
    const Date day = date_in(body, "spent_on").value();
    const Instant spent = books.midnight(day);
    if (moment.at && spent >= *moment.at) continue;
    Case one;
    one.of["owner"] = id_in(body, "member");
    one.of["team"] = books.team_of(one.of["owner"], spent);
    one.of["campaign"] = id_in(body, "campaign");
    const Thing* campaign = books.find_live(kCampaign, one.of["campaign"]);
    const std::string channel = text_in(body, "channel");
    one.called["source"] = channel.empty() && campaign ? text_in(campaign->body(), "channel") : channel;
    const std::string purpose = text_in(body, "purpose");
    one.is.insert(purpose.empty() ? "acquisition" : purpose);
    one.on["spent"] = day;
    note_money(books, one, "amount", number_in(body, "amount_minor"), books.currency(body), day, cost->id);
    cases.push_back(std::move(one));
  }
  return cases;
}

Cases quota_days(const Books& books, const Moment&) {
  Cases cases;
  for (const Thing* quota : books.live(kQuota)) {
    const json::object& body = quota->body();
    const Date first = date_in(body, "starts_on").value(), end = date_in(body, "ends_on").value();
    const std::int64_t days = end.days - first.days;
    const Id member = id_in(body, "member"), team = id_in(body, "team");
    Case whole;
    whole.of = {{"owner", member}, {"team", team}};
    whole.is = {member ? "member" : team ? "team" : "company"};
    note_money(books, whole, "amount", number_in(body, "amount_minor"), books.currency(body), first, quota->id);
    for (std::int64_t i = 0; i < days; ++i) {
      Case one = whole;
      const Date day{first.days + static_cast<std::int32_t>(i)};
      one.on["day"] = day;
      if (member) one.of["team"] = books.team_of(member, books.midnight(day));
      // As much as was due by the day's end and was not before it.
      for (auto& [name, amount] : one.much) amount = amount * (i + 1) / days - amount * i / days;
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

}  // namespace traction::auditor
