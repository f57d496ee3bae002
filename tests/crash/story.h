// What the crash tests do to a ledger: a long story of commits of every kind, each with a number that is acknowledged,
// and the audit of what must be left of it. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ledger/sqlite.h"
#include "ledger/test_entries.h"

namespace traction::test {

// A folder of its own, removed at the end. In memory where the machine offers that: what a power loss leaves is made by
// PowerLoss, not by the folder.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return folder_ / name; }
  const std::filesystem::path& name() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

class Story {
 public:
  explicit Story(std::uint64_t seed) : random_(seed) {}

  // Begins to act on this ledger; what was told before must be in it.
  void go_on(Ledger& ledger) { ledger_ = &ledger; }

  // One commit of some entries with an idempotency key. Returns its number, 1, 2, 3 …
  std::int64_t commit();

  // Checks that a ledger holds all commits up to `acknowledged` and nothing that was never begun, that it verifies, and
  // that it can be written. Returns what is wrong, "" when nothing is.
  std::string audit(Ledger& ledger, std::int64_t acknowledged);

 private:
  void act(Hand& hand, Transaction& transaction);

  const Schema schema_ = small_schema();
  SeededRandom random_;
  Ledger* ledger_ = nullptr;
  std::int64_t begun_ = 0;
  std::map<std::int64_t, Head> heads_;  // after each commit that was begun
  std::vector<std::int64_t> done_;      // those whose commit returned
};

}  // namespace traction::test
