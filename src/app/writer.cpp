#include "app/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "app/own_metrics.h"
#include "app/repeat.h"
#include "app/store_records.h"
#include "base/fault.h"
#include "ledger/chain.h"

namespace traction {
namespace {

constexpr std::size_t kLongestKey = 200;
constexpr std::int64_t kKeyMicros = kKeyHours * 3600 * kSecond;

struct Job {
  Command command;
  bool has_key = false;
  std::uint64_t key = 0;
  std::uint64_t request = 0;
  Scans scans;
  Told told;
  Result<Outcome> answer;  // given once all is durable
  bool erases = false;
};

// What is asked seldom but looks at the whole ledger.
bool scans(const Action& action) {
  return action.verb == Verb::erase || (action.verb == Verb::remove && action.type == "stage");
}

}  // namespace

std::shared_ptr<const Schema> workspace_schema(const Schema& definitions, Reader& reader) {
  auto schema = std::make_shared<Schema>(definitions);
  const RecordType* type = definitions.type("field");
  if (!type) return schema;
  reader.records(type->number, 0, [&](const StoredRecord& stored) {
    Result<Schema> extended = with_custom_field(*schema, parse_stored(stored.body));
    if (!extended)
      throw Fault(Fault::Kind::damaged, fmt::format("The custom field {} contradicts the definitions: {}", stored.id,
                                                    extended.error().sentence));
    *schema = std::move(*extended);
    return true;
  });
  return schema;
}

class Writer::Impl {
 public:
  Impl(Ledger& ledger, const Schema& definitions, Clock& clock, Random& random, WriterOptions options)
      : ledger_(ledger),
        definitions_(definitions),
        clock_(clock),
        random_(random),
        options_(std::move(options)),
        check_(metric_check(options_.metrics)),
        schema_(workspace_schema(definitions, *ledger.read())),
        catalogue_(std::make_shared<Catalogue>(workspace_catalogue(options_.metrics, *schema_, *ledger.read()))),
        scrubber_([this] { scrub(); }),
        thread_([this] { run(); }) {}

  void submit(Command command, Told told) {
    Job job;
    job.command = std::move(command);
    job.told = std::move(told);
    Result<void> taken;
    std::exception_ptr failure;
    try {
      taken = prepare(job);
    } catch (...) {
      failure = std::current_exception();
    }
    if (taken && !failure) taken = enqueue(job);
    if (!taken || failure) job.told(taken ? Result<Outcome>() : refuse(taken), failure);
  }

  std::shared_ptr<const Schema> schema() const {
    const std::lock_guard lock(mutex_);
    return schema_;
  }

  std::shared_ptr<const Catalogue> catalogue() const {
    const std::lock_guard lock(mutex_);
    return catalogue_;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    something_waits_.notify_one();
    const std::lock_guard lock(joining_);
    if (thread_.joinable()) thread_.join();
    {
      const std::lock_guard ended(erased_mutex_);
      no_more_erased_ = true;
    }
    something_erased_.notify_one();
    if (scrubber_.joinable()) scrubber_.join();
  }

 private:
  // What need not wait for the transaction: the digests, and a rehearsal of what scans the ledger.
  Result<void> prepare(Job& job) {
    const Command& command = job.command;
    job.has_key = !command.idempotency_key.empty();
    if (command.idempotency_key.size() > kLongestKey)
      return refuse(Code::too_large, "idempotency_key",
                    fmt::format("An idempotency key takes at most {} bytes.", kLongestKey));
    if (job.has_key) {
      job.key = short_digest(command.idempotency_key);
      job.request = short_digest(canonical(command));
    }
    job.erases = std::ranges::find(command.actions, Verb::erase, &Action::verb) != command.actions.end();
    if (std::ranges::any_of(command.actions, scans)) rehearse(job);
    return {};
  }

  // Moves the job to those that wait, unless it is refused.
  Result<void> enqueue(Job& job) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= options_.most_waiting)
      return refuse(Code::busy, "", "The workspace is too busy or closing. Try again in a moment.");
    waiting_.push_back(std::move(job));
    if (waiting_.size() == 1) something_waits_.notify_one();
    return {};
  }

  void rehearse(Job& job) {
    const auto reader = ledger_.read();
    StoreRecords records;
    records.attach(*reader, job.scans);
    const Head head = reader->head();
    // What it comes to does not matter, only what it looked for.
    (void)decide(*schema(), records, job.command, head.seq + 1, std::max(clock_.now(), head.recorded_at), check_);
  }

  void run() {
    for (;;) {
      std::vector<Job> jobs = take();
      if (jobs.empty()) return;
      try {
        work(jobs);
      } catch (...) {
        records_.forget();
        known_ = {};
        for (Job& job : jobs) job.told({}, std::current_exception());
        continue;
      }
      for (Job& job : jobs) {
        if (job.erases && job.answer)
          leave_to_scrubber(std::move(job));
        else
          job.told(std::move(job.answer), {});
      }
    }
  }

  // What waits, as far as it fits one commit; nothing once all is done and no more will come.
  std::vector<Job> take() {
    std::unique_lock lock(mutex_);
    something_waits_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    std::vector<Job> jobs;
    std::size_t actions = 0;
    while (!waiting_.empty() && jobs.size() < options_.most_commands) {
      actions += waiting_.front().command.actions.size();
      if (!jobs.empty() && actions > options_.most_actions) break;
      jobs.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    return jobs;
  }

  // One transaction over all jobs. Leaves each job's answer; throws when the machine failed and nothing was written.
  void work(std::vector<Job>& jobs) {
    std::unique_ptr<Transaction> transaction = ledger_.begin();
    head_ = transaction->head();
    // Somebody else wrote meanwhile: what was read before may be out of date.
    if (head_.seq != known_.seq || head_.hash != known_.hash) records_.forget();
    const Seq before = head_.seq;
    head_.recorded_at = std::max(clock_.now(), head_.recorded_at);
    new_schema_ = schema();
    new_catalogue_ = catalogue();
    bool to_commit = false;
    for (Job& job : jobs) to_commit |= answer(*transaction, job);
    if (to_commit) commit(std::move(transaction));
    transaction.reset();
    known_ = head_;
    {
      const std::lock_guard lock(mutex_);
      schema_ = new_schema_;
      catalogue_ = new_catalogue_;
    }
    if (head_.seq != before && options_.committed) options_.committed(head_.seq);
  }

  void commit(std::unique_ptr<Transaction> transaction) {
    try {
      transaction->commit();
    } catch (const Fault& fault) {
      if (fault.kind() != Fault::Kind::unknown_outcome) throw;
      transaction.reset();
      if (!arrived(fault)) throw Fault(Fault::Kind::disk, fault.what());
    }
  }

  // Whether a commit whose reply was lost took place: the chain tells. A transaction of our own is begun to ask, since
  // it waits until the other one is over. Throws `lost` again when there is no telling.
  bool arrived(const Fault& lost) {
    try {
      const auto transaction = ledger_.begin();
      const auto last = transaction->entry(head_.seq);
      return last && last->hash == head_.hash;
    } catch (const Fault&) {
      throw lost;
    }
  }

  void leave_to_scrubber(Job&& job) {
    {
      const std::lock_guard lock(erased_mutex_);
      erased_.push_back(std::move(job));
    }
    something_erased_.notify_one();
  }

  // The scrubber's thread. What was to be erased is gone once no file holds it, and only then is its erasure answered.
  // That waits for whoever still reads what was there before; commands need not wait as well.
  void scrub() {
    for (;;) {
      std::unique_lock lock(erased_mutex_);
      something_erased_.wait(lock, [&] { return no_more_erased_ || !erased_.empty(); });
      if (erased_.empty()) return;
      const std::vector<Job> jobs = std::exchange(erased_, {});
      lock.unlock();
      std::exception_ptr failure;
      try {
        ledger_.scrub();
      } catch (...) {
        failure = std::current_exception();
      }
      for (const Job& job : jobs) job.told(failure ? Result<Outcome>() : job.answer, failure);
    }
  }

  // Decides one job and writes what it comes to; whether there is something to commit.
  bool answer(Transaction& transaction, Job& job) {
    if (job.has_key) {
      const Instant since{head_.recorded_at.micros - kKeyMicros};
      if (const auto remembered = transaction.remembered(job.key, since)) {
        if (remembered->request == job.request)
          job.answer = repeat(transaction, *new_schema_, job.command, *remembered);
        else
          job.answer = refuse(Code::key_reused, "idempotency_key",
                              "This idempotency key was used for another request. Use a new key for each request.");
        return false;
      }
    }
    records_.attach(transaction, job.scans);
    Result<Decision> decision = decide(*new_schema_, records_, job.command, head_.seq + 1, head_.recorded_at, check_);
    if (!decision) {
      job.answer = refuse(decision);
      return false;
    }
    if (job.has_key)
      transaction.remember(job.key, {job.request, head_.seq + 1, static_cast<std::int32_t>(decision->entries.size())},
                           head_.recorded_at);
    const bool writes = !decision->entries.empty();
    write(transaction, *decision);
    job.answer = Outcome{.actions = std::move(decision->done), .seq = head_.seq, .repeated = false};
    return writes || job.has_key;
  }

  void write(Transaction& transaction, Decision& decision) {
    for (Entry& entry : decision.entries) {
      entry.recorded_at = head_.recorded_at;
      const StoredEntry stored = seal(std::move(entry), head_.hash, random_);
      transaction.append(stored);
      head_.seq = stored.entry.seq;
      head_.hash = stored.hash;
    }
    for (const KeyChange& change : decision.keys) transaction.put_key(change.key, change.record);
    bool fields_changed = false, metrics_changed = false;
    for (Record& record : decision.records) {
      const RecordType& type = *new_schema_->type(record.type);
      const bool found = type.small && record.state == RecordState::live;
      transaction.put(
          {record.id, record.type, record.version, record.state, record.merged_into, json::serialize(record.body)},
          record.version == record.id, found ? search_text(type, record.body) : "");
      fields_changed |= type.name == "field";
      metrics_changed |= type.name == "own_metric";
      records_.update(type, std::move(record));
    }
    for (const Seq seq : decision.erased) transaction.erase(seq);
    if (fields_changed) new_schema_ = workspace_schema(definitions_, transaction);
    if (fields_changed || metrics_changed)
      new_catalogue_ = std::make_shared<Catalogue>(workspace_catalogue(options_.metrics, *new_schema_, transaction));
  }

  Ledger& ledger_;
  const Schema definitions_;
  Clock& clock_;
  Random& random_;
  const WriterOptions options_;
  const MetricCheck check_;

  mutable std::mutex mutex_;  // of the five below
  std::condition_variable something_waits_;
  std::deque<Job> waiting_;
  bool stopping_ = false;
  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<const Catalogue> catalogue_;

  // The thread's own.
  StoreRecords records_;
  Head head_;   // as of what was written so far in this transaction
  Head known_;  // at the last commit seen here
  std::shared_ptr<const Schema> new_schema_;
  std::shared_ptr<const Catalogue> new_catalogue_;

  std::mutex erased_mutex_;  // of the two below
  std::condition_variable something_erased_;
  std::vector<Job> erased_;  // durable, and answered once scrubbed
  bool no_more_erased_ = false;

  std::mutex joining_;
  std::thread scrubber_;
  std::thread thread_;
};

Writer::Writer(Ledger& ledger, const Schema& definitions, Clock& clock, Random& random, WriterOptions options)
    : impl_(std::make_unique<Impl>(ledger, definitions, clock, random, std::move(options))) {}

Writer::~Writer() { stop(); }

void Writer::submit(Command command, Told told) { impl_->submit(std::move(command), std::move(told)); }

std::future<Result<Outcome>> Writer::submit(Command command) {
  auto promise = std::make_shared<std::promise<Result<Outcome>>>();
  auto answer = promise->get_future();
  submit(std::move(command), [promise](Result<Outcome> outcome, std::exception_ptr failure) {
    if (failure)
      promise->set_exception(failure);
    else
      promise->set_value(std::move(outcome));
  });
  return answer;
}

std::shared_ptr<const Catalogue> Writer::catalogue() const { return impl_->catalogue(); }

std::shared_ptr<const Schema> Writer::schema() const { return impl_->schema(); }

void Writer::stop() { impl_->stop(); }

}  // namespace traction
