// The disk is full, or fails: what is refused, what goes on, and what is there afterwards.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>

#include <fstream>

#include "base/fault.h"
#include "crash/disk.h"
#include "crash/story.h"

namespace traction {
namespace {

using namespace test;

// A disk with little room.
class SmallDisk {
 public:
  virtual ~SmallDisk() = default;
  virtual std::string path() = 0;  // of the ledger
  virtual std::string vfs() { return ""; }
  virtual void make_room() = 0;
};

// A file system of a few megabytes, half of it taken by somebody else. Needs an administrator.
class Tmpfs final : public SmallDisk {
 public:
  Tmpfs() {
    mounted_ = mount("tmpfs", folder_.name().c_str(), "tmpfs", 0, "size=4m") == 0;
    if (mounted_) std::ofstream(filler()) << std::string(2 << 20, 'x');
  }
  ~Tmpfs() override {
    if (mounted_) umount(folder_.name().c_str());
  }
  bool mounted() const { return mounted_; }
  std::string path() override { return folder_.path("ledger.db"); }
  void make_room() override { std::filesystem::remove(filler()); }

 private:
  std::string filler() const { return folder_.path("filler"); }
  const Folder folder_;
  bool mounted_ = false;
};

// Files that cannot grow past a limit.
class Limited final : public SmallDisk {
 public:
  Limited() {
    disk_.record = false;
    disk_.sabotage = [this](const DiskEvent& event) {
      const auto end = event.offset + static_cast<std::int64_t>(event.bytes.size());
      return event.kind == DiskEvent::Kind::write && end > limit_ ? SQLITE_FULL : SQLITE_OK;
    };
  }
  std::string path() override { return folder_.path("ledger.db"); }
  std::string vfs() override { return disk_.name(); }
  void make_room() override { limit_ *= 10; }

 private:
  const Folder folder_;
  Disk disk_{"limited"};
  std::int64_t limit_ = 1 << 20;
};

void fill_and_make_room(SmallDisk& disk) {
  SeededRandom random(5);
  Story story(17);
  std::int64_t acknowledged = 0;
  {
    auto opened = open_sqlite_ledger({.path = disk.path(), .vfs = disk.vfs()}, random);
    ASSERT_TRUE(opened) << to_string(opened.error());
    Ledger& ledger = **opened;
    story.go_on(ledger);
    for (int refusals = 0; refusals < 3;) {
      try {
        acknowledged = story.commit();
        ASSERT_LT(acknowledged, 20'000);
      } catch (const Fault& fault) {
        ++refusals;
        EXPECT_EQ(fault.kind(), Fault::Kind::disk_full) << fault.what();
        EXPECT_NE(std::string(fault.what()).find(disk.path()), std::string::npos);
      }
    }
    const auto reader = ledger.read();
    Seq seen = 0;
    reader->entries(0, std::numeric_limits<Seq>::max(), [&](const StoredEntry&) { return ++seen; });
    EXPECT_GT(acknowledged, 10);
    EXPECT_GT(seen, acknowledged);
    EXPECT_EQ(seen, reader->head().seq);

    disk.make_room();
    for (int i = 0; i < 20; ++i) acknowledged = story.commit();
    EXPECT_EQ(story.audit(ledger, acknowledged), "");
  }
  auto again = open_sqlite_ledger({.path = disk.path(), .create = false}, random);
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(verify(**again, small_schema()));
}

TEST(DiskFull, IsRefusedAndRecoversOnceThereIsRoom) {
  Limited disk;
  fill_and_make_room(disk);
}

TEST(DiskFull, OnARealFileSystem) {
  Tmpfs disk;
  if (!disk.mounted()) GTEST_SKIP() << "only an administrator can mount a small file system";
  fill_and_make_room(disk);
}

// The n-th thing that is written fails, for every n: what was acknowledged stays, and nothing more is written.
TEST(DiskFailure, StopsWritingAndLosesNothing) {
  constexpr int kCommits = 12;
  bool came_through = false;
  for (int n = 1; !came_through; ++n) {
    ASSERT_LT(n, 2000);
    const Folder folder;
    Disk disk("failing");
    disk.record = false;
    int left = n;
    disk.sabotage = [&left](const DiskEvent& event) {
      if (--left != 0) return SQLITE_OK;
      return event.kind == DiskEvent::Kind::sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    };
    SeededRandom random(5);
    Story story(19);
    std::int64_t acknowledged = 0;
    try {
      auto opened = open_sqlite_ledger({.path = folder.path("ledger.db"), .vfs = disk.name()}, random);
      ASSERT_TRUE(opened) << to_string(opened.error());
      Ledger& ledger = **opened;
      story.go_on(ledger);
      try {
        for (int i = 0; i < kCommits; ++i) acknowledged = story.commit();
        came_through = left > 0;
      } catch (const Fault& fault) {
        EXPECT_TRUE(fault.kind() == Fault::Kind::disk || fault.kind() == Fault::Kind::unknown_outcome) << fault.what();
        EXPECT_THROW(ledger.begin(), Fault) << "after " << n;
        EXPECT_GE(ledger.read()->head().seq, acknowledged) << "reading goes on";
      }
    } catch (const Fault& fault) {
      EXPECT_EQ(acknowledged, 0) << fault.what();
    }
    auto again = open_sqlite_ledger({.path = folder.path("ledger.db")}, random);
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(story.audit(**again, acknowledged), "") << "after " << n;
  }
}

}  // namespace
}  // namespace traction
