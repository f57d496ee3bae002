#include "app/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/config.h"
#include "app/disk.h"
#include "base/text.h"
#include "ledger/sqlite.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

bool good_name(const std::string& name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 60 && plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-' || c == '_'; });
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) disk_fault(fmt::format("{} cannot be opened", path), errno);
  DirectoryLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) disk_fault(fmt::format("{} cannot be locked", path), errno);
    std::array<char, 32> holder{};
    const ssize_t length = pread(file, holder.data(), holder.size() - 1, 0);
    const std::string_view pid = trim({holder.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))});
    return refuse(Code::busy, directory,
                  fmt::format("Another Traction (process {}) is using this data directory. Wait until it is done, or "
                              "end it, and try again.",
                              pid.substr(0, pid.find('\n'))));
  }
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(file, 0) != 0 || pwrite(file, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    disk_fault(fmt::format("{} cannot be written", path), errno);
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) close(file_);
}

Directory::Directory(std::string path, DirectoryLock lock, std::unique_ptr<Control> control, Clock& clock,
                     Random& random)
    : path_(std::move(path)), lock_(std::move(lock)), control_(std::move(control)), clock_(clock), random_(random) {}

Result<std::unique_ptr<Directory>> Directory::open(const std::string& path, bool create, Clock& clock, Random& random) {
  std::error_code unknown;
  const bool there = fs::exists(path, unknown);
  if (there && !fs::is_directory(path, unknown))
    return refuse(Code::invalid, path, "This is a file; a data directory is a folder.");
  if (!fs::exists(fs::path(path) / kControlFile, unknown)) {
    if (fs::exists(fs::path(path) / "w", unknown))
      return refuse(Code::damaged, path,
                    fmt::format("{} is gone from this data directory. Restore a backup with --replace.", kControlFile));
    if (!create)
      return refuse(Code::not_found, path,
                    "There is no data here yet. Begin with \"traction init\", \"traction import\" or \"traction "
                    "demo\", or name another directory with --data.");
    // What lies in a folder that never was ours is not to be mixed with a ledger.
    if (there)
      for (const auto& entry : fs::directory_iterator(path))
        if (entry.path().filename() != "lock" && entry.path().filename() != kConfigFile &&
            !entry.path().filename().string().starts_with(kControlFile))
          return refuse(Code::invalid, path,
                        fmt::format("This folder holds something else ({}). Name an empty or new one.",
                                    entry.path().filename().string()));
    make_folder(path);
  }
  auto lock = DirectoryLock::take(path);
  if (!lock) return refuse(lock);
  auto control = Control::open((fs::path(path) / kControlFile).string());
  if (!control) return refuse(control);
  make_folder((fs::path(path) / "w").string());
  return std::unique_ptr<Directory>(new Directory(path, std::move(*lock), std::move(*control), clock, random));
}

std::vector<std::string> Directory::workspaces() {
  std::vector<std::string> names;
  for (auto& row : control_->workspaces()) names.push_back(std::move(row.name));
  return names;
}

bool Directory::has(const std::string& name) { return holds(workspaces(), name); }

std::string Directory::folder(const std::string& workspace) const {
  return (fs::path(path_) / "w" / workspace).string();
}

Result<std::unique_ptr<Workspace>> Directory::join(const std::string& name,
                                                   std::shared_ptr<const Definitions> definitions, bool create) {
  const fs::path where = folder(name);
  SqliteLedgerOptions options;
  options.path = (where / kLedgerFile).string();
  options.create = create;
  auto ledger = open_sqlite_ledger(options, random_);
  if (!ledger) return refuse(ledger);
  MartOptions mart;
  mart.path = (where / kMartFile).string();
  return std::make_unique<Workspace>(name, std::move(*ledger), std::move(definitions), std::move(mart), clock_,
                                     random_);
}

Result<std::unique_ptr<Workspace>> Directory::workspace(const std::string& name,
                                                        std::shared_ptr<const Definitions> definitions) {
  const std::vector<std::string> names = workspaces();
  if (!holds(names, name))
    return refuse(Code::not_found, "workspace",
                  names.empty() ? fmt::format("There is no workspace in {} yet. Begin with \"traction init\".", path_)
                                : fmt::format("There is no workspace \"{}\".{} There is: {}.", name,
                                              did_you_mean(name, names), enumerate(names)));
  auto joined = join(name, std::move(definitions), false);
  if (!joined) return joined;
  // An erasure that did not come to its end has left text behind in files that the ledger does not know of.
  if (control_->erasing(name)) {
    (*joined)->ledger().scrub();
    (*joined)->fresh_mart();
    control_->erased(name);
  }
  return joined;
}

Result<void> Directory::can_be_made(const std::string& name) {
  if (!good_name(name))
    return refuse(
        Code::invalid, "workspace",
        fmt::format("\"{}\" cannot name a workspace: use lower-case letters, digits, \"-\" and \"_\", at most "
                    "60, beginning with a letter or digit.",
                    name));
  if (has(name)) return refuse(Code::duplicate, "workspace", fmt::format("There is a workspace \"{}\" already.", name));
  return {};
}

Result<std::unique_ptr<Workspace>> Directory::create(const std::string& name,
                                                     std::shared_ptr<const Definitions> definitions,
                                                     json::object settings, const Fill& fill) {
  if (auto free = can_be_made(name); !free) return refuse(free);
  // What a creation that did not come to its end has left is set aside: it is not ours to judge what is in it.
  if (fs::exists(folder(name)))
    fs::rename(folder(name), fmt::format("{}.unfinished-{}", folder(name), clock_.now().micros));
  make_folder(folder(name));
  make_folder(folder(name) + "/blobs");
  auto made = join(name, std::move(definitions), true);
  if (!made) return made;
  Result<void> filled;
  if (auto begun = (*made)->begin(std::move(settings)); !begun) filled = refuse(begun);
  if (filled && fill) filled = fill(**made);
  if (!filled) {
    made->reset();
    fs::remove_all(folder(name));
    return refuse(filled);
  }
  control_->add_workspace({name, clock_.now()});
  return made;
}

}  // namespace traction
