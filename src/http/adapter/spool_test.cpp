#include "http/adapter/spool.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <filesystem>

#include "http/adapter/wire.h"

namespace traction::adapter {
namespace {

// A file system of 64 MiB. Needs an administrator.
class SmallDisk {
 public:
  SmallDisk() : mounted(mount("tmpfs", path().c_str(), "tmpfs", 0, "size=64m") == 0) {}
  ~SmallDisk() {
    if (mounted) umount(path().c_str());
  }
  std::string path() const { return folder_.string(); }

 private:
  const wire::Folder folder_;

 public:
  const bool mounted;
};

TEST(SpoolTest, LeavesRoomForTheLedgerOnTheSameDisk) {
  const SmallDisk disk;
  if (!disk.mounted) GTEST_SKIP() << "only an administrator may mount a small disk";
  Spool spool(disk.path() + "/spool");
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 48; ++i) spool.write(piece);
  EXPECT_EQ(spool.failure(), 0);
  Spool second(disk.path() + "/spool");
  for (int i = 0; i < 14; ++i) second.write(piece);
  Spool third(disk.path() + "/spool");
  third.write(piece);
  EXPECT_EQ(third.failure(), ENOSPC) << "less than a twentieth is left";
  EXPECT_GE(std::filesystem::space(disk.path()).available, 1u << 20);
}

}  // namespace
}  // namespace traction::adapter
