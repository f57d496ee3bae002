// Backup and restore of a whole data directory as one file: a zstd-compressed tar of `manifest.json`, control.db and
// every workspace's ledger and blobs (not the marts: they are built anew). The manifest stands first and names every
// part with its size and BLAKE2b-256 digest, and a digest over these lines; so a part that is missing, cut short or
// changed is found before anything is touched. Made online: each store is copied as it stands at one moment. One call
// at a time per directory.
#pragma once

#include <string>

#include "app/directory.h"

namespace traction {

struct BackupReport {
  Instant made_at;
  std::vector<std::string> workspaces;
  std::int64_t parts = 0;
  std::int64_t bytes = 0;         // of all parts
  std::int64_t entries = 0;       // verified, after a restore
  std::int64_t erased_again = 0;  // records, after a restore
  std::string set_aside;          // where the directory that was replaced is now; "" = there was none
  bool list_lost = false;         // that directory could not say whom it had erased
};

// Writes a backup to a new file, which appears under its name only when it is whole and on the disk. Refused
// (duplicate) when the file exists. `progress` in bytes.
Result<BackupReport> backup(Directory& directory, const std::string& file, Clock& clock, const Progress& progress = {});

// Reads a backup through and checks every digest. Refused (damaged, not_found) naming the part at fault.
Result<BackupReport> check_backup(const std::string& file);

// Makes the data directory `path` from a backup: unpacked beside it, every ledger verified, then put in its place by
// one rename. Refused (damaged) as check_backup(); (duplicate) when `path` is not empty, unless `replace`: then what is
// there is set aside beside it, and whom it had erased is erased again from what was restored. Busy while it is used.
Result<BackupReport> restore(const std::string& file, const std::string& path, bool replace,
                             std::shared_ptr<const Definitions> definitions, Clock& clock, Random& random,
                             const Progress& progress = {});

}  // namespace traction
