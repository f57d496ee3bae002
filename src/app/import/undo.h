// Taking back a whole import: what it created goes into the bin, what it changed goes back to what it was. Nothing that
// somebody built upon since is touched: it is reported. It writes through the same writer, with the import as origin,
// so that it can be called again after a kill. One thread calls it; called by cli/ and, later, the server's jobs.
#pragma once

#include "app/import/import.h"

namespace traction {

// Something that was not taken back.
struct Kept {
  std::string type;
  Id record = 0;
  std::string title;
  std::string reason;  // a sentence
};

struct UndoReport {
  Id import = 0;
  std::map<std::string, std::int64_t> removed;   // records into the bin, by type
  std::map<std::string, std::int64_t> restored;  // records that have their former values again
  std::vector<Kept> kept;
};

// Takes back the import of that id. A record it created stays when somebody changed it since, or when a live record
// that is not of this import names it (directly, or through one that stays). A field it changed stays when it was
// changed since. Refused (not_found) when there is no such import, (rule) when it was undone already.
Result<UndoReport> undo_import(const ImportHost& host, Id import, Id actor,
                               const std::function<void(std::int64_t done, std::int64_t total)>& progress = {});

}  // namespace traction
