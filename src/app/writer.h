// Writer: the one thread that writes a workspace's ledger. It drains the commands that wait, decides each inside one
// transaction, and makes all of them durable by one commit (group commit) before it answers any. Who may do what is
// decided before a command gets here; what a command means is decide()'s business (domain/decide.h). A second thread
// scrubs the ledger's files after an erasure, so that commands need not wait for that.
//
// Threads: submit() and schema() from any thread. `committed` is called on the writer's thread: keep it short.
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <memory>

#include "app/outcome.h"
#include "base/clock.h"
#include "base/result.h"
#include "domain/command.h"
#include "ledger/ledger.h"
#include "metrics/metric.h"
#include "schema/schema.h"

namespace traction {

// How long an idempotency key is remembered.
inline constexpr std::int64_t kKeyHours = 24;

// The schema of the definitions with the custom fields that this ledger holds. A Fault (damaged) when they contradict
// the definitions.
std::shared_ptr<const Schema> workspace_schema(const Schema& definitions, Reader& reader);

// What became of a command: the answer, or the failure of the machine (not null) in its place.
using Told = std::function<void(Result<Outcome> answer, std::exception_ptr failure)>;

struct WriterOptions {
  std::size_t most_commands = 512;            // that share one commit
  std::size_t most_actions = 4096;            // that share one commit, unless a single command has more
  std::size_t most_waiting = 65'536;          // more than that are refused (busy)
  Catalogue metrics{};                        // the shipped ones, which a workspace's own are checked beside
  std::function<void(Seq head)> committed{};  // told after every commit that wrote entries; must not throw
};

class Writer {
 public:
  // Begins to serve. `definitions` is the schema without the workspace's own fields.
  Writer(Ledger& ledger, const Schema& definitions, Clock& clock, Random& random, WriterOptions options = {});
  // Finishes what was accepted, as stop().
  ~Writer();

  // Hands over a command; `told` is called once its entries are durable, or with the refusal: decide()'s, too_large or
  // key_reused for its idempotency key, busy after stop() or when too many wait. A failing machine is a Fault: nothing
  // of the command was written, unless its kind is unknown_outcome; then the same command with the same idempotency key
  // may be asked again and is not done twice. A command that erases a person or removes a stage first scans the ledger
  // in the caller's thread, and its erasure is told once the ledger's files no longer hold what was erased (Fault when
  // that cannot be had; the erasure stands). `told` is called on the writer's threads, or on the caller's when there is
  // nothing to write: keep it short, and it must not throw.
  void submit(Command command, Told told);

  // The same as a future, whose exception is the failure.
  std::future<Result<Outcome>> submit(Command command);

  // The schema with the workspace's own fields, as of the last answer.
  std::shared_ptr<const Schema> schema() const;

  // The shipped metrics with the workspace's own, in the same way.
  std::shared_ptr<const Catalogue> catalogue() const;

  // Accepts nothing more, finishes what was accepted and ends the thread. May be called again.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace traction
