#include "app/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "app/archive.h"
#include "app/disk.h"
#include "app/erase.h"
#include "base/fault.h"
#include "ledger/chain.h"
#include "ledger/sqlite.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

// A folder of our own beside `path`, gone when this is.
class Beside {
 public:
  Beside(const std::string& path, std::string_view why)
      : path_(fmt::format("{}.{}-{}", fs::path(path).lexically_normal().string(), why, getpid())) {
    fs::remove_all(path_);
    make_folder(path_);
  }
  ~Beside() {
    std::error_code ignored;
    if (ours_) fs::remove_all(path_, ignored);
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  const std::string& path() const { return path_; }
  // What is there now is not ours to remove.
  void let_go() { ours_ = false; }

 private:
  const std::string path_;
  bool ours_ = true;
};

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool is_empty_or_absent(const std::string& path) {
  std::error_code unknown;
  return !fs::exists(path, unknown) || (fs::is_directory(path, unknown) && fs::is_empty(path, unknown));
}

BackupReport report_of(const json::object& manifest) {
  BackupReport report;
  if (const auto made = parse_instant(manifest.at("made_at").as_string())) report.made_at = *made;
  for (const json::value& name : manifest.at("workspaces").as_array())
    report.workspaces.emplace_back(std::string_view(name.as_string()));
  for (const json::value& part : manifest.at("parts").as_array()) {
    ++report.parts;
    report.bytes += part.at("size").as_int64();
  }
  return report;
}

std::string stamp(Instant instant) {
  std::string text = to_string(instant);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

// Puts the folder `made` in the place of `path`; what is there (not empty) moves to `old`. Returns whether there was.
bool put_in_place(Beside& made, const std::string& path, const std::string& old) {
  const auto cannot = [&] {
    if (errno == EBUSY || errno == EXDEV)
      throw Fault(
          Fault::Kind::disk,
          fmt::format("{} is where a disk is mounted and cannot be replaced; restore into a folder below it and "
                      "use that one.",
                      path));
    disk_fault(fmt::format("{} cannot be put in its place", path), errno);
  };
  if (is_empty_or_absent(path)) {
    if (rename(made.path().c_str(), path.c_str()) != 0) cannot();
    return false;
  }
  // Exchanged in one step where the file system can, so that at no moment there is no directory.
  if (renameat2(AT_FDCWD, made.path().c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
    made.let_go();
    if (rename(made.path().c_str(), old.c_str()) != 0) cannot();
    return true;
  }
  if (errno != EINVAL && errno != ENOSYS) cannot();
  if (rename(path.c_str(), old.c_str()) != 0) cannot();
  if (rename(made.path().c_str(), path.c_str()) != 0) {
    const int why = errno;
    rename(old.c_str(), path.c_str());
    errno = why;
    cannot();
  }
  return true;
}

// What the directory that is to be replaced knows of erasures; nullopt when its control store cannot say.
std::optional<std::vector<Control::Erasure>> erasures_of(const std::string& path) {
  try {
    const std::string file = (fs::path(path) / kControlFile).string();
    if (!fs::exists(file)) return std::nullopt;
    auto control = Control::open(file);
    if (control) return (*control)->erasures();
  } catch (const Fault&) {  // a damaged directory is why one restores
  }
  return std::nullopt;
}

}  // namespace

Result<BackupReport> backup(Directory& directory, const std::string& file, Clock& clock, const Progress& progress) {
  if (fs::exists(file))
    return refuse(Code::duplicate, file, "There is such a file already; a backup does not overwrite. Name another.");
  const Beside copies(file, "parts");
  std::vector<ArchivePart> parts{{kControlFile, copies.path() + "/" + kControlFile}};
  directory.control().backup(parts.back().path);
  json::array names;
  for (const std::string& name : directory.workspaces()) {
    names.emplace_back(name);
    const fs::path folder = directory.folder(name);
    SqliteLedgerOptions options;
    options.path = (folder / kLedgerFile).string();
    options.create = false;
    auto ledger = open_sqlite_ledger(options, directory.random());
    if (!ledger) return refuse(ledger);
    parts.push_back({fmt::format("w/{}/{}", name, kLedgerFile), fmt::format("{}/{}.db", copies.path(), name)});
    (*ledger)->backup(parts.back().path);
    if (fs::is_directory(folder / "blobs"))
      for (const auto& blob : fs::recursive_directory_iterator(folder / "blobs"))
        if (blob.is_regular_file())
          parts.push_back({(fs::path("w") / name / fs::relative(blob.path(), folder)).string(), blob.path().string()});
  }
  const json::object about{{"made_at", to_string(clock.now())}, {"workspaces", names}};
  const auto written = write_archive(file, about, parts, progress);
  if (!written) return refuse(written);
  json::object manifest = about;
  json::array lines;
  for (const ArchivePart& part : parts)
    lines.push_back(json::object{{"size", static_cast<std::int64_t>(fs::file_size(part.path))}});
  manifest["parts"] = std::move(lines);
  directory.control().audit({clock.now(), "backup", "", file});
  return report_of(manifest);
}

Result<BackupReport> check_backup(const std::string& file) {
  const auto manifest = read_archive(file, "");
  if (!manifest) return refuse(manifest);
  return report_of(*manifest);
}

Result<BackupReport> restore(const std::string& file, const std::string& given, bool replace,
                             std::shared_ptr<const Definitions> definitions, Clock& clock, Random& random,
                             const Progress& progress) {
  const std::string path = without_slash(given);
  const bool something = !is_empty_or_absent(path);
  std::optional<DirectoryLock> held;
  if (something) {
    if (!fs::is_directory(path) || !(fs::exists(fs::path(path) / kControlFile) || fs::exists(fs::path(path) / "w")))
      return refuse(Code::invalid, path, "This is no data directory of Traction; it is not replaced.");
    if (!replace)
      return refuse(Code::duplicate, path,
                    "There are data here already. Restore into another directory with --data, or replace these with "
                    "--replace (they are set aside, not deleted).");
    auto lock = DirectoryLock::take(path);
    if (!lock) return refuse(lock);
    held.emplace(std::move(*lock));
  }
  make_folder(fs::absolute(path).parent_path().string());
  Beside made(path, "restoring");
  const auto manifest = read_archive(file, made.path(), progress);
  if (!manifest) return refuse(manifest);
  BackupReport report = report_of(*manifest);
  std::vector<Control::Erasure> forgotten;
  if (something) {
    auto known = erasures_of(path);
    report.list_lost = !known;
    if (known) forgotten = std::move(*known);
  }
  {
    auto opened = Directory::open(made.path(), false, clock, random);
    if (!opened) return refuse(opened);
    Directory& directory = **opened;
    for (const std::string& name : directory.workspaces()) {
      auto workspace = directory.workspace(name, definitions);
      if (!workspace) return refuse(workspace);
      const auto verified = verify((*workspace)->ledger(), *(*workspace)->schema(), progress);
      if (!verified)
        return refuse(verified.error().code, name + ": " + verified.error().field, verified.error().sentence);
      report.entries += verified->entries;
      const auto again = reapply_erasures(directory, **workspace, forgotten);
      if (!again) return refuse(again);
      report.erased_again += *again;
    }
    directory.control().audit({clock.now(), "restore", "", file});
  }
  const std::string old = fmt::format("{}.replaced-{}", path, stamp(clock.now()));
  if (put_in_place(made, path, old)) report.set_aside = old;
  sync_folder(fs::absolute(path).parent_path().string());
  return report;
}

}  // namespace traction
