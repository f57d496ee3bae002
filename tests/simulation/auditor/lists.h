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

// Deals that had begun. is: won, lost, open, qualified (ever), discovery (agreed to one), demo (held). on: created,
// closed, qualified, contacted, demo. much: amount, cycle (microseconds).
Cases deals(const Books& books, const Moment& moment);

// Stays of deals in stages. is: kind of stage, ended. on: entered, began (as Stay says), left. much: seconds. of: owner
// and team as it began; holder and holder_team, the deal's owner now and that one's team.
Cases visits(const Books& books, const Moment& moment);

// Stays cut where the deal's price changed. As visits; much: amount.
Cases worths(const Books& books, const Moment& moment);

// Steps of a pipeline that deals passed or reached. on: started. is: kind of stage, started_here, advanced, lost_here,
// still_here, skipped. much: place, the step's in its pipeline. of: pipeline.
Cases steps(const Books& books, const Moment& moment);

// Meetings, tasks, questions and whatever was planned. is: kind, follow_up, held, done, ended (done at a known time),
// to_come and overdue (of what is not done), came_due. on: noted, due, done, came_due. much: spent; late and waited,
// seconds from when it was due and noted. called: task_kind.
Cases duties(const Books& books, const Moment& moment);

// Proposals that were sent, each once and its revisions. is: revision. on: sent.
Cases proposals(const Books& books, const Moment& moment);

// What lists are made with.
void note_day(const Books& books, Case& one, const char* name, std::optional<Instant> when);
void note_amount(Case& one, const char* name, const json::object& body, const char* field);
void note_deal(Case& one, const Thing* deal);  // the stage it is in now, its product
void note_milestones(const Books& books, Case& one, const Thing& deal, const Moment& moment);

// When an activity happened: as corrected, else as its entry says.
std::optional<Instant> happened(const Thing& activity);

}  // namespace traction::auditor
