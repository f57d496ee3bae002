// Directory: a data directory, DIR/{lock, control.db} and DIR/w/<workspace>/{ledger.db, mart.db, blobs/}. Owns the lock
// on it from construction to destruction, so that one program at a time works on it, and knows where things lie; files
// are for their owner alone. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/definitions.h"
#include "app/workspace.h"
#include "base/clock.h"
#include "base/result.h"
#include "control/control.h"

namespace traction {

// A held lock on DIR/lock, with the holder's process id inside the file.
class DirectoryLock {
 public:
  // Refused (busy), naming the process that holds it.
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

class Directory {
 public:
  // Opens a data directory, made when `create` and there is none. Refused (not_found) when there is none, (busy) while
  // another program uses it, (invalid) when it is something else's; a Fault when the disk fails.
  static Result<std::unique_ptr<Directory>> open(const std::string& path, bool create, Clock& clock, Random& random);

  const std::string& path() const { return path_; }
  Control& control() { return *control_; }
  Random& random() { return random_; }

  std::vector<std::string> workspaces();
  bool has(const std::string& name);

  // An existing workspace; an erasure in it that a kill cut short is brought to its end. Refused (not_found) with near
  // names, (damaged) or (invalid) when its ledger is not one.
  Result<std::unique_ptr<Workspace>> workspace(const std::string& name, std::shared_ptr<const Definitions> definitions);

  // Refused (duplicate) when the name is taken, (invalid) when it is not lower-case letters, digits, '-' and '_', at
  // most 60 of them, beginning with a letter or digit.
  Result<void> can_be_made(const std::string& name);

  // A new one with these settings as its first entry, and what `fill` puts into it; after a kill in between there is no
  // such workspace. Refused as can_be_made() and as settings and `fill` are.
  using Fill = std::function<Result<void>(Workspace&)>;
  Result<std::unique_ptr<Workspace>> create(const std::string& name, std::shared_ptr<const Definitions> definitions,
                                            json::object settings, const Fill& fill = {});

  // DIR/w/<workspace>
  std::string folder(const std::string& workspace) const;

 private:
  Directory(std::string path, DirectoryLock lock, std::unique_ptr<Control> control, Clock& clock, Random& random);
  Result<std::unique_ptr<Workspace>> join(const std::string& name, std::shared_ptr<const Definitions> definitions,
                                          bool create);

  const std::string path_;
  DirectoryLock lock_;
  const std::unique_ptr<Control> control_;
  Clock& clock_;
  Random& random_;
};

// File names in the layout.
inline constexpr const char* kLedgerFile = "ledger.db";
inline constexpr const char* kMartFile = "mart.db";
inline constexpr const char* kControlFile = "control.db";

}  // namespace traction
