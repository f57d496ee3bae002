// Jobs: long work that somebody watches from elsewhere: started, seen to progress, stopped, and its result fetched. One
// thread per running job, at most two at once, the others wait their turn. They live in memory: what a job writes is
// durable by itself, that it ran is forgotten at the end of the program. Any thread.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace traction {

// A file that a job made, to be fetched under that name.
struct JobFile {
  std::string name, path;
};

struct JobState {
  enum class Standing { waiting, running, done, failed, stopped };
  std::int64_t id = 0;    // also of another run of the program no other job's
  std::string kind;       // "import", "backup" …
  std::string workspace;  // "" = of the whole directory
  Standing standing = Standing::waiting;
  std::string step;  // what it is at: a file's name; may be empty
  std::int64_t done = 0, total = 0;
  double per_second = 0, seconds_left = 0;  // of this step
  Instant asked_at{}, ended_at{};
  json::object result;             // of one that is done, or as much as there is of one that failed or was stopped
  std::optional<Refusal> refusal;  // of one that failed by its asker's doing
  std::string fault;               // of one that failed by the machine's
  std::vector<JobFile> files;

  bool ended() const { return standing != Standing::waiting && standing != Standing::running; }
};

std::string_view name(JobState::Standing standing);

// Thrown through work that can only be ended in this way, when somebody asked it to stop.
class JobStopped : public std::exception {
 public:
  const char* what() const noexcept override { return "The job was stopped."; }
};

// What a job's work sees of it.
class JobControl {
 public:
  virtual ~JobControl() = default;
  // Says how far it is; false when somebody asked it to stop.
  virtual bool progress(std::int64_t done, std::int64_t total, const std::string& step = "") = 0;
  virtual std::stop_token stop() const = 0;
  // What is done already, told also when the rest is refused.
  virtual void so_far(json::object result) = 0;
  // Leaves a file to be fetched; it is removed when the job is forgotten.
  virtual void made(const std::string& file, const std::string& name) = 0;

  // progress() for work that only listens: throws JobStopped instead of saying false.
  std::function<void(std::int64_t, std::int64_t)> telling(std::string step = "");
};

// By which a request that is sent again is known to be the same.
struct JobKey {
  std::string key;            // the asker's own, "" = none
  std::uint64_t request = 0;  // digest of what was asked for
};

class Jobs {
 public:
  using Work = std::function<Result<json::object>(JobControl&)>;

  explicit Jobs(Clock& clock);
  ~Jobs();  // as stop_all()

  // Refused (busy) when 100 wait already, or after stop_all(), and as repeated(). What was answered to the same key is
  // answered again. With `once`, work that would only be done twice: one of the same kind and workspace that has not
  // begun yet will do.
  Result<JobState> start(std::string kind, std::string workspace, Work work, JobKey key = {}, bool once = false);
  // What was answered to a request with this key, of the last thousand; none for a new key or "". Refused (key_reused)
  // when that request asked for something else.
  Result<std::optional<JobState>> repeated(const JobKey& key) const;
  std::vector<JobState> all() const;  // newest first; the last hundred that ended are remembered
  std::optional<JobState> find(std::int64_t id) const;
  // Asks it to stop, which it does when it next looks (one that waits: at once); false when there is no such job or it
  // has ended.
  bool stop(std::int64_t id);
  // Removes the files of the jobs of a kind that have ended, but for those of the last `keep` that made any.
  void drop_files(std::string_view kind, std::size_t keep);
  // Asks every job to stop and waits; further ones are refused (busy). Their files are gone afterwards.
  void stop_all();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace traction
