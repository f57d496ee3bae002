// Archive: named files packed into one, which tells when any of it was cut short or changed. A zstd-compressed tar
// whose first member, manifest.json, names every part with size and BLAKE2b-256 digest, and ends with a digest over
// itself; `tar --zstd -xf` reads it too. It knows nothing of what the parts are. Stateless, thread-safe. Called by
// backup.h.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "mart/mart.h"

namespace traction {

struct ArchivePart {
  std::string name;  // in the archive: relative, "w/default/ledger.db"
  std::string path;  // of the file that holds it
};

// Writes the archive under a name of its own, forces it to the disk and only then gives it `file` as its name. `about`
// is kept in the manifest. Refused (duplicate) when `file` exists; a Fault when the disk fails. `progress` in bytes.
Result<void> write_archive(const std::string& file, const json::object& about, const std::vector<ArchivePart>& parts,
                           const Progress& progress = {});

// Reads an archive through, checks every part, and writes them below the folder `into` ("" = checks only); returns the
// manifest. Refused with the part's name as field: not_found, damaged, invalid (something else, or a newer form). After
// a refusal `into` holds a part of it.
Result<json::object> read_archive(const std::string& file, const std::string& into, const Progress& progress = {});

}  // namespace traction
