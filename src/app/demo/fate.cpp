#include "app/demo/fate.h"

#include <algorithm>

namespace traction::demo {
namespace {

constexpr std::int64_t kMinute = 60 * kSecond;

Instant later(Instant instant, double days) {
  return {instant.micros + static_cast<std::int64_t>(days * 86'400) * kSecond};
}

// Collects steps so that each is in working time (but for machines) and after the one before.
class Course {
 public:
  Course(Fate& fate, Instant begin, const WorkTime& work, Dice& dice)
      : fate_(fate), last_(begin), work_(work), dice_(dice) {}

  Instant last() const { return last_; }
  void add(Instant at, Step step) {
    step.at = work_.from(std::max(at, Instant{last_.micros + kMinute}), dice_);
    last_ = step.at;
    fate_.steps.push_back(step);
  }
  void unattended(Instant at, Step step) {
    step.at = last_ = at;
    fate_.steps.push_back(step);
  }

 private:
  Fate& fate_;
  Instant last_;
  const WorkTime& work_;
  Dice& dice_;
};

Step move(int stage, double days = 0, std::string_view reason = {}) {
  return {{}, StepKind::move, stage, days, reason};
}

// The reason for a loss after qualifying, other than a competitor.
std::string_view other_reason(Dice& dice) {
  constexpr std::array<std::string_view, 6> kReasons = {"price",  "no_decision", "no_budget",
                                                        "timing", "product_gap", "other"};
  constexpr std::array<double, 6> kWeights = {30, 25, 18, 15, 8, 4};
  return kReasons[dice.weighted(kWeights)];
}

std::string_view lost_reason(const Fate& fate, Dice& dice) {
  return dice.chance(fate.competitor) ? "competitor" : other_reason(dice);
}

// From the lead to the answer and the decision whether to go on; true when it qualifies.
bool answer(const Beginning& b, Fate& fate, Course& course, Dice& dice) {
  const auto tier = static_cast<std::size_t>(b.rep->tier);
  fate.never_answers = kTierNeverAnswers[tier];
  fate.answered = !dice.chance(fate.never_answers);
  if (dice.chance(0.7))
    course.unattended(later(b.at, dice.between(20, 110) / 86'400), {{}, StepKind::auto_reply, 0, 0, {}});
  if (!fate.answered) {
    if (dice.chance(0.6)) course.add(later(b.at, dice.between(45, 90)), move(kLost, 0, "unreachable"));
    return false;
  }
  const double minutes = std::min(kTierResponseMinutes[tier] * std::exp(1.1 * dice.normal()), 10.0 * 1440);
  course.add(later(b.at, minutes / 1440), {{}, StepKind::answer, 0, 0, {}});
  fate.fast = static_cast<double>(course.last().micros - b.at.micros) <= kFastSeconds * kSecond;
  fate.qualifies = fate.fast ? kQualifiesFast : kQualifiesSlow;
  if (dice.chance(fate.qualifies)) {
    course.add(later(course.last(), dice.between(0.2, 6)), move(kQualified));
    return true;
  }
  constexpr std::array<std::string_view, 4> kReasons = {"not_qualified", "not_qualified", "no_need", "unreachable"};
  course.add(later(course.last(), dice.between(2, 25)), move(kLost, 0, kReasons[dice.below(4)]));
  return false;
}

// The stages a qualified deal goes through, the last one before its end included.
std::vector<int> route(const Fate& fate, Dice& dice) {
  constexpr std::array<double, 5> kEnds = {15, 20, 20, 25, 20};
  const int furthest = fate.wins ? kNegotiation : kQualified + static_cast<int>(dice.weighted(kEnds));
  const int skipped = dice.chance(0.12) ? (dice.chance(0.5) ? kDiscovery : kDemonstration) : -1;
  std::vector<int> stages;
  for (int stage = kQualified; stage <= furthest; ++stage)
    if (stage != skipped || stage == furthest) stages.push_back(stage);
  if (furthest == kNegotiation && dice.chance(0.08)) stages.insert(stages.end(), {kProposal, kNegotiation});
  return stages;
}

void sell(const Beginning& b, Fate& fate, Course& course, Dice& dice) {
  const std::vector<int> stages = route(fate, dice);
  std::vector<double> means, stays;
  double sum = 0;
  for (const int stage : stages) {
    const bool stuck = stage == kProposal && b.rep->team == kStuckTeam;
    means.push_back(kStageForms[static_cast<std::size_t>(stage)].days * kProducts[b.product].pace *
                    (stuck ? kStuckFactor : 1));
    stays.push_back(0.1 + means.back() * dice.wait());
    sum += stays.back();
  }
  // Room for the answer before and the weekends between, so that kLongestDeal holds.
  const double squeeze = std::min(1.0, (kLongestDeal - 60) / sum);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const double stay = stays[i] * squeeze;
    const Instant entered = course.last();
    if (i == 0 && fate.meets)
      course.add(later(entered, stay * dice.between(0.2, 0.8)), {{}, StepKind::meeting, 0, 0, {}});
    const bool last = i + 1 == stages.size();
    if (last && fate.stalls) return;
    const int next = !last ? stages[i + 1] : fate.wins ? kWon : kLost;
    course.add(later(entered, stay), move(next, means[i], next == kLost ? lost_reason(fate, dice) : ""));
  }
}

void after_win(Course& course, Dice& dice) {
  const Instant won = course.last();
  if (dice.chance(0.7)) course.add(later(won, dice.between(2, 10)), move(kOnboarding));
  for (std::size_t touches = dice.below(4); touches > 0; --touches)
    course.add(later(course.last(), dice.between(3, 30)), {{}, StepKind::touch, 0, 0, {}});
  if (dice.chance(0.5)) course.unattended(later(won, dice.between(330, 390)), {{}, StepKind::renew, 0, 0, {}});
}

void come_back(Fate& fate, Course& course, Dice& dice) {
  course.add(later(course.last(), dice.between(30, kLongestReturn - 10)), move(kProposal));
  fate.wins = dice.chance(kComebackWins);
  course.add(later(course.last(), dice.between(5, 20)),
             move(fate.wins ? kWon : kLost, 0, fate.wins ? "" : other_reason(dice)));
}

}  // namespace

Fate draw_fate(const Beginning& b, const Timeline& time, const WorkTime& work, Dice& dice) {
  Fate fate;
  Course course(fate, b.at, work, dice);
  if (b.inbound && !answer(b, fate, course, dice)) return fate;
  fate.meets = dice.chance(kMeets);
  fate.win = kTierWin[static_cast<std::size_t>(b.rep->tier)] * kSources[b.source].win *
             (fate.meets ? kMeetingHelps : kNoMeetingHurts) * (b.coached ? kCoachingHelps : 1) *
             (b.ramping ? kStarterHolds : 1);
  fate.win = std::min(fate.win, 0.95);
  fate.wins = dice.chance(fate.win);
  fate.stalls = dice.chance(kStalls);
  fate.competitor = b.sector == kRetail && work.day(b.at) >= time.competitor ? kCompetitorAfter : kCompetitorBefore;
  sell(b, fate, course, dice);
  if (fate.stalls) return fate;
  const Step end = fate.steps.back();
  const auto proposed = [](const Step& step) { return step.kind == StepKind::move && step.stage == kProposal; };
  fate.returns = end.stage == kLost && std::ranges::any_of(fate.steps, proposed) && dice.chance(kComesBack);
  if (fate.returns) come_back(fate, course, dice);
  if (fate.steps.back().stage == kWon) after_win(course, dice);
  return fate;
}

Fate draw_renewal(Instant due, const WorkTime& work, Dice& dice) {
  Fate fate;
  Course course(fate, due, work, dice);
  fate.win = kRenews;
  fate.wins = dice.chance(fate.win);
  course.add(later(due, 0.1 + kRenewalForms[kDue].days * dice.wait()), move(kQuoted));
  course.add(later(course.last(), 0.1 + kRenewalForms[kQuoted].days * dice.wait()),
             move(fate.wins ? kRenewed : kLapsed, 0, fate.wins ? "" : other_reason(dice)));
  return fate;
}

}  // namespace traction::demo
