#include "app/import/reject.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fault.h"
#include "base/text.h"

namespace traction {

namespace {

constexpr std::size_t kLongestValueShown = 200;

[[noreturn]] void fail(const std::string& path) {
  throw Fault(errno == ENOSPC ? Fault::Kind::disk_full : Fault::Kind::disk,
              fmt::format("{}: {}", path, std::strerror(errno)));
}

}  // namespace

RejectFile::RejectFile(std::string path, const CsvFile& file, std::int64_t length)
    : path_(std::move(path)), file_(file) {
  if (length == 0) return;
  struct stat status {};
  lost_ = ::stat(path_.c_str(), &status) != 0 || status.st_size < length;
  if (lost_) return;
  if (::truncate(path_.c_str(), length) != 0) fail(path_);
  length_ = length;
}

void RejectFile::add(const Problem& problem, std::string_view raw) {
  const char delimiter = file_.delimiter(), quote = file_.quote();
  if (length_ == 0 && buffer_.empty()) {
    // The mark makes the file UTF-8 whatever encoding the mapping declares.
    buffer_ = "\xEF\xBB\xBF";
    for (const char* name : {"problem_row", "problem_column", "problem_value", "problem"})
      buffer_.append(name) += delimiter;
    buffer_.append(file_.raw_header()) += '\n';
  }
  const auto cell = [&](std::string_view text) { buffer_.append(csv_cell(text, delimiter, quote)) += delimiter; };
  cell(std::to_string(problem.row));
  cell(problem.column);
  cell(excerpt(problem.value, kLongestValueShown));
  cell(problem.reason);
  buffer_.append(raw) += '\n';
}

std::int64_t RejectFile::flush() {
  if (buffer_.empty()) return length_;
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (length_ == 0 ? O_TRUNC : O_APPEND), 0600);
  if (fd < 0) fail(path_);
  for (std::string_view left = buffer_; !left.empty();) {
    const ssize_t written = ::write(fd, left.data(), left.size());
    if (written < 0) {
      ::close(fd);
      fail(path_);
    }
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::close(fd) != 0) fail(path_);
  length_ += static_cast<std::int64_t>(buffer_.size());
  buffer_.clear();
  return length_;
}

}  // namespace traction
