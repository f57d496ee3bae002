// The disk, where the standard library says too little: files that appear whole or not at all, for their owner alone,
// and failures named by what was to be done. Stateless but for NewFile, which one thread uses.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace traction {

// Throws the Fault for errno `error`: "<what>: No space left on device."
[[noreturn]] void disk_fault(const std::string& what, int error);

// Makes a folder and those above it, the last one for its owner alone; that it is there already is fine.
void make_folder(const std::string& path);

// Reads a file in large pieces. A Fault when it cannot be read.
void read_file(const std::string& path, const std::function<void(std::string_view)>& visit);

// Forces a folder's names to the disk.
void sync_folder(const std::string& path);

// A file that gets its name by publish(), when it is whole and on the disk; otherwise nothing is left of it.
class NewFile {
 public:
  explicit NewFile(std::string path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  int descriptor() const { return file_; }
  void write(std::string_view bytes);
  // False when there is a file of that name by now.
  bool publish();

 private:
  const std::string path_, unfinished_;
  int file_ = -1;
};

}  // namespace traction
