#include "ledger/sqlite_recent.h"

#include <fmt/format.h>

namespace traction {

void RecentKeys::sync(sqlite::Database& database) {
  auto range = database.prepare("SELECT (SELECT min(id) FROM recent_key), (SELECT max(id) FROM recent_key)");
  range.step();
  const std::int64_t first = range.integer(0), last = range.integer(1);  // 0 without any
  // Ids only ever rise, and the last one is never taken away: what begins alike and goes on is the same with more.
  if (!known_ || first != first_ || last < last_) {
    uses_.clear();
    last_ = 0;
  }
  if (last != last_ || !known_) load(database, last_);
  first_ = first;
  last_ = last;
  known_ = true;
}

void RecentKeys::load(sqlite::Database& database, std::int64_t after) {
  auto query =
      database.prepare("SELECT key, request, first, count, remembered_at FROM recent_key WHERE id > ?1 ORDER BY id");
  query.bind(1, after);
  while (query.step()) {
    newest_ = {query.integer(4)};
    if (uses_.empty()) oldest_ = newest_;
    const Remembered remembered{static_cast<std::uint64_t>(query.integer(1)), query.integer(2),
                                static_cast<std::int32_t>(query.integer(3))};
    uses_[static_cast<std::uint64_t>(query.integer(0))] = {remembered, newest_};
  }
}

void RecentKeys::remember(sqlite::Database& database, std::uint64_t key, const Remembered& remembered, Instant now) {
  auto put = database.prepare(
      "INSERT INTO recent_key (id, key, request, first, count, remembered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  put.bind(1, last_ + 1).bind(2, static_cast<std::int64_t>(key)).bind(3, static_cast<std::int64_t>(remembered.request));
  put.bind(4, remembered.first).bind(5, remembered.count).bind(6, now.micros).run();
  if (++last_ == 1) first_ = 1;
  newest_ = now;
  if (uses_.empty()) oldest_ = now;
  uses_[key] = {remembered, now};
}

void RecentKeys::move(sqlite::Database& database) {
  if (uses_.size() < kRecentKeys && oldest_.micros / kDay >= newest_.micros / kDay) return;
  // Of a key that was used twice the last use is put in last and stays.
  database.run(
      fmt::format("REPLACE INTO idempotency (bucket, key, request, first, count, remembered_at)"
                  " SELECT remembered_at / {}, key, request, first, count, remembered_at FROM recent_key"
                  " ORDER BY 1, 2, id;"
                  "DELETE FROM recent_key WHERE id < {}",
                  kDay, last_));
  uses_.clear();
  load(database, last_ - 1);
  first_ = last_;
}

std::optional<Remembered> RecentKeys::find(std::uint64_t key, Instant since) const {
  const auto found = uses_.find(key);
  if (found == uses_.end() || found->second.at < since) return std::nullopt;
  return found->second.remembered;
}

}  // namespace traction
