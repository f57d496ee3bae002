#include "app/demo/cast.h"

#include <fmt/format.h>

#include "base/text.h"

namespace traction::demo {
namespace {

constexpr std::array<std::string_view, 40> kFirst = {
    "Anna",  "Ben",   "Clara",  "David", "Elif",  "Felix", "Greta", "Hugo",  "Ines",  "Jonas",
    "Keiko", "Liam",  "Maria",  "Nils",  "Olga",  "Paul",  "Qing",  "Rosa",  "Samir", "Tara",
    "Uwe",   "Vera",  "Wim",    "Xenia", "Yusuf", "Zoe",   "Akira", "Bella", "Chidi", "Dora",
    "Emil",  "Fatma", "George", "Hana",  "Igor",  "Julia", "Kofi",  "Lena",  "Marco", "Nadia"};
constexpr std::array<std::string_view, 40> kLast = {
    "Adler",   "Bauer", "Conti",  "Dahl",   "Engel",  "Fischer", "Garcia", "Haas",   "Ito",    "Jansen",
    "Keller",  "Lang",  "Moreau", "Novak",  "Okafor", "Peters",  "Quinn",  "Rossi",  "Sato",   "Tanaka",
    "Ulrich",  "Vogel", "Weber",  "Xu",     "Yilmaz", "Zeller",  "Ahmadi", "Brandt", "Castro", "Dubois",
    "Eriksen", "Falk",  "Gupta",  "Hansen", "Ivanov", "Jung",    "Khan",   "Lopez",  "Meyer",  "Nagel"};
constexpr std::array<std::string_view, 32> kFore = {
    "Nord",   "Blue",  "Alta",  "Terra",  "Nova",  "Silver", "Rhein", "Lumen", "Delta", "Quarz", "Stella",
    "Harbor", "Cedar", "Orion", "Vista",  "Amber", "Polar",  "Iron",  "Maple", "Coral", "Gamma", "Birch",
    "Falcon", "Onyx",  "River", "Summit", "Aero",  "Terz",   "Kron",  "Fjord", "Solar", "Zenit"};
constexpr std::array<std::string_view, 24> kAft = {
    "wind", "tech",  "works", "line",  "data", "trade", "care", "bank",  "freight", "soft",  "parts", "foods",
    "lab",  "media", "motor", "build", "port", "star",  "gate", "field", "point",   "stone", "mark",  "land"};
constexpr std::array<std::string_view, 6> kForms = {"AG", "GmbH", "Ltd", "Inc", "KK", "BV"};

template <class T, std::size_t N>
const T& pick(Dice& dice, const std::array<T, N>& items) {
  return dice.pick(std::span<const T>(items));
}

}  // namespace

std::vector<Rep> reps(int count, const Timeline& time, Dice& dice) {
  constexpr std::array<Tier, 4> kTiers = {Tier::strong, Tier::steady, Tier::steady, Tier::weak};
  std::vector<Rep> result(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < result.size(); ++i) {
    Rep& rep = result[i];
    // The first 1,600 names are all different, later ones get a number.
    const std::size_t place = i % (kFirst.size() * kLast.size());
    rep.name =
        fmt::format("{} {}", kFirst[place % kFirst.size()], kLast[(place * 7 + place / kFirst.size()) % kLast.size()]);
    if (place != i) rep.name += " II";
    rep.email = fmt::format("{}@example.com", lower(rep.name));
    std::ranges::replace(rep.email, ' ', '.');
    rep.team = (i / 2) % kTeams.size();
    rep.tier = kTiers[i % kTiers.size()];
    rep.pace = dice.between(0.8, 1.2);
    rep.joins = i == kStarter ? time.starter_joins : time.from;
    rep.leaves = i == kLeaver ? time.leaver_leaves : time.to;
  }
  return result;
}

std::string person_name(Dice& dice) { return fmt::format("{} {}", pick(dice, kFirst), pick(dice, kLast)); }

std::string company_name(Dice& dice) {
  return fmt::format("{}{} {} {}", pick(dice, kFore), pick(dice, kAft), pick(dice, kForms), 1 + dice.below(900));
}

std::string address(std::string_view person, std::string_view company) {
  std::string text = fmt::format("{}@{}.example", lower(person), lower(company.substr(0, company.find(' '))));
  std::ranges::replace(text, ' ', '.');
  return text;
}

Instant WorkTime::during(Date day, Dice& dice) const {
  const std::vector<Calendar::Hours>& spells = calendar_.hours(day);
  std::int32_t sum = 0;
  for (const Calendar::Hours& spell : spells) sum += spell.to - spell.from;
  auto at = static_cast<std::int32_t>(dice.between(0, sum));
  for (const Calendar::Hours& spell : spells) {
    if (at < spell.to - spell.from) return zone_.at(day, spell.from + at);
    at -= spell.to - spell.from;
  }
  return zone_.at(day, spells.back().to - 1);
}

Instant WorkTime::from(Instant instant, Dice& dice) const {
  const Date today = zone_.day(instant);
  const std::int32_t now = zone_.second_of_day(instant);
  for (Date day = today;; ++day.days)
    for (const Calendar::Hours& spell : calendar_.hours(day)) {
      if (day == today && now >= spell.to) continue;
      if (day == today && now >= spell.from) return instant;
      return zone_.at(day,
                      spell.from + static_cast<std::int32_t>(dice.between(0, std::min(7200, spell.to - spell.from))));
    }
}

Timeline timeline(Date from, Date to, const WorkTime& work) {
  const auto part = [&](double share) { return Date{from.days + static_cast<int>(share * (to.days - from.days))}; };
  Timeline time{from, to, part(0.45), part(0.55), part(0.3), part(0.6)};
  while (!work.open(time.coaching)) ++time.coaching.days;
  return time;
}

}  // namespace traction::demo
