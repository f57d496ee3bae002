#include "mart/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/fault.h"
#include "mart/tables.h"
#include "metrics/path.h"

namespace traction {
namespace {

// A reader is held for so many entries, so that the ledger can tidy up behind it.
constexpr Seq kEntriesPerReader = 100'000;
constexpr std::size_t kMostWaiting = 16;  // chunks between the two threads

// Puts rows into tables by an appender per type.
class Tables {
 public:
  explicit Tables(Connection& connection) : connection_(connection) {}

  void append(const std::string& table, Chunk& chunk) {
    auto& appender = appenders_[table];
    if (!appender) appender = std::make_unique<Appender>(connection_, table);
    appender->append(chunk);
  }
  void widen(const RecordType& type) {
    close();
    connection_.run(create_tables(type));
  }
  void close() {
    for (auto& [table, appender] : appenders_) appender->close();
    appenders_.clear();
  }

 private:
  Connection& connection_;
  std::map<std::string, std::unique_ptr<Appender>> appenders_;
};

class DirectSink : public VersionSink {
 public:
  explicit DirectSink(Tables& tables) : tables_(tables) {}
  void rows(const RecordType& type, std::unique_ptr<Chunk> chunk) override {
    tables_.append(versions_table(type), *chunk);
  }
  void widened(const RecordType& type) override { tables_.widen(type); }

 private:
  Tables& tables_;
};

// Hands rows from the thread that reads to the one that appends, in order.
class QueueSink : public VersionSink {
 public:
  void rows(const RecordType& type, std::unique_ptr<Chunk> chunk) override {
    put([table = versions_table(type), rows = std::shared_ptr<Chunk>(std::move(chunk))](Tables& tables) {
      tables.append(table, *rows);
    });
  }
  void widened(const RecordType& type) override {
    put([type](Tables& tables) { tables.widen(type); });
  }

  // The reader's last word.
  void end(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    error_ = error;
    changed_.notify_all();
  }

  // Does the next piece of work; false when there is no more. Throws what the reader threw.
  bool next(Tables& tables) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !work_.empty() || ended_; });
    if (error_) std::rethrow_exception(error_);
    if (work_.empty()) return false;
    const auto work = std::move(work_.front());
    work_.pop_front();
    changed_.notify_all();
    lock.unlock();
    work(tables);
    return true;
  }

  // The appender has failed: the reader's next piece throws.
  void give_up() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
  }

 private:
  void put(std::function<void(Tables&)> work) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return work_.size() < kMostWaiting || given_up_; });
    if (given_up_) throw Fault(Fault::Kind::internal, "The mart could not be written.");
    work_.push_back(std::move(work));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void(Tables&)>> work_;
  bool ended_ = false, given_up_ = false;
  std::exception_ptr error_;
};

// Takes all entries of the span, and what it notices on the way.
void take_all(Ledger& ledger, Versions& versions, Span span, VersionSink& sink, Applied& applied,
              std::unordered_map<std::int32_t, std::vector<Id>>* changed, const std::function<void(Seq)>& done) {
  for (Seq from = span.after; from < span.last && !applied.erased; from += kEntriesPerReader) {
    const auto reader = ledger.read(), lookup = ledger.read();
    Seq seen = from;
    reader->entries(from, std::min(span.last, from + kEntriesPerReader), [&](const StoredEntry& stored) {
      const Entry& entry = stored.entry;
      // A mart that begins from nothing never sees what was erased; any other has it in its file.
      applied.erased = entry.kind == EntryKind::erased && span.after > 0;
      if (applied.erased) return false;
      applied.merging |= entry.kind == EntryKind::merged || entry.kind == EntryKind::unmerged;
      versions.take(entry, *lookup, sink);
      if (changed) (*changed)[entry.type].push_back(entry.record);
      applied.hash = stored.hash;
      seen = entry.seq;
      return true;
    });
    if (!applied.erased && seen != std::min(span.last, from + kEntriesPerReader))
      throw Fault(Fault::Kind::damaged, fmt::format("The ledger has no entry {}.", seen + 1));
    done(seen);
  }
  if (!applied.erased) versions.finish(sink);
}

// Sets the end of versions that were the last of their record until now.
void end_versions(Connection& connection, const RecordType& type, const std::vector<Ended>& ended) {
  connection.run("CREATE OR REPLACE TEMP TABLE ended (id BIGINT, seq_from BIGINT, seq_to BIGINT)");
  Appender appender(connection, "ended", true);
  constexpr ColumnKind kinds[] = {ColumnKind::bigint, ColumnKind::bigint, ColumnKind::bigint};
  for (std::size_t begin = 0; begin < ended.size(); begin += Chunk::kRows) {
    Chunk chunk(kinds);
    for (std::size_t i = begin; i < ended.size() && !chunk.full(); ++i) {
      chunk.set(0, ended[i].record);
      chunk.set(1, ended[i].from);
      chunk.set(2, ended[i].to);
      chunk.end_row();
    }
    appender.append(chunk);
  }
  appender.close();
  const auto [first, last] = std::ranges::minmax(ended, {}, &Ended::from);
  const std::string table = quoted(versions_table(type));
  connection.run(
      fmt::format("UPDATE {0} SET seq_to = e.seq_to FROM ended e WHERE {0}.id = e.id AND {0}.seq_from = e.seq_from "
                  "AND {0}.seq_from BETWEEN {1} AND {2}",
                  table, first.from, last.from));
}

}  // namespace

Applied apply_entries(Ledger& ledger, Versions& versions, Connection& connection, Span span, bool bulk,
                      const std::function<void(Seq)>& progress) {
  Applied applied;
  Tables tables(connection);
  std::unordered_map<std::int32_t, std::vector<Id>> changed;
  if (bulk) {
    QueueSink queue;
    std::atomic<Seq> read = span.after;
    std::thread reader([&] {
      try {
        take_all(ledger, versions, span, queue, applied, nullptr, [&](Seq seq) { read = seq; });
        queue.end(nullptr);
      } catch (...) {
        queue.end(std::current_exception());
      }
    });
    try {
      for (Seq told = 0; queue.next(tables);)
        if (const Seq seq = read; seq != told) progress(told = seq);
    } catch (...) {
      queue.give_up();
      reader.join();
      throw;
    }
    reader.join();
  } else {
    DirectSink sink(tables);
    take_all(ledger, versions, span, sink, applied, &changed, progress);
  }
  if (applied.erased) return applied;
  tables.close();
  for (const auto& [number, ended] : versions.take_ended())
    end_versions(connection, *versions.schema().type(number), ended);
  applied.changes.after = span.after;
  applied.changes.last = span.last;
  for (auto& [number, ids] : changed) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    applied.changes.ids[versions.schema().type(number)->name] = std::move(ids);
  }
  return applied;
}

}  // namespace traction
