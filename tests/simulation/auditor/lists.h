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
// and stage of the deal. is: kind, direction, outcome, connect, conversation, cold, success (of a cold one), told (its
// outcome), follow_up, post_close. on: happened. much: talk.
Cases touches(const Books& books, const Moment& moment);

// Inbound deals. on: created. is: ended (answered) or waiting, judged (old enough). much: seconds to the answer, or so
// far. called: response_band.
Cases leads(const Books& books, const Moment& moment);

// Deals that had begun. is: won, lost, open, competitor (lost to one), qualified (ever), discovery (agreed to one),
// demo (held), open_ended. on: created, closed, qualified, contacted, demo, expected. much: amount, list, cycle
// (microseconds), closed (when), months. of: account, campaign, pipeline. called: currency, source, competitor,
// met_within_7_days.
Cases deals(const Books& books, const Moment& moment);

// Deals that were won. As deals; is: new or existing, where it is known which.
Cases purchases(const Books& books, const Moment& moment);

// Accounts while they had a contract, without too long a gap, as the purchase whose contract runs longest. is:
// open_ended, renewable (still). on: ended.
Cases contract_runs(const Books& books, const Moment& moment);

// Deals. As deals; is: unbanded, or the quarter of all closed ones that its cycle is in: quickest, quick, slow,
// slowest.
Cases decisions(const Books& books, const Moment& moment);

// Stays of deals in stages. is: kind of stage, ended. on: entered, began (as Stay says), left. much: seconds. of: owner
// and team as it began. is: later_won.
Cases visits(const Books& books, const Moment& moment);

// Open deals while they were worth the same: stays cut where amount, currency or expected close changed. As visits, but
// of the deal's owner now and that one's team. much: amount, since (created); limit, seconds that no won deal of its
// pipeline took longer than. of: pipeline.
Cases worths(const Books& books, const Moment& moment);

// As worths; amount times the share won of its stage. is: unheld where there is no share.
Cases weighted(const Books& books, const Moment& moment);

// What changed the pipeline. is: kind of change, incoming. on: happened. much: amount, deals, both signed. of: owner
// and team now, stage, deal. called: currency, due_month.
Cases movements(const Books& books, const Moment& moment);

// Open deals while nothing was planned for them. As worths, without amounts.
Cases unplanned(const Books& books, const Moment& moment);

// Times from one touch of an open deal to the next, in one stay. As unplanned. on: ended (by the second). much: gap
// (seconds).
Cases gaps(const Books& books, const Moment& moment);

// Open deals while they were not touched and as much was planned. As unplanned. is: planned; unheld where there is no
// limit. much: since (it began), limit (seconds that it is usually left alone in its stage).
Cases silences(const Books& books, const Moment& moment);

// Stays on the way that deals are in, held against how long others were. As visits, but of the deal's owner now. much:
// since (entered), limit (seconds). is: unheld where there is no limit.
Cases lingering(const Books& books, const Moment& moment);

// Moves of deals to another stage. is: touched, shortly before. on: moved.
Cases moves(const Books& books, const Moment& moment);

// Steps of a pipeline that deals passed or reached. on: started. is: kind of stage, started_here, advanced, lost_here,
// still_here, skipped; deal_won, deal_lost. much: place, the step's in its pipeline. of: pipeline.
Cases steps(const Books& books, const Moment& moment);

// Meetings, tasks, questions and whatever was planned. is: kind, follow_up, held, done, ended (done at a known time),
// to_come and overdue (of what is not done), comes_due (later). on: noted, due, done, came_due. much: spent; late and
// waited, seconds from when it was due and noted; noted_at, done_at. called: task_kind.
Cases duties(const Books& books, const Moment& moment);

// Proposals that were sent, each once and its revisions. is: revision. on: sent.
Cases proposals(const Books& books, const Moment& moment);

// Costs. is: acquisition. on: spent. much: amount. of: campaign. called: currency, source (the channel).
Cases costs(const Books& books, const Moment& moment);

// Quotas, day by day. is: member, team or company. on: day. much: amount. called: currency.
Cases quota_days(const Books& books, const Moment& moment);

// Days of members. is: working, active, past. on: begins.
Cases work_days(const Books& books, const Moment& moment);

// What lists are made with.
struct Done {
  const Thing* activity;
  std::string kind, direction, outcome;
  std::optional<Instant> happened;
  Id deal, contact;
  bool automatic;
};
std::vector<Done> done_touches(const Books& books);
void note_day(const Books& books, Case& one, const char* name, std::optional<Instant> when);
void note_amount(Case& one, const char* name, const json::object& body, const char* field);
void note_deal(Case& one, const Thing* deal);  // the stage it is in now, product, campaign, source
void note_milestones(const Books& books, Case& one, const Thing& deal, const Moment& moment);

// An amount with its currency and what it is in the workspace's, by the rate of a day as an entry knew it.
void note_money(const Books& books, Case& one, const char* name, std::optional<std::int64_t> amount,
                const std::string& currency, Date day, Seq known);
constexpr Seq kKnownNow = INT64_MAX - 1;

// "won", "lost" or "open".
std::string outcome(const Books& books, const Stay& stay);
// The stay in which a deal came to its outcome, and has kept it since; null while it is open.
const Stay* closing(const Books& books, const std::vector<Stay>& stays);
bool is_on_the_way(const std::string& kind);
Case visit(const Books& books, const Thing& deal, const Stay& stay, const Moment& moment);

// When an activity happened: as corrected, else as its entry says.
std::optional<Instant> happened(const Thing& activity);

}  // namespace traction::auditor
