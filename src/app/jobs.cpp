#include "app/jobs.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <thread>

#include "base/priority.h"

namespace traction {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kAtOnce = 2;
constexpr int kPolite = 10;  // what a job writes is to be counted soon, and nobody waits for it by the second
constexpr std::size_t kMostWaiting = 100;
constexpr std::size_t kRemembered = 100;
constexpr std::size_t kAnswers = 1'000;  // to idempotency keys

}  // namespace

std::string_view name(JobState::Standing standing) {
  static constexpr std::string_view kNames[] = {"waiting", "running", "done", "failed", "stopped"};
  return kNames[static_cast<int>(standing)];
}

std::function<void(std::int64_t, std::int64_t)> JobControl::telling(std::string step) {
  return [this, step = std::move(step)](std::int64_t done, std::int64_t total) {
    if (!progress(done, total, step)) throw JobStopped();
  };
}

class Jobs::Impl {
 public:
  explicit Impl(Clock& clock) : clock_(clock), last_id_(clock.now().micros / 1'000) {}
  ~Impl() { stop_all(); }

  Result<JobState> start(std::string kind, std::string workspace, Work work, JobKey key, bool once) {
    const std::lock_guard lock(mutex_);
    auto known = answered(key);
    if (!known) return refuse(known);
    if (*known) return std::move(**known);
    auto job = once ? waiting(kind, workspace) : std::optional<JobState>();
    if (!job) {
      auto begun = begin(std::move(kind), std::move(workspace), std::move(work));
      if (!begun) return begun;
      job = std::move(*begun);
    }
    if (key.key.empty()) return std::move(*job);
    answers_.push_back({std::move(key), *job});
    if (answers_.size() > kAnswers) answers_.pop_front();
    return std::move(*job);
  }

  Result<std::optional<JobState>> repeated(const JobKey& key) const {
    const std::lock_guard lock(mutex_);
    return answered(key);
  }

  std::vector<JobState> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<JobState> states;
    for (const auto& job : jobs_) states.push_back(job->state);
    return states;
  }

  std::optional<JobState> find(std::int64_t id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_)
      if (job->state.id == id) return job->state;
    return std::nullopt;
  }

  bool stop(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_) {
      if (job->state.id != id || job->state.ended()) continue;
      job->stop.request_stop();
      if (std::erase(waiting_, job)) end(*job, JobState::Standing::stopped);
      return true;
    }
    return false;
  }

  void drop_files(std::string_view kind, std::size_t keep) {
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_) {
      if (job->state.kind != kind || !job->state.ended() || job->state.files.empty()) continue;
      if (keep > 0)
        --keep;
      else
        forget(*job);
    }
  }

  void stop_all() {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      for (const auto& job : std::exchange(waiting_, {})) end(*job, JobState::Standing::stopped);
      for (const auto& job : jobs_) job->stop.request_stop();
      changed_.notify_all();
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_) forget(*job);
  }

 private:
  struct Job {
    JobState state;
    Work work;
    std::stop_source stop;
  };

  struct Answered {
    JobKey key;
    JobState job;  // as it was then
  };

  // With the lock held, as the next two.
  Result<std::optional<JobState>> answered(const JobKey& key) const {
    if (key.key.empty()) return std::nullopt;
    for (const Answered& each : answers_) {
      if (each.key.key != key.key) continue;
      if (each.key.request == key.request) return each.job;
      return refuse(Code::key_reused, "idempotency_key",
                    "This idempotency key was used for another job. Use a new key for each request.");
    }
    return std::nullopt;
  }

  std::optional<JobState> waiting(const std::string& kind, const std::string& workspace) const {
    for (const auto& job : waiting_)
      if (job->state.kind == kind && job->state.workspace == workspace) return job->state;
    return std::nullopt;
  }

  Result<JobState> begin(std::string kind, std::string workspace, Work work) {
    if (ending_) return refuse(Code::busy, "", "The program is ending; no more work is begun.");
    if (waiting_.size() >= kMostWaiting)
      return refuse(Code::busy, "", "A hundred jobs are waiting already. Try again when some of them are done.");
    auto job = std::make_shared<Job>();
    job->work = std::move(work);
    job->state.id = ++last_id_;
    job->state.kind = std::move(kind);
    job->state.workspace = std::move(workspace);
    job->state.asked_at = clock_.now();
    if (threads_.size() < kAtOnce)
      threads_.emplace_back([this] {
        give_way(kPolite);
        work_off();
      });
    jobs_.push_front(job);
    waiting_.push_back(job);
    changed_.notify_one();
    return job->state;
  }

  class Control final : public JobControl {
   public:
    Control(Impl& jobs, Job& job) : jobs_(jobs), job_(job) {}

    bool progress(std::int64_t done, std::int64_t total, const std::string& step) override {
      const std::lock_guard lock(jobs_.mutex_);
      JobState& state = job_.state;
      if (!told_ || step != state.step) {
        told_ = true;
        began_ = Steady::now();
        done_then_ = done;
      }
      const double seconds = std::chrono::duration<double>(Steady::now() - began_).count();
      const double rate = seconds > 0 ? static_cast<double>(done - done_then_) / seconds : 0;
      state.step = step;
      state.done = done;
      state.total = total;
      state.per_second = rate;
      state.seconds_left = rate > 0 ? static_cast<double>(std::max<std::int64_t>(total - done, 0)) / rate : 0;
      const bool on = !job_.stop.stop_requested();
      stopped_ = stopped_ || !on;
      return on;
    }

    std::stop_token stop() const override { return job_.stop.get_token(); }

    void so_far(json::object result) override {
      const std::lock_guard lock(jobs_.mutex_);
      job_.state.result = std::move(result);
    }

    void made(const std::string& file, const std::string& name) override {
      const std::lock_guard lock(jobs_.mutex_);
      job_.state.files.push_back({name, file});
    }

    // Whether the work was told to stop, and so is not whole.
    bool stopped() const { return stopped_; }

   private:
    Impl& jobs_;
    Job& job_;
    bool told_ = false, stopped_ = false;
    Steady::time_point began_;
    std::int64_t done_then_ = 0;
  };

  void work_off() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      if (ending_) return;
      const std::shared_ptr<Job> job = waiting_.front();
      waiting_.pop_front();
      job->state.standing = JobState::Standing::running;
      lock.unlock();
      run(*job);
      lock.lock();
    }
  }

  void run(Job& job) {
    Control control(*this, job);
    Result<json::object> result;
    std::string fault;
    bool stopped = false;
    try {
      result = job.work(control);
      stopped = control.stopped();
    } catch (const JobStopped&) {
      stopped = true;
    } catch (const std::bad_alloc&) {
      fault = "The machine has too little memory for this.";
    } catch (const std::exception& failure) {
      fault = failure.what();
    }
    job.work = {};  // lets go of the workspace, before anybody is told
    const std::lock_guard lock(mutex_);
    if (!fault.empty()) {
      job.state.fault = std::move(fault);
    } else if (!result) {
      if (!stopped) job.state.refusal = result.error();
    } else if (!result->empty()) {
      job.state.result = std::move(*result);
    }
    const bool failed = job.state.refusal || !job.state.fault.empty();
    end(job, failed ? JobState::Standing::failed : stopped ? JobState::Standing::stopped : JobState::Standing::done);
  }

  // With the lock held, as the next.
  void end(Job& job, JobState::Standing standing) {
    job.state.standing = standing;
    job.state.seconds_left = 0;
    job.state.ended_at = clock_.now();
    job.work = {};
    std::size_t ended = 0;
    std::erase_if(jobs_, [&](const std::shared_ptr<Job>& each) {
      if (!each->state.ended() || ++ended <= kRemembered) return false;
      forget(*each);
      return true;
    });
  }

  static void forget(Job& job) {
    for (const JobFile& file : job.state.files) unlink(file.path.c_str());
    job.state.files.clear();
  }

  Clock& clock_;
  mutable std::mutex mutex_;  // guards all below, and the state of every job
  std::condition_variable changed_;
  std::int64_t last_id_;                      // from the time, so that an id of an earlier run names no other job
  std::deque<std::shared_ptr<Job>> jobs_;     // newest first
  std::deque<std::shared_ptr<Job>> waiting_;  // oldest first
  std::deque<Answered> answers_;              // oldest first
  std::vector<std::thread> threads_;
  bool ending_ = false;
};

Jobs::Jobs(Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}
Jobs::~Jobs() = default;

Result<JobState> Jobs::start(std::string kind, std::string workspace, Work work, JobKey key, bool once) {
  return impl_->start(std::move(kind), std::move(workspace), std::move(work), std::move(key), once);
}
Result<std::optional<JobState>> Jobs::repeated(const JobKey& key) const { return impl_->repeated(key); }
void Jobs::drop_files(std::string_view kind, std::size_t keep) { impl_->drop_files(kind, keep); }
std::vector<JobState> Jobs::all() const { return impl_->all(); }
std::optional<JobState> Jobs::find(std::int64_t id) const { return impl_->find(id); }
bool Jobs::stop(std::int64_t id) { return impl_->stop(id); }
void Jobs::stop_all() { impl_->stop_all(); }

}  // namespace traction
