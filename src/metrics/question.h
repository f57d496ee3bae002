// Question: a Query understood: its names found in catalogue, facts and schema, its labels turned into ids, its periods
// into days. Refuses what cannot be asked, before any number is computed. Looking labels up needs the mart, which is
// reached through Run, so that nothing here knows a database. Called by answer.h. Thread-safe as values.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/table.h"
#include "metrics/metric.h"
#include "metrics/path.h"
#include "metrics/period.h"
#include "metrics/query.h"

namespace traction {

// Runs one SELECT in the mart.
using Run = std::function<Result<Table>(const std::string& sql)>;

// All that a question is asked against. The references outlive it.
struct Asking {
  const Catalogue& catalogue;
  const Schema& schema;    // with the workspace's own fields
  Instant now;             // or, asked as of an earlier instant, that one
  std::int64_t as_of = 0;  // seq of the last entry that the tables tell of
  Run run;
  Run look_up;  // the same, of the little that many questions need alike: it may be kept
};

// The workspace's settings as they stand in the mart.
struct Settings {
  std::string zone, currency, week_start;
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> texts;  // all others, as stored
};

struct Question {
  const MetricDefinition* metric = nullptr;
  std::vector<const MetricDefinition*> leaves;  // the metrics over facts it is computed from
  bool by_currency = false;                     // every row is of one currency
  bool converted = false;                       // which is the workspace's: amounts are converted

  std::vector<std::string> by;           // as asked
  std::vector<std::vector<Path>> paths;  // [leaf][by]

  struct Where {
    std::vector<Path> paths;          // [leaf]
    std::vector<std::string> values;  // ids for references, else the value's text; "" = empty
    bool negate = false;
    std::string words;  // as asked, for people
  };
  std::vector<Where> where;

  Grain grain = Grain::none;
  Period period;
  std::optional<Comparison> comparison;
  bool shows_comparison = false;  // it was asked for; otherwise a formula looks back
  std::optional<Instant> at;      // the world is seen as of then, when asked
  std::optional<Instant> as_of;   // whose knowledge this is, when asked
  Instant judged;                 // at, or now: what is open is measured up to it
  Date today;                     // its day in the workspace's zone
  std::string too_short;          // why nothing is shown: the years there are do not fill a cycle; else ""
  Settings settings;
  std::set<std::string> settled;  // facts that are seen as of `at` by clipping alone

  Turning turning() const;
};

// The date column that tells the day of an instant column: "entered_at" → "entered_on". CHECKs the form of the name.
std::string day_column(const FactColumn& instant);

// Refused: unknown metric, dimension, label or value (unknown, with the nearest name), a name that means several
// things, a value of the wrong form or a period that does not begin before it ends (invalid), a comparison without a
// beginning (required), a mart without the workspace's settings (not_found).
Result<Question> understand(const Asking& asking, const Query& query);

}  // namespace traction
