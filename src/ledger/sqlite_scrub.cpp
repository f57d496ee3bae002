#include "ledger/sqlite_scrub.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

namespace traction {
namespace {

using sqlite::Changes;
using sqlite::Database;

constexpr int kMergedAtOnce = 500;              // pages of a search index
constexpr std::int64_t kClearedAtOnce = 2'000;  // pages
// To empty the log, those who read when an attempt begins must end within it; writers wait as long.
constexpr std::chrono::milliseconds kFirstAttempt{50};
constexpr std::chrono::milliseconds kLongestAttempt{2'000};
constexpr std::chrono::seconds kAllAttempts{60};

// The unused middle of a b-tree page: after the cell pointers, before the cells. Empty for other pages. See "B-tree
// Pages" in https://www.sqlite.org/fileformat2.html. The first byte of an overflow or freelist page is the top one of a
// page number, which takes such a value only in files of more than 128 GB.
std::span<const std::byte> gap_of(std::span<const std::byte> page, std::int64_t number) {
  constexpr std::size_t kFileHeader = 100;
  const std::size_t header = number == 1 ? kFileHeader : 0;
  const auto byte = [&](std::size_t at) { return std::to_integer<std::size_t>(page[header + at]); };
  const std::size_t kind = byte(0);
  const bool leaf = kind == 10 || kind == 13;
  if (!leaf && kind != 2 && kind != 5) return {};
  const std::size_t cells = byte(3) << 8 | byte(4);
  const std::size_t content = byte(5) << 8 | byte(6);
  const std::size_t begin = header + (leaf ? 8 : 12) + 2 * cells;
  const std::size_t end = content == 0 ? page.size() : content;
  return begin < end && end <= page.size() ? page.subspan(begin, end - begin) : std::span<const std::byte>();
}

// Overwrites the unused middle of `count` pages from `first` (1 …) on: when SQLite spreads the rows of a full page over
// others, copies of those that left stay there, whatever secure_delete says. Returns the page to go on with; 0 at the
// end.
std::int64_t clear_gaps(sqlite::Database& database, std::int64_t first, std::int64_t count) {
  auto size = database.prepare("PRAGMA page_count");
  size.step();
  const std::int64_t last = std::min(first + count - 1, size.integer(0));
  const bool more = last < size.integer(0);
  auto read = database.prepare("SELECT data FROM sqlite_dbpage WHERE pgno = ?1");
  std::vector<std::byte> cleared;
  for (std::int64_t number = first; number <= last; ++number) {
    read.bind(1, number);
    if (read.step()) {
      const auto page = read.blob(0);
      const auto gap = gap_of(page, number);
      if (std::any_of(gap.begin(), gap.end(), [](std::byte b) { return b != std::byte{0}; })) {
        cleared.assign(page.begin(), page.end());
        std::fill_n(cleared.begin() + (gap.data() - page.data()), gap.size(), std::byte{0});
      }
    }
    read.reset();
    if (cleared.empty()) continue;
    database.prepare("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1").bind(1, number).bind(2, cleared).run();
    cleared.clear();
  }
  return more ? last + 1 : 0;
}

// One step of merging a search index into a single part, which leaves the words of deleted texts behind; the first
// step marks what is to be merged. False when nothing is left to do.
bool merge(Database& database, std::int32_t type, bool first) {
  const std::int64_t before = database.total_changes();
  database.prepare(fmt::format("INSERT INTO search_{0}(search_{0}, rank) VALUES ('merge', ?1)", type))
      .bind(1, first ? -kMergedAtOnce : kMergedAtOnce)
      .run();
  return first || database.total_changes() - before >= 2;
}

class Scrub {
 public:
  Scrub(Database& writer, Turns& turns) : writer_(writer), turns_(turns) {}

  void run() {
    transaction([&] { look(); });
    if (erased_.empty()) return;
    for (const std::int32_t type : searched_) {
      bool first = true;
      for (bool more = true; more; first = false) transaction([&] { more = merge(writer_, type, first); });
    }
    for (std::int64_t page = 1; page != 0;) transaction([&] { page = clear_gaps(writer_, page, kClearedAtOnce); });
    empty_log();
    transaction([&] {
      for (const auto& [type, entries] : erased_)
        writer_.prepare("UPDATE erased SET scrubbed = ?2 WHERE type = ?1").bind(1, type).bind(2, entries).run();
    });
  }

 private:
  template <class Work>
  void transaction(const Work& work) {
    Turn turn = turns_.take();
    turn.write([&] {
      Changes changes(writer_);
      work();
      changes.commit();
    });
  }

  void look() {
    auto erased = writer_.prepare("SELECT type, entries FROM erased WHERE entries != scrubbed");
    while (erased.step()) erased_[static_cast<std::int32_t>(erased.integer(0))] = erased.integer(1);
    auto searched = writer_.prepare("SELECT type FROM searched");
    while (searched.step())
      if (const auto type = static_cast<std::int32_t>(searched.integer(0)); erased_.contains(type))
        searched_.push_back(type);
  }

  // Whoever reads an older state holds the log. Others write between two attempts, each of which waits longer for
  // readers than the one before.
  void empty_log() {
    const auto end = std::chrono::steady_clock::now() + kAllAttempts;
    for (auto attempt = kFirstAttempt;; attempt = std::min(attempt * 2, kLongestAttempt)) {
      bool emptied = false;
      {
        Turn turn = turns_.take();
        turn.write([&] { emptied = writer_.empty_log(static_cast<int>(attempt.count())); });
      }
      if (emptied) return;
      if (std::chrono::steady_clock::now() >= end) break;
      std::this_thread::sleep_for(attempt);
    }
    throw Fault(
        Fault::Kind::internal,
        fmt::format("What was erased is still in the log of {}, which somebody reads. Try again.", writer_.path()));
  }

  Database& writer_;
  Turns& turns_;
  std::map<std::int32_t, std::int64_t> erased_;  // type: entries
  std::vector<std::int32_t> searched_;           // those of them that have a search index
};

}  // namespace

void scrub(Database& writer, Turns& turns) { Scrub(writer, turns).run(); }

}  // namespace traction
