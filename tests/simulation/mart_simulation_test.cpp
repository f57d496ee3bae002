// A mart that follows a history in pieces must equal one built from nothing, in every row of every table: record
// versions, aliases and facts. Histories are random but come through decide(), so they are what can really happen:
// edits, deletions, backdating, merges, reopened deals, new settings, custom fields, erasures. And every metric must be
// what the auditor reckons. As of an earlier entry a mart must hold what it held then, whenever that is asked.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "app/definitions.h"
#include "simulation/compared.h"

namespace traction {
namespace {

constexpr int kPieces = 3;
constexpr int kMostSteps = 80;  // of a piece

// Tables with their columns by name: a custom field stands where it came, or where the schema has it.
Table layout(MartReader& mart) {
  return mart
      .query(
          "SELECT table_name, string_agg('\"' || column_name || '\"', ', ' ORDER BY column_name) FROM duckdb_columns() "
          "WHERE table_name IN (SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND table_name <> 'mart') "
          "GROUP BY ALL ORDER BY ALL")
      .value();
}

// What two tables have in any order.
::testing::AssertionResult same(const std::string& what, const Table& followed, const Table& built) {
  std::vector<Cells> ours = rows_of(followed), theirs = rows_of(built);
  std::ranges::sort(ours);
  std::ranges::sort(theirs);
  if (ours == theirs) return ::testing::AssertionSuccess();
  auto failure = ::testing::AssertionFailure() << what << "\n";
  const auto report = [&](const char* sign, const std::vector<Cells>& one, const std::vector<Cells>& other) {
    for (const Cells& row : one)
      if (!std::ranges::binary_search(other, row)) failure << sign << text_of(std::vector<Cells>{row});
  };
  report("followed: ", ours, theirs);
  report("built:    ", theirs, ours);
  return failure;
}

::testing::AssertionResult equal(Mart& followed, Mart& built) {
  const auto followed_now = followed.read(), built_now = built.read();
  const std::vector<Cells> tables = rows_of(layout(*built_now));
  if (rows_of(layout(*followed_now)) != tables) return ::testing::AssertionFailure() << "other tables or columns";
  for (const Cells& table : tables) {
    const std::string sql =
        fmt::format("SELECT {} FROM \"{}\"", std::get<std::string>(table[1]), std::get<std::string>(table[0]));
    if (const auto one = same(sql, followed_now->query(sql).value(), built_now->query(sql).value()); !one) return one;
  }
  return ::testing::AssertionSuccess();
}

// Facts and roll-ups as of an earlier entry, some of them or all, with one column or all, must be what a mart holds
// that was built from nothing when that entry was the last.
::testing::AssertionResult equal_as_of(Mart& followed, Mart& then, Chance& chance, bool all) {
  const auto reader = then.read(), past = followed.read_as_of(then.applied());
  for (const Cells& table : rows_of(layout(*reader))) {
    const auto& name = std::get<std::string>(table[0]);
    if (name.starts_with("r_") || name == "alias" || (!all && chance.one_in(2))) continue;
    const auto& columns = std::get<std::string>(table[1]);
    const std::string sql =
        fmt::format("SELECT {} FROM \"{}\"", all ? columns : columns.substr(0, columns.find(',')), name);
    const std::string what = fmt::format("{} as of {}", sql, then.applied());
    if (const auto one = same(what, past->query(sql).value(), reader->query(sql).value()); !one) return one;
  }
  return ::testing::AssertionSuccess();
}

// Where the movements up to an instant do not come to the pipeline there was then, by stage, currency and due day, or
// where open deals are neither planned for nor without a next step: nothing, at every instant at which something
// changed.
constexpr const char* kAddsUp = R"(
WITH t AS (
  SELECT DISTINCT happened_at AS t FROM deal_movement WHERE happened_at IS NOT NULL UNION SELECT TIMESTAMP '2100-01-01'
), moved AS (
  SELECT t, stage, currency, due_on, sum(amount_minor) AS amount, sum(deals) AS deals
  FROM t JOIN deal_movement ON coalesce(happened_at < t, TRUE) GROUP BY ALL
  HAVING sum(amount_minor) <> 0 OR sum(deals) <> 0
), open AS (
  SELECT t, deal, stage, currency, due_on, coalesce(amount_minor, 0) AS amount
  FROM t JOIN deal_value ON coalesce(began_at < t, TRUE) AND coalesce(ended_at >= t, TRUE)
), worth AS (
  SELECT t, stage, currency, due_on, sum(amount) AS amount, count(DISTINCT deal) AS deals FROM open GROUP BY ALL
), unplanned AS (
  SELECT t, deal FROM t JOIN deal_unplanned ON coalesce(began_at < t, TRUE) AND coalesce(ended_at >= t, TRUE)
), planned AS (
  SELECT t, deal FROM t JOIN agenda ON kind <> 'question' AND coalesce(noted_at < t, TRUE) AND coalesce(done_at >= t, TRUE)
), unlike AS (
  (FROM moved EXCEPT FROM worth) UNION ALL (FROM worth EXCEPT FROM moved)
), stepless AS (
  SELECT t, deal FROM open EXCEPT SELECT t, deal FROM planned
), missed AS (
  (FROM stepless EXCEPT FROM unplanned) UNION ALL (FROM unplanned EXCEPT FROM stepless)
)
SELECT 'moved', t, stage, amount FROM unlike UNION ALL SELECT 'planned', t, deal, 0 FROM missed)";

// MART_SEED and MART_HISTORIES choose others.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// What the engine answers otherwise than the auditor, about a third of the metrics: it is the asking that takes time.
std::string audited(History& history, Mart& mart, Chance& chance) {
  static const auto definitions = load_definitions(TRACTION_SOURCE_DIR "/definitions").value();
  static const auto metrics = auditor::Auditor::metrics();
  auditor::Auditor auditor(*history.story.ledger);
  std::string found;
  for (const std::string& metric : metrics) {
    if (!chance.one_in(3)) continue;
    const auditor::Inquiry inquiry = make_up(metric, chance, history.story.now);
    const std::string wrong =
        differences(mart, definitions->catalogue, history.story.schema, auditor.reckon(inquiry), inquiry);
    if (!wrong.empty()) found += text_of(inquiry) + "\n" + wrong;
  }
  return found;
}

// Follows a history in pieces; what comes of it is compared at its end and, now and then, before.
void play(std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("MART_SEED={} MART_HISTORIES=1", seed));
  History history(seed);
  Chance portions(seed * 31);
  const auto followed = history.story.mart();
  std::vector<std::unique_ptr<Mart>> earlier;
  for (int piece = 0; piece < kPieces; ++piece) {
    for (std::int64_t step = portions.below(piece == 0 ? 4 : kMostSteps); step >= 0; --step) history.step();
    history.story.tell();
    followed->catch_up();
    for (const auto& then : earlier) ASSERT_TRUE(equal_as_of(*followed, *then, portions, piece == kPieces - 1));
    if (piece < kPieces - 1 && !portions.one_in(8)) continue;
    auto built = history.story.mart();
    built->catch_up();
    ASSERT_TRUE(equal(*followed, *built)) << "after piece " << piece << ", entry " << built->applied();
    EXPECT_EQ(text_of(followed->read()->query(kAddsUp)), "") << "after piece " << piece;
    if (piece < kPieces - 1) {
      EXPECT_TRUE(equal_as_of(*followed, *built, portions, false));
      earlier.push_back(std::move(built));
      continue;
    }
    EXPECT_EQ(audited(history, *followed, portions), "") << "after piece " << piece << ", entry " << built->applied();
  }
}

TEST(MartSimulation, followedEqualsBuiltFromNothingAndAudited) {
  const std::uint64_t first = setting("MART_SEED", 1), histories = setting("MART_HISTORIES", 200);
  std::atomic<std::uint64_t> next = first;
  std::vector<std::jthread> players;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    players.emplace_back([&] {
      for (std::uint64_t seed = next++; seed < first + histories; seed = next++) play(seed);
    });
  players.clear();
  std::cout << histories << " histories from seed " << first << "\n";
}

}  // namespace
}  // namespace traction
