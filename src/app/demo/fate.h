// The fate of a demo deal: everything that will happen to it, drawn when it begins, with the chances it was drawn by.
// Pure but for the dice it is handed. Called by demo_story for every deal.
#pragma once

#include <vector>

#include "app/demo/cast.h"

namespace traction::demo {

enum class StepKind {
  auto_reply,  // a machine thanks for the message
  answer,      // the first touch by a person
  meeting,     // held
  move,        // to `stage`
  touch,       // after the win
  renew,       // a renewal falls due
};

struct Step {
  Instant at;
  StepKind kind = StepKind::move;
  int stage = 0;
  double days = 0;            // for a move: the mean by which the stay in the stage left was drawn
  std::string_view reason{};  // for a move to lost
};

struct Fate {
  bool answered = true;  // by a person; true for outbound
  bool fast = false;     // within the hour
  bool meets = false;
  bool stalls = false;  // stays in its furthest stage for good
  bool wins = false;
  bool returns = false;                              // is lost, and comes back
  double never_answers = 0, qualifies = 0, win = 0;  // the chances
  double competitor = 0;                             // chance that a loss after qualifying is a competitor's
  std::vector<Step> steps;                           // ascending in time
};

// What is known when a deal begins.
struct Beginning {
  Instant at;
  const Rep* rep = nullptr;
  std::size_t product = 0, source = 0, sector = 0;
  bool inbound = true;
  bool coached = false;  // by somebody, with effect
  bool ramping = false;
};

Fate draw_fate(const Beginning& beginning, const Timeline& time, const WorkTime& work, Dice& dice);
Fate draw_renewal(Instant due, const WorkTime& work, Dice& dice);

}  // namespace traction::demo
