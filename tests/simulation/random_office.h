// RandomOffice: a workspace in which random things happen through its writer, as fast as it takes them: every record
// type with every field it has, edits, backdating, unknown times, merges, deletions and what undoes them, new settings,
// stages, teams and custom fields. It knows types and fields from the schema alone. The same from the same seed. Tests
// only. Not thread-safe.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "app/workspace.h"
#include "support/machine.h"

namespace traction {

class RandomOffice {
 public:
  // Begins the workspace, with some people, pipelines and customers; `mart` is where its mart goes.
  RandomOffice(std::unique_ptr<Ledger> ledger, std::shared_ptr<const Definitions> definitions, const std::string& mart,
               std::uint64_t seed);
  ~RandomOffice();

  Workspace& workspace() { return *workspace_; }
  Instant now() { return clock_.now(); }

  // Lets things happen until the ledger has so many entries; nobody is writing when it returns, and the clock has moved
  // on from the last.
  void live_until(Seq entries);

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(chance_() % static_cast<std::uint64_t>(limit));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(static_cast<std::int64_t>(all.size())))];
  }

 private:
  Id make(const std::string& type, json::object fields);
  Action happening();
  json::object fields_of(const RecordType& type, std::int64_t one_of);
  json::value value_of(const Field& field);
  Action settings_changed();
  Action field_added();
  void date(Action& action);

  std::mt19937_64 chance_;
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Workspace> workspace_;
  std::map<std::string, std::vector<Id>> ids_;  // of each type, merged and deleted ones too
  int own_fields_ = 0;
  std::int64_t names_ = 0;
};

}  // namespace traction
