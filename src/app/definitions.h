// Definitions: the directory definitions/ found, read and checked as a whole, once at start. It opens files; what they
// mean is the schema's and the metrics' business. Immutable afterwards, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "metrics/fact.h"
#include "metrics/metric.h"
#include "schema/schema.h"

namespace traction {

struct Definitions {
  std::string directory;
  Schema schema;
  std::vector<FactDefinition> facts;  // in build order
  Catalogue catalogue;                // of metrics
};

// The directory that holds the definitions: $TRACTION_DEFINITIONS, else ../share/traction/definitions beside the
// program, else the source tree it was built from. Refused (not_found) naming where it looked.
Result<std::string> find_definitions();

// Reads and checks all of it. Refused with the place, such as "records/deal.toml:12", at the first mistake.
Result<std::shared_ptr<const Definitions>> load_definitions(const std::string& directory);

// The files of one kind ("records", ".toml"), by name, with paths relative to `directory`. A Fault when one cannot be
// read; none when the folder is missing.
std::vector<DefinitionFile> read_definitions(const std::string& directory, const std::string& folder,
                                             const std::string& extension);

}  // namespace traction
