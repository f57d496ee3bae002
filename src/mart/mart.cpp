#include "mart/mart.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <shared_mutex>

#include "base/check.h"
#include "base/fault.h"
#include "domain/decide.h"
#include "ledger/chain.h"
#include "mart/apply.h"
#include "mart/facts.h"
#include "mart/functions.h"
#include "mart/probe.h"
#include "mart/readers.h"
#include "mart/rollups.h"
#include "mart/tables.h"

namespace traction {
namespace {

// From so many waiting entries on, when they are also a tenth of what is there, everything is built from nothing:
// cheaper than finding out what they touch.
constexpr Seq kManyEntries = 20'000;

// Changes of so many MB may wait in the log while the ledger is followed: moving them into the file, whatever their
// size, takes several times as long as following a second's work.
constexpr std::size_t kLogMb = 128;

class DuckdbMart : public Mart {
 public:
  DuckdbMart(MartOptions options, Schema schema, std::vector<FactDefinition> facts, Ledger& ledger)
      : options_(std::move(options)),
        schema_(std::move(schema)),
        digest_(layout_digest(schema_, facts)),
        facts_(std::move(facts)),
        ledger_(ledger),
        readers_(schema_, facts_.definitions(), options_.whole_cells) {
    if (!options_.path.empty() && std::filesystem::exists(options_.path)) {
      if (opens_in_child(options_.path) && adopt()) return;
      const auto alone = close();
      put_aside();
    }
    make();
  }

  void catch_up(const Progress& progress) override {
    const std::lock_guard lock(apply_mutex_);
    const Seq head = ledger_.read()->head().seq, after = applied();
    try {
      if (readers_.is_open() && !broken_ && !readers_.found_damage() && follow(head, progress)) return;
    } catch (const Fault& fault) {
      if (fault.kind() != Fault::Kind::damaged || after == 0) throw;
      broken_ = true;
    }
    make_anew();  // also after an erasure: what DuckDB deletes stays in its file
    if (head > 0) apply(head, true, progress);
  }

  Seq applied() const override {
    const std::lock_guard lock(applied_mutex_);
    return applied_;
  }

  bool wait_for(Seq seq, int timeout_ms) override {
    std::unique_lock lock(applied_mutex_);
    return applied_moved_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return applied_ >= seq; });
  }

  void rebuild(const Progress& progress) override {
    const std::lock_guard lock(apply_mutex_);
    make_anew();
    if (const Seq head = ledger_.read()->head().seq; head > 0) apply(head, true, progress);
  }

  std::unique_ptr<MartReader> read() override { return readers_.present(); }

  Seq recorded_by(Instant instant) override {
    // The times of entries never run backwards and their seqs have no gaps.
    const auto reader = ledger_.read();
    Seq known = 0, later = reader->head().seq + 1;
    while (known + 1 < later) {
      const Seq middle = known + (later - known) / 2;
      const std::optional<StoredEntry> entry = reader->entry(middle);
      if (!entry) throw Fault(Fault::Kind::damaged, fmt::format("The ledger has no entry {}.", middle));
      (entry->entry.recorded_at <= instant ? known : later) = middle;
    }
    return known;
  }

  std::unique_ptr<MartReader> read_as_of(Seq as_of) override { return readers_.past(as_of); }

  bool set_aside() const override { return found_bad_; }

 private:
  // Opens the file as it is. False when it is not this ledger's, or not of this program's layout.
  bool adopt() {
    try {
      open_database(true);
      const Result<Table> row = writer_->query("SELECT ledger_id, seq, hash, layout FROM mart");
      if (!row || row->size() != 1) return false;
      const TableRow cells = (*row)[0];
      const Seq seq = std::get<std::int64_t>(cells[1]);
      const auto reader = ledger_.read();
      if (std::get<std::string>(cells[0]) != reader->head().ledger_id || std::get<std::string>(cells[3]) != digest_)
        return false;
      if (seq > 0) {
        const std::optional<StoredEntry> entry = reader->entry(seq);
        if (!entry || to_hex(entry->hash) != std::get<std::string>(cells[2])) return false;
      }
      lay_out();
      move_applied(seq);
      readers_.open(*database_);
      return true;
    } catch (const Fault&) {
      return false;
    } catch (const std::bad_variant_access&) {
      return false;
    }
  }

  // `filled`: what comes is followed, not built.
  void open_database(bool filled) {
    database_ = std::make_unique<Database>(
        DatabaseOptions{.path = options_.path,
                        .temp_directory = options_.path.empty() ? "" : options_.path + ".tmp",
                        .memory_mb = options_.memory_mb,
                        .log_mb = filled ? kLogMb : DatabaseOptions{}.log_mb,
                        .threads = options_.threads});
    writer_ = std::make_unique<Connection>(*database_);
    register_functions(*writer_);
  }

  // Tables and views for the given schema and the fields that the ledger brought so far.
  void lay_out() {
    writer_->run("BEGIN TRANSACTION; " + create_tables(schema_));
    Schema schema = with_own_fields(*writer_, schema_);
    writer_->run(create_tables(schema) + "COMMIT");
    versions_ = std::make_unique<Versions>(std::move(schema));
  }

  // In place of what is there. Nobody asks while there is nothing.
  void make_anew() {
    const auto alone = close();
    broken_ || readers_.found_damage() ? put_aside() : drop();
    make();
  }

  // A new, empty mart. As what makes room for it: while nobody asks.
  void make() {
    open_database(false);
    lay_out();
    writer_->run("BEGIN TRANSACTION");
    for (const FactDefinition& fact : facts_.definitions()) writer_->run(create_fact(fact) + create_rollups(fact));
    note(0, {});
    writer_->run("COMMIT");
    broken_ = false;
    move_applied(0);
    readers_.open(*database_);
  }

  // Nobody asks from here on until the lock is let go.
  [[nodiscard]] std::unique_lock<std::shared_mutex> close() {
    auto alone = readers_.shut();
    versions_.reset();
    writer_.reset();
    database_.reset();
    return alone;
  }

  void put_aside() {
    found_bad_ = true;
    if (options_.path.empty()) return;
    std::filesystem::rename(options_.path, options_.path + ".bad");
    remove_beside();
  }

  void drop() {
    if (options_.path.empty()) return;
    std::filesystem::remove(options_.path);
    std::filesystem::remove(options_.path + ".bad");
    remove_beside();
  }

  void remove_beside() {
    std::filesystem::remove(options_.path + ".wal");
    std::filesystem::remove_all(options_.path + ".tmp");
  }

  // Applies everything up to `head`, building facts from nothing where that is less work. False when an erasure is in
  // the way: then what comes before it may be done.
  bool follow(Seq head, const Progress& progress) {
    const Seq after = applied();
    if (after == 0 || (head - after > kManyEntries && head - after > after / 10)) return apply(head, true, progress);
    const auto tell = [&](Seq before) {
      return [&progress, done = before - after, total = head - after](std::int64_t applied, std::int64_t) {
        if (progress) progress(done + applied, total);
      };
    };
    for (Seq seq = after; seq < head; seq = applied())
      if (!apply(std::min(head, seq + options_.most_at_once), false, tell(seq))) return false;
    return true;
  }

  // Applies everything up to `head` in one transaction. False when an erasure is in the way: then nothing was done.
  bool apply(Seq head, bool bulk, const Progress& progress) {
    const Seq after = applied();
    const auto tell = [&](Seq seq) {
      if (progress) progress(seq - after, head - after);
    };
    const Schema before = versions_->schema();
    try {
      writer_->run("BEGIN TRANSACTION");
      Applied applied = apply_entries(ledger_, *versions_, *writer_, {after, head}, bulk, tell);
      if (applied.erased) {
        writer_->run("ROLLBACK");
        return false;
      }
      if (applied.merging) applied.changes.moved = move_aliases();
      if (bulk)
        facts_.build(*writer_, head);
      else
        facts_.update(*writer_, versions_->schema(), applied.changes);
      note(head, applied.hash);
      writer_->run("COMMIT");
    } catch (...) {
      // What was remembered of edited records and fields is now ahead of the tables.
      versions_ = std::make_unique<Versions>(before);
      undo();
      throw;
    }
    move_applied(head);
    if (bulk) tidy();
    return true;
  }

  // Brings the aliases in line with the records; true when any record's root changed.
  bool move_aliases() {
    writer_->run("CREATE OR REPLACE TEMP TABLE was_alias AS SELECT * FROM alias; " + fill_alias(versions_->schema()) +
                 "CREATE OR REPLACE TEMP TABLE moved AS SELECT DISTINCT unnest([id, root]) AS id FROM ("
                 "(FROM was_alias EXCEPT FROM alias) UNION ALL (FROM alias EXCEPT FROM was_alias))");
    return writer_->number("SELECT count(*) FROM moved") > 0;
  }

  void note(Seq seq, const Digest& hash) {
    writer_->run(fmt::format("DELETE FROM mart; INSERT INTO mart VALUES ('{}', {}, '{}', '{}')",
                             ledger_.read()->head().ledger_id, seq, seq == 0 ? "" : to_hex(hash), digest_));
  }

  void undo() {
    try {
      writer_->run("ROLLBACK");
    } catch (const Fault&) {  // the transaction is over already
    }
  }

  // Moves what a bulk run wrote out of the log, so that the next start has nothing to replay, and opens the file as the
  // next start would: through the tables that it was written by, DuckDB reads it markedly slower.
  void tidy() {
    try {
      writer_->run("CHECKPOINT");
    } catch (const Fault& fault) {  // a query is running: DuckDB does it when it closes
      if (fault.kind() != Fault::Kind::internal) throw;
    }
    if (options_.path.empty()) return;
    const auto alone = close();
    open_database(true);
    lay_out();
    readers_.open(*database_);
  }

  void move_applied(Seq seq) {
    const std::lock_guard lock(applied_mutex_);
    applied_ = seq;
    applied_moved_.notify_all();
  }

  const MartOptions options_;
  const Schema schema_;
  const std::string digest_;
  const Facts facts_;
  Ledger& ledger_;
  bool found_bad_ = false;
  bool broken_ = false;  // found out while applying: the next catch_up() sets it aside

  std::mutex apply_mutex_;  // held by the one that writes
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> writer_;
  std::unique_ptr<Versions> versions_;
  Readers readers_;

  mutable std::mutex applied_mutex_;
  std::condition_variable applied_moved_;
  Seq applied_ = 0;
};

}  // namespace

std::unique_ptr<Mart> Mart::open(MartOptions options, Schema schema, std::vector<FactDefinition> facts,
                                 Ledger& ledger) {
  return std::make_unique<DuckdbMart>(std::move(options), std::move(schema), std::move(facts), ledger);
}

}  // namespace traction
