// RecentKeys: the idempotency keys used of late, in the order of their use, with an index of them in memory. Sorted by
// key on the disk, each would change a page of its own and be most of what a commit writes; in order they share one,
// and are sorted in by the ten thousand. Internal to the SQLite ledger; used by whoever has the turn to write.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/instant.h"
#include "ledger/ledger.h"
#include "store/sqlite.h"

namespace traction {

class RecentKeys {
 public:
  // Brings the index in line with the table, which another program may have changed. At the begin of a transaction.
  void sync(sqlite::Database& database);

  // Writes a key down. Inside the transaction, as move() and forget().
  void remember(sqlite::Database& database, std::uint64_t key, const Remembered& remembered, Instant now);

  // Sorts some of the keys in when there are enough of them, or when the first is of an earlier day than the last,
  // since days are forgotten one by one. `written` keys were remembered in this transaction.
  void move(sqlite::Database& database, std::size_t written);

  // The last use of a key since `since`, among these.
  std::optional<Remembered> find(std::uint64_t key, Instant since) const;

  // The transaction did not come to its end: what is known is not so.
  void doubt() { known_ = false; }

 private:
  struct Use {
    Remembered remembered;
    Instant at;
    std::int64_t id = 0;  // in the table
  };
  // In the order of the table they are sorted into: its keys are signed.
  struct Place {
    std::int64_t bucket, key, id;
    auto operator<=>(const Place&) const = default;
  };
  void load(sqlite::Database& database, std::int64_t after);
  void note(std::uint64_t key, const Use& use);
  void begin_moving();
  void sort_in(sqlite::Database& database, std::size_t count);
  void take_away(sqlite::Database& database, std::size_t count);

  bool known_ = false;
  std::int64_t first_ = 0, last_ = 0;  // ids in the table
  std::unordered_map<std::uint64_t, Use> uses_;
  std::deque<Place> order_;  // every row of the table, the oldest first

  // Keys up to moving_to_ are being sorted in, in the order of `moving_`, and are then taken away, the oldest first.
  std::int64_t moving_to_ = 0;  // 0 = none
  std::vector<Place> moving_;
  std::size_t moved_ = 0;
  bool overdue_ = false;
};

// As many are kept in order before they are sorted in.
inline constexpr std::size_t kRecentKeys = 65'536;

}  // namespace traction
