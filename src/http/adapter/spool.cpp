#include "http/adapter/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace traction::adapter {

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
    const ssize_t size = ::write(descriptor_, bytes.data(), bytes.size());
    if (size >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(size));
    else if (errno != EINTR)
      failure_ = errno;
  }
}

void Spool::close() {
  if (descriptor_ < 0 && !failure_) open();  // an empty body is an empty file
  if (descriptor_ >= 0 && ::close(descriptor_) != 0 && !failure_) failure_ = errno;
  descriptor_ = -1;
}

}  // namespace traction::adapter
