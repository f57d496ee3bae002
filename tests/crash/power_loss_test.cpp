// The power goes at 500 moments of a ledger's life, each time taking a random half of what was not fsynced. Nothing
// that was acknowledged may be lost; without fsyncs the same must lose something, or this test could not see it.
#include <gtest/gtest.h>

#include <set>

#include "base/fault.h"
#include "crash/disk.h"
#include "crash/story.h"

namespace traction {
namespace {

using namespace test;

struct Damage {
  int crashes = 0;
  int lost = 0;
  std::string first;
};

// Lives through a story on a recorded disk, then crashes `crashes` times.
Damage live_and_crash(const std::string& disk_name, bool durable, int crashes) {
  constexpr int kSessions = 3;
  constexpr int kCommits = 150;
  Disk disk(disk_name);
  Story story(11);
  const Folder folder;
  SeededRandom random(7);
  for (int session = 0; session < kSessions; ++session) {
    auto ledger =
        open_sqlite_ledger({.path = folder.path("ledger.db"), .vfs = disk.name(), .durable = durable}, random);
    CHECK(ledger.has_value());
    story.go_on(**ledger);
    for (int i = 0; i < kCommits; ++i) {
      disk.acknowledge(story.commit());
      if (i == kCommits / 2) (*ledger)->scrub();
    }
  }

  std::multiset<std::size_t> moments;
  for (int i = 0; i < crashes; ++i) moments.insert(random.below(disk.events().size() + 1));
  PowerLoss power(disk.events(), 13);
  const Folder left;
  Damage damage;
  for (const std::size_t moment : moments) {
    power.advance(moment);
    for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db-shm"}) std::filesystem::remove(left.path(name));
    power.leave(left.name());
    ++damage.crashes;
    std::string wrong;
    try {
      auto ledger = open_sqlite_ledger({.path = left.path("ledger.db"), .durable = false}, random);
      wrong = ledger ? story.audit(**ledger, power.acknowledged()) : to_string(ledger.error());
    } catch (const Fault& fault) {
      wrong = fault.what();
    }
    if (wrong.empty()) continue;
    ++damage.lost;
    if (damage.first.empty()) damage.first = fmt::format("at event {}: {}", moment, wrong);
  }
  return damage;
}

TEST(PowerLoss, LosesNothingThatWasAcknowledged) {
  const Damage damage = live_and_crash("durable", true, 500);
  EXPECT_EQ(damage.crashes, 500);
  EXPECT_EQ(damage.lost, 0) << damage.first;
}

TEST(PowerLoss, WithoutFsyncLosesSomething) {
  const Damage damage = live_and_crash("careless", false, 30);
  EXPECT_GT(damage.lost, 0);
}

}  // namespace
}  // namespace traction
