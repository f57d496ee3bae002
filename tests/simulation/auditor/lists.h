// Lists: the things that metrics count, made from the books, one function per thing. They know what a thing is, not
// which metric counts it (rules.h). Tests only; pure, thread-safe.
#pragma once

#include "simulation/auditor/books.h"
#include "simulation/auditor/numbers.h"

namespace traction::auditor {

// When the world is looked at.
struct Moment {
  std::optional<Instant> at;  // what began then or later is not there, what ended then or later goes on
  Instant judged;             // `at`, or the present
};

// Calls, emails, meetings and messages that were done. of: owner (who did it), its team then, deal, contact; product
// and stage of the deal. is: kind, direction, outcome, connect, conversation, cold, success (of a cold one), follow_up,
// post_close. on: happened. much: talk.
Cases touches(const Books& books, const Moment& moment);

// Inbound deals. on: created. is: ended (answered) or waiting, judged (old enough). much: seconds to the answer, or so
// far.
Cases leads(const Books& books, const Moment& moment);

// Deals that had begun. is: won, lost, open. on: created, closed. much: amount, cycle (microseconds).
Cases deals(const Books& books, const Moment& moment);

// Stays of deals in stages. is: kind of stage, ended. on: entered, began (as Stay says), left. much: seconds. of: owner
// and team as it began; holder and holder_team, the deal's owner now and that one's team.
Cases visits(const Books& books, const Moment& moment);

// Stays cut where the deal's price changed. As visits; much: amount.
Cases worths(const Books& books, const Moment& moment);

// Steps of a pipeline that deals passed or reached. on: started. is: kind of stage, started_here, advanced, lost_here,
// still_here, skipped. much: place, the step's in its pipeline. of: pipeline.
Cases steps(const Books& books, const Moment& moment);

}  // namespace traction::auditor
