// touched_keys(): the SELECT of all keys of a fact whose rows may differ between two states of the records, as the
// fact's header tells ([touched] in metrics/fact.h), whichever of the two is the later. Pure; called by Facts, from the
// state before a catch-up to the one after it, and by Backwards, from the present to an earlier state.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "metrics/fact.h"

namespace traction {

// What lies between the two.
struct Between {
  std::set<std::string> changed;  // record types and facts; changed_<name> is there for each
  bool moved = false;             // the table `moved` holds ids whose root changed
  std::function<bool(const std::string& type)> has_old;
  std::function<std::string(const std::string&type)> was, now;  // the SELECTs in the places of {was TYPE}, {now TYPE}
};

// "" when nothing that the fact reads has changed.
std::string touched_keys(const FactDefinition& fact, const Between& between);

}  // namespace traction
