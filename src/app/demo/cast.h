// The cast of the demo company: who sells what to whom, how well, and by which chances its history is drawn. All that
// is planted stands here as numbers. Values and pure functions; called by demo_fate, demo_story and demo_tally.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/demo/dice.h"
#include "base/calendar.h"
#include "base/instant.h"
#include "base/zone.h"
#include "domain/entry.h"

namespace traction::demo {

enum class Tier { strong, steady, weak };

// The chance that a qualified deal is won, before what changes it.
inline constexpr std::array<double, 3> kTierWin = {0.50, 0.36, 0.24};
inline constexpr std::array<double, 3> kTierNeverAnswers = {0.04, 0.08, 0.14};
inline constexpr std::array<double, 3> kTierResponseMinutes = {25, 90, 600};  // medians

inline constexpr double kFastSeconds = 3600;
inline constexpr double kQualifiesFast = 0.62, kQualifiesSlow = 0.31;  // by whether the answer came within an hour
inline constexpr double kMeets = 0.6;
inline constexpr double kMeetingHelps = 1.35, kNoMeetingHurts = 0.65;  // times the chance to win
inline constexpr double kCoachingHelps = 1.8;
inline constexpr double kStarterHolds = 0.4;
inline constexpr int kRampDays = 90;
inline constexpr double kStalls = 0.05;
inline constexpr double kStuckFactor = 2.2;  // longer in Proposal, in one team
inline constexpr double kCompetitorBefore = 0.12, kCompetitorAfter = 0.5;
inline constexpr double kComesBack = 0.12, kComebackWins = 0.55;
inline constexpr double kConnects = 0.22, kConnectsLate = 0.38;  // from 16 o'clock on
inline constexpr int kLateHour = 16;
inline constexpr double kDiscountLow = 0.18, kDiscountHigh = 0.30, kOthersDiscountHigh = 0.08;
inline constexpr double kRenews = 0.75;

// A deal is closed within so many days of its creation or it has stalled; comebacks follow within so many of the loss.
inline constexpr int kLongestDeal = 210;
inline constexpr int kLongestReturn = 130;
inline constexpr int kLongestQualifying = 60;

// Leads by month, January first, and the share of a weekday that a weekend day has.
inline constexpr std::array<double, 12> kSeason = {0.9, 1.0, 1.15, 1.0, 1.0, 0.95, 0.8, 0.6, 1.2, 1.2, 1.1, 0.8};
inline constexpr double kWeekend = 0.35;

// Stages of the pipeline "New business", by position.
enum Stage : int { kLead, kQualified, kDiscovery, kDemonstration, kProposal, kNegotiation, kWon, kLost, kOnboarding };
inline constexpr int kStages = 9;
struct StageForm {
  std::string_view name, kind;
  double days;  // mean stay
};
inline constexpr std::array<StageForm, kStages> kStageForms = {{{"Lead", "lead", 0},
                                                                {"Qualified", "qualified", 4},
                                                                {"Discovery", "open", 6},
                                                                {"Demonstration", "open", 7},
                                                                {"Proposal", "open", 10},
                                                                {"Negotiation", "open", 7},
                                                                {"Won", "won", 0},
                                                                {"Lost", "lost", 0},
                                                                {"Onboarding", "after", 0}}};
// Stages of the pipeline "Renewals".
enum Renewal : int { kDue, kQuoted, kRenewed, kLapsed };
inline constexpr std::array<StageForm, 4> kRenewalForms = {
    {{"Due", "open", 20}, {"Quoted", "open", 15}, {"Renewed", "won", 0}, {"Lapsed", "lost", 0}}};

struct ProductForm {
  std::string_view name, series;
  double price;   // in the workspace's currency
  double pace;    // times a stage's mean stay
  double weight;  // share of deals
};
inline constexpr std::array<ProductForm, 6> kProducts = {{{"Solo", "Desk", 900, 0.6, 26},
                                                          {"Team", "Desk", 4'800, 0.8, 30},
                                                          {"Business", "Desk", 14'500, 1.0, 24},
                                                          {"Enterprise", "Platform", 52'000, 1.3, 12},
                                                          {"Support", "Services", 1'900, 0.7, 7},
                                                          {"Platform", "Platform", 420'000, 1.4, 1}}};
inline constexpr std::size_t kRareProduct = 5;

struct SourceForm {
  std::string_view name;
  double weight;  // share of inbound leads; 0 = outbound
  double win;     // times the chance to win
  bool campaign;
};
inline constexpr std::array<SourceForm, 5> kSources = {{{"website", 40, 1.0, false},
                                                        {"webinar", 30, 0.6, true},
                                                        {"trade fair", 18, 0.9, true},
                                                        {"referral", 12, 1.4, false},
                                                        {"cold call", 0, 0.8, false}}};
inline constexpr std::size_t kCold = 4;

inline constexpr std::array<std::string_view, 6> kSectors = {"retail",  "software",  "medical",
                                                             "finance", "logistics", "manufacturing"};
inline constexpr std::size_t kRetail = 0;
inline constexpr std::string_view kCompetitor = "Norvik";

struct TeamForm {
  std::string_view name, region, currency;
  double rate;  // of the workspace's currency to this one
};
inline constexpr std::array<TeamForm, 4> kTeams = {{{"North", "Europe", "EUR", 1.0},
                                                    {"South", "Europe", "EUR", 1.0},
                                                    {"Atlantic", "America", "USD", 1.1},
                                                    {"Pacific", "Asia", "JPY", 160.0}}};
inline constexpr std::size_t kStuckTeam = 1;

// Who plays a part of his own, by place among the reps.
inline constexpr std::size_t kDiscounter = 1, kLeaver = 2, kCoached = 3, kStarter = 5, kPlacebo = 7;

struct Rep {
  std::string name, email;
  std::size_t team = 0;
  Tier tier = Tier::steady;
  double pace = 1;  // times the team's mean number of activities
  Date joins, leaves;
  Id id = 0;
};

// When things happen: the days of the history and the turning points in it.
struct Timeline {
  Date from, to;  // [from, to)
  Date coaching, competitor, starter_joins, leaver_leaves;
};
std::vector<Rep> reps(int count, const Timeline& time, Dice& dice);
std::string person_name(Dice& dice);
std::string company_name(Dice& dice);
// "anna.keller@nordwind.example"
std::string address(std::string_view person, std::string_view company);

// Working time by the company's calendar.
class WorkTime {
 public:
  WorkTime(const Calendar& calendar, const Zone& zone) : calendar_(calendar), zone_(zone) {}
  bool open(Date day) const { return !calendar_.hours(day).empty(); }
  // Some moment of work on that day, which must be open.
  Instant during(Date day, Dice& dice) const;
  // The instant itself when it is in working time, else some moment of the next spell's first two hours.
  Instant from(Instant instant, Dice& dice) const;
  Date day(Instant instant) const { return zone_.day(instant); }
  Instant start_of(Date day) const { return zone_.start_of(day); }
  bool late(Instant instant) const { return zone_.second_of_day(instant) >= kLateHour * 3600; }

 private:
  const Calendar& calendar_;
  const Zone& zone_;
};

// The turning points of a history; the coaching is on a working day.
Timeline timeline(Date from, Date to, const WorkTime& work);

}  // namespace traction::demo
