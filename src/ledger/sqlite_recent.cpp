#include "ledger/sqlite_recent.h"

#include <algorithm>

namespace traction {
namespace {

constexpr std::size_t kLeastMoved = 64;  // with a commit

}  // namespace

void RecentKeys::sync(sqlite::Database& database) {
  auto range = database.prepare("SELECT (SELECT min(id) FROM recent_key), (SELECT max(id) FROM recent_key)");
  range.step();
  const std::int64_t first = range.integer(0), last = range.integer(1);  // 0 without any
  // Ids only ever rise, and the last one is never taken away: what begins alike and goes on is the same with more.
  if (!known_ || first != first_ || last < last_) {
    uses_.clear();
    order_.clear();
    last_ = moving_to_ = 0;
  }
  if (last != last_ || !known_) load(database, last_);
  // How far a moving had come is not on the disk: who finds it unfinished does all of it, or it might never be done.
  overdue_ = !known_ && order_.size() >= kRecentKeys;
  first_ = first;
  last_ = last;
  known_ = true;
}

void RecentKeys::load(sqlite::Database& database, std::int64_t after) {
  auto query = database.prepare(
      "SELECT key, request, first, count, remembered_at, id FROM recent_key WHERE id > ?1 ORDER BY id");
  query.bind(1, after);
  while (query.step())
    note(static_cast<std::uint64_t>(query.integer(0)),
         {{static_cast<std::uint64_t>(query.integer(1)), query.integer(2), static_cast<std::int32_t>(query.integer(3))},
          {query.integer(4)},
          query.integer(5)});
}

void RecentKeys::note(std::uint64_t key, const Use& use) {
  uses_[key] = use;
  order_.push_back({use.at.micros / kDay, static_cast<std::int64_t>(key), use.id});
}

void RecentKeys::remember(sqlite::Database& database, std::uint64_t key, const Remembered& remembered, Instant now) {
  auto put = database.prepare(
      "INSERT INTO recent_key (id, key, request, first, count, remembered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  put.bind(1, last_ + 1).bind(2, static_cast<std::int64_t>(key)).bind(3, static_cast<std::int64_t>(remembered.request));
  put.bind(4, remembered.first).bind(5, remembered.count).bind(6, now.micros).run();
  if (++last_ == 1) first_ = 1;
  note(key, {remembered, now, last_});
}

void RecentKeys::move(sqlite::Database& database, std::size_t written) {
  if (order_.empty()) return;
  const bool of_two_days = order_.front().bucket < order_.back().bucket;
  if (moving_to_ == 0 && (order_.size() >= kRecentKeys || of_two_days)) begin_moving();
  if (moving_to_ == 0) return;
  // Faster than new ones come, so that it ends.
  const std::size_t some = overdue_ ? order_.size() : std::max(4 * written, kLeastMoved);
  const bool all_in = moved_ == moving_.size();
  if (!all_in) sort_in(database, some);
  if (all_in || overdue_) take_away(database, some);
  overdue_ = false;
}

void RecentKeys::begin_moving() {
  moving_to_ = last_ - 1;  // one stays, so that ids go on from it
  moving_.assign(order_.begin(), order_.end() - 1);
  std::ranges::sort(moving_);
  moved_ = 0;
}

void RecentKeys::sort_in(sqlite::Database& database, std::size_t count) {
  auto put = database.prepare(
      "REPLACE INTO idempotency (bucket, key, request, first, count, remembered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  for (; count > 0 && moved_ < moving_.size(); --count, ++moved_) {
    const Place& next = moving_[moved_];
    const Use& use = uses_.at(static_cast<std::uint64_t>(next.key));
    if (use.id != next.id) continue;  // used again since: that use is sorted in later
    put.bind(1, next.bucket).bind(2, next.key);
    put.bind(3, static_cast<std::int64_t>(use.remembered.request)).bind(4, use.remembered.first);
    put.bind(5, use.remembered.count).bind(6, use.at.micros).run();
  }
}

void RecentKeys::take_away(sqlite::Database& database, std::size_t count) {
  const std::int64_t to = std::min(first_ + static_cast<std::int64_t>(count) - 1, moving_to_);
  database.prepare("DELETE FROM recent_key WHERE id <= ?1").bind(1, to).run();
  first_ = to + 1;
  for (; order_.front().id <= to; order_.pop_front()) {
    const auto use = uses_.find(static_cast<std::uint64_t>(order_.front().key));
    // Not there: used twice among these. Later than these: it stays.
    if (use != uses_.end() && use->second.id <= to) uses_.erase(use);
  }
  if (to == moving_to_) moving_to_ = 0;
}

std::optional<Remembered> RecentKeys::find(std::uint64_t key, Instant since) const {
  const auto found = uses_.find(key);
  if (found == uses_.end() || found->second.at < since) return std::nullopt;
  return found->second.remembered;
}

}  // namespace traction
