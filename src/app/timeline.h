// Timeline: what happened to a record and around it, newest first, what has no known time last: its own entries, from
// the ledger, and the activities that refer to it, from the mart. Pages follow a cursor that names the last thing
// shown. Stateless, thread-safe. Called by the API.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/workspace.h"

namespace traction {

// One of the two.
struct TimelineItem {
  std::optional<Instant> at;             // when it happened, or is due; of an entry else when it was recorded
  std::optional<Entry> entry;            // of the record itself
  std::optional<StoredRecord> activity;  // that refers to it; live
};

struct TimelinePage {
  std::vector<TimelineItem> items;
  std::string next;  // the cursor of the page after this one; "" at the end
  Seq known = 0;     // every entry up to this one counted; later ones may have
};

// At most `limit` things from `cursor` on ("" = the newest). The mart is brought up to `at_least` first. Refused
// (invalid) when the cursor is none.
Result<TimelinePage> timeline(Workspace& workspace, const Schema& schema, const StoredRecord& record, std::size_t limit,
                              const std::string& cursor, Seq at_least);

}  // namespace traction
