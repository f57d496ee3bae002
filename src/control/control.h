// Control: what a data directory knows beside its workspaces' ledgers: which workspaces there are, whose data were
// erased (so that a restored backup forgets them again), and the audit of what left or replaced the data. Kept in
// SQLite. One Control belongs to one directory; any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace traction {

namespace sqlite {
class Database;
}

class Control {
 public:
  // Opens or makes the file. Refused (invalid) when it was written by a newer Traction; a Fault when it is no control
  // file or the disk fails.
  static Result<std::unique_ptr<Control>> open(const std::string& path);
  ~Control();

  struct WorkspaceRow {
    std::string name;
    Instant created_at;
  };
  std::vector<WorkspaceRow> workspaces();  // by name
  void add_workspace(const WorkspaceRow& row);

  // One erased record. `created_hash` is the chain hash (hex) of the entry that created it, which tells the very record
  // from another with its number in a ledger that was restored and went on differently.
  struct Erasure {
    std::string workspace, type;
    std::int64_t record = 0;
    std::string created_hash;
    Instant asked_at;       // the last time
    bool finished = false;  // nothing of it is left in any file
  };
  std::vector<Erasure> erasures();              // in the order they were listed
  bool add_erasure(const Erasure& erasure);     // as unfinished, also again; false when it was listed already
  void remove_erasure(const Erasure& erasure);  // it was refused

  // Whether an erasure in the workspace has begun and not come to its end; and that all of them have.
  bool erasing(const std::string& workspace);
  void erased(const std::string& workspace);

  struct AuditLine {
    Instant happened_at;
    std::string action, workspace, detail;
  };
  void audit(const AuditLine& line);
  std::vector<AuditLine> audit_lines();  // oldest first

  // Writes a consistent copy to a new file.
  void backup(const std::string& path);

 private:
  explicit Control(std::unique_ptr<sqlite::Database> database);
  std::mutex mutex_;
  std::unique_ptr<sqlite::Database> database_;
};

}  // namespace traction
