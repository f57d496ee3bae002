// Books: a ledger's entries, folded by hand: every record with all its versions, what was merged led to its root, who
// was in which team when, how deals moved. What the auditor reckons from. It shares nothing with the product but the
// reading of entries, their JSON and Instant. Slow and plain on purpose. Tests only; immutable, thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace traction::auditor {

// The numbers under which entries name the types of records.
enum Kind {
  kWorkspace = 1,
  kMember = 4,
  kAccount = 5,
  kContact = 6,
  kStage = 8,
  kCampaign = 10,
  kDeal = 11,
  kActivity = 12,
  kCost = 13,
  kProposal = 15,
  kQuota = 16,
  kRate = 17,
};

struct Version {
  Seq seq = 0;
  std::optional<Instant> occurred;
  Instant recorded;
  json::object said;  // by this entry alone
  json::object body;  // after it
  bool live = true;   // after it
};

struct Thing {
  Id id = 0;
  std::vector<Version> versions;
  bool live = true;
  Id merged_into = 0;

  std::optional<Instant> created() const { return versions.front().occurred; }
  const json::object& body() const { return versions.back().body; }
};

// A deal's stay in a stage.
struct Stay {
  Id stage = 0;
  std::optional<Instant> entered;
  std::optional<Instant> began;  // as entered; where that is not known, when the stay before ended
  Instant noted;                 // when the ledger learned of it
  std::optional<Instant> left;   // nullopt while it lasts
  Id owner = 0, team = 0;        // as it began
  Seq said = 0;                  // by which entry
  json::object last;             // the deal as it was when the stay ended, or is
};

class Books {
 public:
  explicit Books(Ledger& ledger);

  // Live records of a type, by id.
  std::vector<const Thing*> live(Kind kind) const;
  const Thing* find(Kind kind, Id id) const;       // in any state; null when there is none
  const Thing* find_live(Kind kind, Id id) const;  // null also when it is removed or an alias

  // What a record refers to now, led to the root of what was merged; 0 = nothing.
  Id reference(const json::object& body, Kind to, const char* field) const;

  // The team a member was in at an instant; without one, the last it was in. 0 = none.
  Id team_of(Id member, std::optional<Instant> when) const;

  // Stays of a deal that had begun by `at`, the one that lasted then without an end. A first stay whose beginning is
  // unknown has begun before.
  std::vector<Stay> stays(const Thing& deal, std::optional<Instant> at) const;

  std::string stage_kind(Id stage) const;

  const json::object& settings() const { return things_.at(kWorkspace).begin()->second.body(); }
  std::int64_t setting(const char* name) const { return settings().at(name).to_number<std::int64_t>(); }

  // Of a body with an amount: its currency, or the workspace's.
  std::string currency(const json::object& body) const;

  // An amount in the workspace's currency: by the latest rate of `day` that the ledger knew by the entry `known`, or,
  // where it knew none, the one it was first told since. Nullopt without a rate.
  std::optional<std::int64_t> in_own(std::int64_t amount, const std::string& currency, Date day, Seq known) const;

  // How much of [from, to) lies in the company's working hours, on its own clock.
  std::int64_t working_seconds(Instant from, Instant to) const;

  // Whether anybody works on that day.
  bool is_worked(Date day) const;

  // When a day begins in the workspace's zone.
  Instant midnight(Date day) const;

  // The day in the workspace's zone.
  Date day(Instant instant) const;
  std::optional<Date> day(std::optional<Instant> instant) const;

 private:
  std::map<int, std::map<Id, Thing>> things_;
};

// Values of a body: nothing (0, "", nullopt, false) where the field is empty.
Id id_in(const json::object& body, const char* field);
std::string text_in(const json::object& body, const char* field);
std::optional<std::int64_t> number_in(const json::object& body, const char* field);
std::optional<Instant> instant_in(const json::object& body, const char* field);
std::optional<Date> date_in(const json::object& body, const char* field);
bool true_in(const json::object& body, const char* field);

}  // namespace traction::auditor
