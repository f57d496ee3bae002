// Disk: the machine's disk under SQLite with a recorder and a saboteur in between. It notes every write, truncation,
// fsync and removal, so that the state after a power loss at any moment can be made again (PowerLoss), and it can make
// any of them fail or limit the room there is. One Disk at a time per name; a Disk outlives the connections that use
// it. Threads: as many as SQLite's; the hooks are called under a lock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace traction::test {

struct DiskEvent {
  enum class Kind { write, truncate, sync, remove, acknowledge };
  Kind kind = Kind::write;
  std::string file;         // path; empty for acknowledge
  std::int64_t offset = 0;  // of a write; the size for truncate; the number for acknowledge
  std::string bytes;        // of a write
  bool durable = false;     // of a removal: the folder was synced with it
};

class Disk {
 public:
  // Registers itself with SQLite as a VFS of this name.
  explicit Disk(std::string name);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const std::string& name() const { return name_; }

  // Asked before every write, truncation, fsync and removal; anything but 0 is the SQLite error it fails with.
  std::function<int(const DiskEvent&)> sabotage;
  bool record = true;

  // Notes that somebody was told that his commit number `number` is durable.
  void acknowledge(std::int64_t number);

  // What happened so far. Call while nobody writes.
  const std::vector<DiskEvent>& events() const { return events_; }

  // Sabotages and records; returns the error or 0. For the VFS.
  int pass(DiskEvent event);

 private:
  struct Registration;
  const std::string name_;
  std::mutex mutex_;
  std::vector<DiskEvent> events_;
  Registration* registration_;
};

// Replays events up to a moment and makes what a power loss then leaves: all that was fsynced, and of the rest a random
// half, sector by sector.
class PowerLoss {
 public:
  PowerLoss(const std::vector<DiskEvent>& events, std::uint64_t seed) : events_(events), random_(seed) {}

  // Goes on to just before event `end`, which must not be less than last time.
  void advance(std::size_t end);

  // The number last acknowledged by then.
  std::int64_t acknowledged() const { return acknowledged_; }

  // Writes the files as they may be found into `folder`, under their own names.
  void leave(const std::string& folder);

 private:
  struct File {
    bool exists = false;
    std::string bytes;                      // durable
    std::vector<const DiskEvent*> pending;  // since the last fsync
  };
  static void apply(const DiskEvent& event, File& file);
  void apply_half(const DiskEvent& event, File& file);
  // SQLite syncs the folder with the first fsync of a new journal or log: removals before that are durable then.
  void sync_folder();
  bool coin() { return (random_() & 1) != 0; }

  const std::vector<DiskEvent>& events_;
  std::size_t next_ = 0;
  std::int64_t acknowledged_ = 0;
  std::map<std::string, File> files_;
  std::mt19937_64 random_;
};

}  // namespace traction::test
