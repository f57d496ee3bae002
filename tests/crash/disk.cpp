#include "crash/disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/check.h"

namespace traction::test {

struct Disk::Registration {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  Disk* disk = nullptr;
};

namespace {

// SQLite allocates the shim and the real file in one piece, one after the other.
struct ShimFile {
  sqlite3_file base;
  Disk* disk;
  std::string* path;
};

sqlite3_file* real_file(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(ShimFile));
}
ShimFile& shim(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
const sqlite3_io_methods& methods(sqlite3_file* file) { return *real_file(file)->pMethods; }

int shim_close(sqlite3_file* file) {
  delete shim(file).path;
  return methods(file).xClose(real_file(file));
}
int shim_read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return methods(file).xRead(real_file(file), to, size, offset);
}
int shim_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  const int failed = shim(file).disk->pass({DiskEvent::Kind::write, *shim(file).path, offset,
                                            std::string(static_cast<const char*>(from), static_cast<size_t>(size))});
  return failed ? failed : methods(file).xWrite(real_file(file), from, size, offset);
}
int shim_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int failed = shim(file).disk->pass({DiskEvent::Kind::truncate, *shim(file).path, size, ""});
  return failed ? failed : methods(file).xTruncate(real_file(file), size);
}
int shim_sync(sqlite3_file* file, int flags) {
  const int failed = shim(file).disk->pass({DiskEvent::Kind::sync, *shim(file).path, 0, ""});
  return failed ? failed : methods(file).xSync(real_file(file), flags);
}
int shim_size(sqlite3_file* file, sqlite3_int64* size) { return methods(file).xFileSize(real_file(file), size); }
int shim_lock(sqlite3_file* file, int kind) { return methods(file).xLock(real_file(file), kind); }
int shim_unlock(sqlite3_file* file, int kind) { return methods(file).xUnlock(real_file(file), kind); }
int shim_reserved(sqlite3_file* file, int* is) { return methods(file).xCheckReservedLock(real_file(file), is); }
int shim_control(sqlite3_file* file, int what, void* with) {
  return methods(file).xFileControl(real_file(file), what, with);
}
int shim_sector(sqlite3_file* file) { return methods(file).xSectorSize(real_file(file)); }
int shim_traits(sqlite3_file* file) { return methods(file).xDeviceCharacteristics(real_file(file)); }
int shim_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return methods(file).xShmMap(real_file(file), page, size, extend, at);
}
int shim_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return methods(file).xShmLock(real_file(file), offset, count, flags);
}
void shim_shm_barrier(sqlite3_file* file) { methods(file).xShmBarrier(real_file(file)); }
int shim_shm_unmap(sqlite3_file* file, int remove) { return methods(file).xShmUnmap(real_file(file), remove); }

// Version 2: no memory mapping, past which nothing could be seen.
constexpr sqlite3_io_methods kMethods{
    2,           shim_close,   shim_read,     shim_write,       shim_truncate,  shim_sync,
    shim_size,   shim_lock,    shim_unlock,   shim_reserved,    shim_control,   shim_sector,
    shim_traits, shim_shm_map, shim_shm_lock, shim_shm_barrier, shim_shm_unmap, nullptr,
    nullptr};

constexpr std::size_t kSector = 512;

}  // namespace

Disk::Disk(std::string name) : name_(std::move(name)), registration_(new Registration) {
  Registration& r = *registration_;
  r.real = sqlite3_vfs_find(nullptr);
  r.disk = this;
  r.vfs = *r.real;
  r.vfs.zName = name_.c_str();
  r.vfs.pNext = nullptr;
  r.vfs.pAppData = &r;
  r.vfs.szOsFile = static_cast<int>(sizeof(ShimFile)) + r.real->szOsFile;
  r.vfs.xOpen = [](sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    const auto& own = *static_cast<Registration*>(vfs->pAppData);
    const int code = own.real->xOpen(own.real, path, real_file(file), flags, out_flags);
    file->pMethods = code == SQLITE_OK ? &kMethods : nullptr;
    shim(file).disk = own.disk;
    shim(file).path = code == SQLITE_OK ? new std::string(path ? path : "") : nullptr;
    return code;
  };
  r.vfs.xDelete = [](sqlite3_vfs* vfs, const char* path, int sync) {
    const auto& own = *static_cast<Registration*>(vfs->pAppData);
    const int failed = own.disk->pass({DiskEvent::Kind::remove, path, 0, "", sync != 0});
    return failed ? failed : own.real->xDelete(own.real, path, sync);
  };
  CHECK(sqlite3_vfs_register(&r.vfs, 0) == SQLITE_OK);
}

Disk::~Disk() {
  sqlite3_vfs_unregister(&registration_->vfs);
  delete registration_;
}

void Disk::acknowledge(std::int64_t number) { pass({DiskEvent::Kind::acknowledge, "", number, ""}); }

int Disk::pass(DiskEvent event) {
  const std::lock_guard lock(mutex_);
  if (sabotage && event.kind != DiskEvent::Kind::acknowledge)
    if (const int error = sabotage(event)) return error;
  if (record) events_.push_back(std::move(event));
  return SQLITE_OK;
}

void PowerLoss::apply(const DiskEvent& event, File& file) {
  switch (event.kind) {
    case DiskEvent::Kind::write: {
      const auto offset = static_cast<std::size_t>(event.offset);
      file.exists = true;
      if (file.bytes.size() < offset + event.bytes.size()) file.bytes.resize(offset + event.bytes.size());
      std::copy(event.bytes.begin(), event.bytes.end(), file.bytes.begin() + event.offset);
      break;
    }
    case DiskEvent::Kind::truncate:
      file.bytes.resize(static_cast<std::size_t>(event.offset));
      break;
    case DiskEvent::Kind::remove:
      file.exists = false;
      file.bytes.clear();
      break;
    case DiskEvent::Kind::sync:
    case DiskEvent::Kind::acknowledge:
      break;
  }
}

void PowerLoss::apply_half(const DiskEvent& event, File& file) {
  if (event.kind != DiskEvent::Kind::write) {
    if (coin()) apply(event, file);
    return;
  }
  for (std::size_t done = 0; done < event.bytes.size();) {
    const std::size_t at = static_cast<std::size_t>(event.offset) + done;
    const std::size_t size = std::min(kSector - at % kSector, event.bytes.size() - done);
    if (coin()) apply({event.kind, event.file, static_cast<std::int64_t>(at), event.bytes.substr(done, size)}, file);
    done += size;
  }
}

void PowerLoss::advance(std::size_t end) {
  for (; next_ < end; ++next_) {
    const DiskEvent& event = events_[next_];
    if (event.kind == DiskEvent::Kind::acknowledge) {
      acknowledged_ = event.offset;
      continue;
    }
    File& file = files_[event.file];
    if (event.kind == DiskEvent::Kind::sync && !file.exists) sync_folder();
    if (event.kind != DiskEvent::Kind::sync && !event.durable) {
      file.pending.push_back(&event);
      continue;
    }
    for (const DiskEvent* pending : file.pending) apply(*pending, file);
    file.pending.clear();
    apply(event, file);
  }
}

void PowerLoss::sync_folder() {
  for (auto& [path, file] : files_) {
    const auto removal = std::find_if(file.pending.rbegin(), file.pending.rend(),
                                      [](const DiskEvent* event) { return event->kind == DiskEvent::Kind::remove; });
    if (removal == file.pending.rend()) continue;
    file.exists = false;
    file.bytes.clear();
    file.pending.erase(file.pending.begin(), removal.base());
  }
}

void PowerLoss::leave(const std::string& folder) {
  for (const auto& [path, durable] : files_) {
    File file{durable.exists, durable.bytes, {}};
    for (const DiskEvent* pending : durable.pending) apply_half(*pending, file);
    const auto target = std::filesystem::path(folder) / std::filesystem::path(path).filename();
    std::filesystem::remove(target);
    if (file.exists) std::ofstream(target, std::ios::binary) << file.bytes;
  }
}

}  // namespace traction::test
