// Spool: the file that a long body is put into while it comes. Every call may wait for the disk: not for I/O threads.
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace traction::adapter {

class Spool {
 public:
  // In that folder, which is made when there is none. No file until something is written.
  explicit Spool(std::string folder) : folder_(std::move(folder)) {}
  ~Spool();  // removes the file, unless it was moved away
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Appends; after a failure it does nothing more. Fails (ENOSPC) before the disk is full, so that the ledger, which
  // may lie on the same one, can still be written.
  void write(std::string_view bytes);
  // The file is whole.
  void close();

  int failure() const { return failure_; }  // errno of the first one, 0 = none
  const std::string& path() const { return path_; }

 private:
  void open();

  const std::string folder_;
  std::string path_;
  int descriptor_ = -1;
  int failure_ = 0;
  std::uint64_t written_ = 0, looked_at_ = 0;  // bytes; the second: when the room was last looked at
};

}  // namespace traction::adapter
