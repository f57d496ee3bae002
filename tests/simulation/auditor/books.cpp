#include "simulation/auditor/books.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace traction::auditor {
namespace {

constexpr const char* kWeekdays[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

void lay_over(json::object& body, const json::object& said) {
  for (const auto& [name, value] : said)
    if (value.is_null())
      body.erase(name);
    else
      body[name] = value;
}

}  // namespace

Books::Books(Ledger& ledger) {
  ledger.read()->entries(0, INT64_MAX, [&](const StoredEntry& stored) {
    const Entry& entry = stored.entry;
    Thing& thing = things_[entry.type][entry.record];
    thing.id = entry.record;
    Version version{entry.seq, entry.occurred_at, entry.recorded_at, {}, {}, true};
    if (!thing.versions.empty()) version.body = thing.versions.back().body;
    switch (entry.kind) {
      case EntryKind::created:
      case EntryKind::changed:
        version.said = json::parse(entry.plain).as_object();
        lay_over(version.body, version.said);
        break;
      case EntryKind::deleted:
        thing.live = false;
        break;
      case EntryKind::restored:
        thing.live = true;
        break;
      case EntryKind::merged:
        thing.live = false;
        thing.merged_into = json::parse(entry.plain).at("into").as_int64();
        break;
      case EntryKind::unmerged:
        thing.live = true;
        thing.merged_into = 0;
        break;
      case EntryKind::erased:
        break;
    }
    version.live = thing.live;
    thing.versions.push_back(std::move(version));
    return true;
  });
}

std::vector<const Thing*> Books::live(Kind kind) const {
  std::vector<const Thing*> all;
  if (const auto found = things_.find(kind); found != things_.end())
    for (const auto& [id, thing] : found->second)
      if (thing.live) all.push_back(&thing);
  return all;
}

const Thing* Books::find(Kind kind, Id id) const {
  const auto of_kind = things_.find(kind);
  if (of_kind == things_.end()) return nullptr;
  const auto found = of_kind->second.find(id);
  return found == of_kind->second.end() ? nullptr : &found->second;
}

const Thing* Books::find_live(Kind kind, Id id) const {
  const Thing* thing = find(kind, id);
  return thing && thing->live ? thing : nullptr;
}

Id Books::reference(const json::object& body, Kind to, const char* field) const {
  Id id = id_in(body, field);
  for (const Thing* thing = find(to, id); thing && thing->merged_into != 0; thing = find(to, id))
    id = thing->merged_into;
  return id;
}

Id Books::team_of(Id member, std::optional<Instant> when) const {
  const Thing* thing = find(kMember, member);
  if (!thing) return 0;
  // Who was told to be in a team at some day was in it from then on, whatever had been said of later days before.
  struct Said {
    Instant from;
    Id team;
  };
  std::vector<Said> told;
  for (const Version& version : thing->versions) {
    const Instant from = version.occurred.value_or(version.recorded);
    std::erase_if(told, [&](const Said& earlier) { return earlier.from >= from; });
    told.push_back({from, id_in(version.body, "team")});
  }
  Id team = told.front().team;
  for (const Said& said : told)
    if (!when || said.from <= *when) team = said.team;
  return team;
}

std::vector<Stay> Books::stays(const Thing& deal, std::optional<Instant> at) const {
  std::vector<Stay> all;
  for (const Version& version : deal.versions) {
    const Id stage = id_in(version.body, "stage");
    if (all.empty() || all.back().stage != stage) {
      const Id owner = id_in(version.body, "owner");
      all.push_back({stage, version.occurred, version.occurred, version.recorded, std::nullopt, owner,
                     team_of(owner, version.occurred.value_or(version.recorded)), version.seq, version.body});
    }
    all.back().last = version.body;
  }
  // A stay ends with the next move; where that one's time is not known, with the next known one, at the latest when
  // the ledger learned of it.
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    std::optional<Instant> known;
    for (std::size_t j = i + 1; j < all.size() && !known; ++j) known = all[j].entered;
    all[i].left = all[i + 1].entered ? *known : known ? std::min(*known, all[i + 1].noted) : all[i + 1].noted;
  }
  for (std::size_t i = 1; i < all.size(); ++i)
    if (!all[i].entered) all[i].began = all[i - 1].left;
  if (!at) return all;
  std::vector<Stay> begun;
  for (Stay& stay : all) {
    if (stay.began && *stay.began >= *at) continue;
    if (stay.left && *stay.left >= *at) stay.left.reset();
    begun.push_back(std::move(stay));
  }
  return begun;
}

std::string Books::stage_kind(Id stage) const {
  const Thing* thing = find(kStage, stage);
  return thing ? text_in(thing->body(), "kind") : "";
}

std::string Books::currency(const json::object& body) const {
  const std::string own = text_in(body, "currency");
  return own.empty() ? text_in(settings(), "currency") : own;
}

std::optional<std::int64_t> Books::in_own(std::int64_t amount, const std::string& currency, Date day, Seq known) const {
  const std::string own = text_in(settings(), "currency");
  if (currency == own) return amount;
  struct Told {
    std::tuple<int, std::int64_t, Id> place;  // the least counts
    double rate;
  };
  std::optional<Told> best;
  const auto rates = things_.find(kRate);
  if (rates == things_.end()) return std::nullopt;
  for (const auto& [id, rate] : rates->second)
    for (std::size_t i = 0; i < rate.versions.size(); ++i) {
      const Version& version = rate.versions[i];
      const Seq until = i + 1 < rate.versions.size() ? rate.versions[i + 1].seq : INT64_MAX;
      const std::optional<Date> starts = date_in(version.body, "starts_on");
      if (!version.live || until <= known || *starts > day || text_in(version.body, "currency") != currency) continue;
      const bool later = version.seq > known;
      const Told told{{later, later ? version.seq : day.days - starts->days, -id},
                      version.body.at("rate").to_number<double>()};
      if (!best || told.place < best->place) best = told;
    }
  if (!best) return std::nullopt;
  // As the decimal it was written as, in whole numbers: minor units of the one to minor units of the other, halves
  // away from zero.
  const auto decimals = [](const std::string& code) { return code == "JPY" ? 0 : 2; };
  const std::string written = fmt::format("{}", best->rate);
  const std::size_t point = written.find('.');
  std::int64_t above = std::abs(amount), below = 1;  // amounts here are below 10^6, rates of at most six places
  above *= std::stoll(written.substr(0, point) + (point == std::string::npos ? "" : written.substr(point + 1)));
  const auto places = point == std::string::npos ? 0 : static_cast<int>(written.size() - point - 1);
  for (int i = 0; i < places + decimals(currency); ++i) below *= 10;
  for (int i = 0; i < decimals(own); ++i) above *= 10;
  const auto whole = static_cast<std::int64_t>((2 * above + below) / (2 * below));
  return amount < 0 ? -whole : whole;
}

bool Books::is_worked(Date day) const {
  const json::value* calendar = settings().if_contains("working_hours");
  if (!calendar) return false;
  const json::object& hours = calendar->as_object();
  const json::value* holidays = hours.if_contains("holidays");
  if (holidays && std::ranges::count(holidays->as_array(), json::value(to_string(day))) > 0) return false;
  const json::value* spells =
      hours.if_contains(kWeekdays[date::weekday(date::local_days{date::days{day.days}}).c_encoding()]);
  return spells && !spells->as_array().empty();
}

Instant Books::midnight(Date day) const {
  const date::time_zone* zone = date::locate_zone(text_in(settings(), "zone"));
  const auto begins = zone->to_sys(date::local_time<std::chrono::microseconds>(date::local_days{date::days{day.days}}),
                                   date::choose::earliest);
  return {begins.time_since_epoch().count()};
}

std::int64_t Books::working_seconds(Instant from, Instant to) const {
  const date::time_zone* zone = date::locate_zone(text_in(settings(), "zone"));
  const json::value* calendar = settings().if_contains("working_hours");
  if (!calendar || to <= from) return 0;
  const json::object& hours = calendar->as_object();
  // "09:30" on a local day, as an instant; where the clock jumps over it, when it jumps.
  const auto clock = [&](date::local_days day, const json::string& text) {
    const auto minutes = std::chrono::hours(std::stoi(text.c_str())) + std::chrono::minutes(std::stoi(&text[3]));
    const auto when = zone->to_sys(date::local_time<std::chrono::microseconds>(day + minutes), date::choose::earliest);
    return when.time_since_epoch().count();
  };
  std::int64_t micros = 0;
  for (Date day = this->day(from); day <= this->day(to); ++day.days) {
    const date::local_days local{date::days{day.days}};
    if (!is_worked(day)) continue;
    for (const json::value& spell : hours.at(kWeekdays[date::weekday(local).c_encoding()]).as_array()) {
      const std::int64_t begin = std::max(from.micros, clock(local, spell.at(0).as_string()));
      const std::int64_t end = std::min(to.micros, clock(local, spell.at(1).as_string()));
      micros += std::max<std::int64_t>(0, end - begin);
    }
  }
  return micros / kSecond;
}

Date Books::day(Instant instant) const {
  const date::time_zone* zone = date::locate_zone(text_in(settings(), "zone"));
  const date::sys_time<std::chrono::microseconds> when{std::chrono::microseconds(instant.micros)};
  const auto day = date::floor<date::days>(zone->to_local(when));
  return {static_cast<std::int32_t>(day.time_since_epoch().count())};
}

std::optional<Date> Books::day(std::optional<Instant> instant) const {
  return instant ? std::optional(day(*instant)) : std::nullopt;
}

Id id_in(const json::object& body, const char* field) { return number_in(body, field).value_or(0); }

std::string text_in(const json::object& body, const char* field) {
  const json::value* value = body.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

std::optional<std::int64_t> number_in(const json::object& body, const char* field) {
  const json::value* value = body.if_contains(field);
  return value && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

std::optional<Instant> instant_in(const json::object& body, const char* field) {
  const auto micros = number_in(body, field);
  return micros ? std::optional(Instant{*micros}) : std::nullopt;
}

std::optional<Date> date_in(const json::object& body, const char* field) {
  const auto day = parse_date(text_in(body, field));
  return day ? std::optional(*day) : std::nullopt;
}

bool true_in(const json::object& body, const char* field) {
  const json::value* value = body.if_contains(field);
  return value && value->is_bool() && value->get_bool();
}

}  // namespace traction::auditor
