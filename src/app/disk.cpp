#include "app/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/fault.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 1 << 20;

class Open {
 public:
  Open(const std::string& path, int flags) : file_(::open(path.c_str(), flags | O_CLOEXEC)) {
    if (file_ < 0) disk_fault(fmt::format("{} cannot be opened", path), errno);
  }
  ~Open() { close(file_); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  int get() const { return file_; }

 private:
  const int file_;
};

// Of its own for each of several that a server may be asked to write under one name.
std::string unfinished_name(const std::string& path) {
  static std::atomic<int> last = 0;
  return fmt::format("{}.{}-{}~", path, getpid(), ++last);
}

}  // namespace

void disk_fault(const std::string& what, int error) {
  throw Fault(error == ENOSPC || error == EDQUOT ? Fault::Kind::disk_full : Fault::Kind::disk,
              fmt::format("{}: {}.", what, error ? std::strerror(error) : "the disk failed"));
}

void make_folder(const std::string& path) {
  std::error_code failed;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, failed);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    disk_fault(fmt::format("The folder {} cannot be made", path), errno);
}

void read_file(const std::string& path, const std::function<void(std::string_view)>& visit) {
  const Open file(path, O_RDONLY);
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t got = read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) disk_fault(fmt::format("{} cannot be read", path), errno);
    if (got == 0) return;
    visit({piece.data(), static_cast<std::size_t>(got)});
  }
}

void sync_folder(const std::string& path) {
  const Open folder(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
  if (fsync(folder.get()) != 0) disk_fault(fmt::format("{} cannot be written", path), errno);
}

NewFile::NewFile(std::string path) : path_(std::move(path)), unfinished_(unfinished_name(path_)) {
  file_ = ::open(unfinished_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file_ < 0) disk_fault(fmt::format("{} cannot be made", path_), errno);
}

NewFile::~NewFile() {
  close(file_);
  unlink(unfinished_.c_str());
}

void NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) disk_fault(fmt::format("{} cannot be written", path_), errno);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

bool NewFile::publish() {
  if (fsync(file_) != 0) disk_fault(fmt::format("{} cannot be written", path_), errno);
  // A link, unlike a rename, never takes a name from another file.
  if (link(unfinished_.c_str(), path_.c_str()) != 0) {
    if (errno == EEXIST) return false;
    if (rename(unfinished_.c_str(), path_.c_str()) != 0) disk_fault(fmt::format("{} cannot be named", path_), errno);
  }
  sync_folder(fs::path(path_).parent_path().string());
  return true;
}

}  // namespace traction
