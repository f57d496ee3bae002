// Workspace: one company's selling, with everything joined: ledger, writer, mart, definitions. The one object that the
// command line, the import and (later) the server talk to. It knows no directory layout (directory.h) and prints
// nothing. Any thread.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/definitions.h"
#include "app/outcome.h"
#include "app/signal.h"
#include "app/writer.h"
#include "base/clock.h"
#include "base/result.h"
#include "domain/command.h"
#include "ledger/ledger.h"
#include "mart/mart.h"
#include "metrics/query.h"
#include "schema/schema.h"

namespace traction {

// The ledger's head at the time of the call, for whoever asks how far the mart should be.
inline constexpr Seq kHead = INT64_MAX;

class Workspace {
 public:
  // Joins a ledger (which may still be empty: see begin) with definitions and a mart, which is opened on first use.
  Workspace(std::string name, std::unique_ptr<Ledger> ledger, std::shared_ptr<const Definitions> definitions,
            MartOptions mart, Clock& clock, Random& random);
  ~Workspace();

  const std::string& name() const { return name_; }
  Clock& clock() { return clock_; }
  const Definitions& definitions() const { return *definitions_; }
  Ledger& ledger() { return *ledger_; }

  // Writes the first entry of an empty ledger, its settings: fields of the record type `workspace`. Refused (rule) when
  // the ledger has begun already.
  Result<Outcome> begin(json::object settings);
  bool begun();

  // The settings as they are now: the body of the record `workspace`, empty before begin().
  json::object settings();
  // The same as the ledger knew them at an instant.
  json::object settings(Instant as_of);

  // The definitions' schema with the workspace's own fields, as of the last command that was answered.
  std::shared_ptr<const Schema> schema();

  // The definitions' metrics with the workspace's own, in the same way, and as they were when the entry `at` was the
  // last one.
  std::shared_ptr<const Catalogue> catalogue();
  std::shared_ptr<const Catalogue> catalogue_at(Seq at);

  // Hands a command to the writer (writer.h); many at once share one commit. execute() waits for the answer.
  void submit(Command command, Told told);
  std::future<Result<Outcome>> submit(Command command);
  Result<Outcome> execute(Command command);

  // Whether a command with this idempotency key was done of late, and would be answered again instead of done.
  bool remembers(std::string_view idempotency_key);

  // Called on the writer's thread after every commit that wrote entries, with the ledger's head.
  [[nodiscard]] Listening on_commit(std::function<void(Seq head)> told) { return commits_.listen(std::move(told)); }

  // Called after the mart has taken entries in through mart_at(), with the last of them.
  [[nodiscard]] Listening on_applied(std::function<void(Seq applied)> told) {
    return applications_.listen(std::move(told));
  }

  // The mart, opened on first use and perhaps behind the ledger. Never null; lives as long as the workspace.
  Mart* mart();

  // The mart, caught up with the ledger when it does not hold the entry `at_least` yet: 0 takes it as it stands, unless
  // nothing is in it; kHead asks for the ledger as it is at the call.
  Mart* mart_at(Seq at_least, const Progress& progress = {});
  Mart* fresh_mart(const Progress& progress = {}) { return mart_at(kHead, progress); }

  // Reads the mart as mart_at() leaves it. Waits while it is built anew.
  std::unique_ptr<MartReader> read_mart(Seq at_least);

 private:
  const std::string name_;
  const std::unique_ptr<Ledger> ledger_;
  const std::shared_ptr<const Definitions> definitions_;
  const MartOptions mart_options_;
  Clock& clock_;

  Signal<Seq> commits_, applications_;

  std::mutex mart_mutex_;
  std::unique_ptr<Mart> mart_;

  std::unique_ptr<Writer> writer_;  // last: its thread ends before what it uses
};

}  // namespace traction
