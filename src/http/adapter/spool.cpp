#include "http/adapter/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

namespace traction::adapter {
namespace {

// What is left of a disk for the ledger, however much is sent: its twentieth part, at most this.
constexpr std::uint64_t kReserve = std::uint64_t{1} << 30;
constexpr std::uint64_t kLookEvery = 16 << 20;  // bytes

bool has_room(int descriptor) {
  struct statvfs disk;
  if (fstatvfs(descriptor, &disk) != 0) return true;  // writing will tell
  const std::uint64_t unit = disk.f_frsize;
  return disk.f_bavail * unit >= std::min(kReserve, disk.f_blocks * unit / 20);
}

}  // namespace

Spool::~Spool() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!path_.empty()) unlink(path_.c_str());
}

void Spool::open() {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  std::string path = folder_ + "/body-XXXXXX";
  descriptor_ = mkostemp(path.data(), O_CLOEXEC);
  if (descriptor_ < 0)
    failure_ = errno;
  else
    path_ = std::move(path);
}

void Spool::write(std::string_view bytes) {
  if (descriptor_ < 0 && !failure_) open();
  while (!bytes.empty() && !failure_) {
    if (written_ >= looked_at_ + kLookEvery || written_ == 0) {
      looked_at_ = written_;
      if (!has_room(descriptor_)) failure_ = ENOSPC;
      if (failure_) break;
    }
    const ssize_t size = ::write(descriptor_, bytes.data(), bytes.size());
    if (size >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
      written_ += static_cast<std::uint64_t>(size);
    } else if (errno != EINTR)
      failure_ = errno;
  }
}

void Spool::close() {
  if (descriptor_ < 0 && !failure_) open();  // an empty body is an empty file
  if (descriptor_ >= 0 && ::close(descriptor_) != 0 && !failure_) failure_ = errno;
  descriptor_ = -1;
}

}  // namespace traction::adapter
