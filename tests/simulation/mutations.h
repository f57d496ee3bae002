// Mutations: definitions with one thing wrong each, made in memory from the files, in an order that depends on nothing
// but them: a comparison flipped, a filter dropped, another column, another value, min for max. To prove that the
// auditor notices. Tests only; pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "metrics/metric.h"

namespace traction {

struct Mutation {
  bool of_fact = false;  // else of a metric
  std::size_t file = 0;  // its place among the files
  std::string text;      // of the whole file, with the mistake
  std::string words;     // "facts/touch.sql:112: … AND {a => b}"
  std::string metric;    // the block it is in, of a metric
};

// All mutations there are of the SELECTs of `facts` and the blocks of `metrics`, but those of a column that no metric
// of the catalogue reads, directly or through another fact, and a few that can be proven idle: they change no number.
std::vector<Mutation> mutations(const std::vector<DefinitionFile>& facts, const std::vector<DefinitionFile>& metrics,
                                const Catalogue& catalogue);

}  // namespace traction
