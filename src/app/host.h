// Host: a data directory opened by the program that owns it, with its workspaces, each opened once and kept open, and
// its jobs. The server has one for its lifetime; a single command makes one for itself. It prints nothing. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "app/applier.h"
#include "app/directory.h"
#include "app/jobs.h"

namespace traction {

// A workspace that is open.
class Hosted {
 public:
  Hosted(std::unique_ptr<Workspace> workspace, bool follow);
  Workspace& workspace() { return *workspace_; }

  // How far the mart must be (Workspace::mart_at) for whoever demands the entry `demanded`, 0 = none: where it is kept
  // up in the background it may stand a moment behind, else it is brought up now.
  Seq at_least(Seq demanded) const { return applier_ ? demanded : kHead; }

  // For work that writes without end: waits while the mart is far behind, where it is kept up in the background, so
  // that what was written is counted soon after. A small mart is built anew in less time than it would follow.
  void keep_pace(const std::stop_token& stop) {
    constexpr Seq kMostBehind = 150'000, kLarge = 1'000'000;
    if (applier_ && workspace_->mart()->applied() >= kLarge) applier_->keep_pace(kMostBehind, stop);
  }

  // Says that the mart may have lost what it held; it is brought up again soon, where that is done in the background.
  void mart_lost() {
    if (applier_) applier_->look_again();
  }

 private:
  const std::unique_ptr<Workspace> workspace_;
  std::unique_ptr<Applier> applier_;  // ends first
};

struct HostOptions {
  bool create = false;  // the directory, when there is none
  bool follow = false;  // keep marts up with their ledgers in the background
};

class Host {
 public:
  // Refused as Directory::open() refuses.
  static Result<std::unique_ptr<Host>> open(const std::string& path, std::shared_ptr<const Definitions> definitions,
                                            HostOptions options, Clock& clock, Random& random);
  ~Host();

  Directory& directory() { return *directory_; }
  Jobs& jobs() { return jobs_; }
  Clock& clock() { return clock_; }
  const std::shared_ptr<const Definitions>& definitions() const { return definitions_; }

  // Refused as Directory::workspace() and create() refuse; one that is just being made is not there yet, but taken.
  Result<std::shared_ptr<Hosted>> workspace(const std::string& name);
  Result<std::shared_ptr<Hosted>> create(const std::string& name, json::object settings,
                                         const Directory::Fill& fill = {});

  // The one that is meant where none is named: "default", else the only one there is. Refused as workspace(), and
  // (required) when there are several.
  Result<std::shared_ptr<Hosted>> usual_workspace();

  // Those that are open, for counts.
  std::vector<std::shared_ptr<Hosted>> open_workspaces();

 private:
  Host(std::unique_ptr<Directory> directory, std::shared_ptr<const Definitions> definitions, HostOptions options,
       Clock& clock);
  Result<std::shared_ptr<Hosted>> open_one(const std::string& name);  // with mutex_ held

  const std::unique_ptr<Directory> directory_;
  const std::shared_ptr<const Definitions> definitions_;
  const HostOptions options_;
  Clock& clock_;

  std::mutex mutex_;  // guards all below, held while one is opened
  std::map<std::string, std::shared_ptr<Hosted>> open_;
  std::shared_ptr<Hosted> usual_;  // what usual_workspace() found, until there is another workspace
  std::set<std::string> making_;
  Jobs jobs_;  // ends first
};

}  // namespace traction
