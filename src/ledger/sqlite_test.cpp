#include "ledger/sqlite.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fault.h"
#include "ledger/sqlite_recent.h"
#include "ledger/test_entries.h"
#include "store/sqlite.h"

namespace traction {
namespace {

using namespace test;

constexpr sqlite::Format kFormat{.application = 0x5452434C, .version = 2, .called = "ledger"};

// What the contract does not ask: the file itself.
class SqliteLedgerFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "ledgerXXXXXX").string();
    ASSERT_TRUE(mkdtemp(name.data()));
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ / "ledger.db"; }
  Result<std::unique_ptr<Ledger>> attempt(bool create) {
    return open_sqlite_ledger({.path = path(), .create = create, .wait_ms = 300}, random_);
  }
  std::unique_ptr<Ledger> open() {
    auto opened = attempt(true);
    EXPECT_TRUE(opened) << to_string(opened.error());
    return *std::move(opened);
  }
  void fill(Ledger& ledger, int records) {
    const auto transaction = ledger.begin();
    Hand hand(*transaction, schema_, random_);
    for (int i = 0; i < records; ++i) {
      const std::string code = fmt::format("p{}", transaction->head().seq);
      hand.rename(kPerson, hand.create(kPerson, fmt::format("Person {}", i), code), "Renamed");
    }
    transaction->commit();
  }
  // Does something to the file behind the ledger's back.
  void meddle(const std::string& sql) {
    auto database = sqlite::Database::open({.path = path()}, kFormat, "");
    ASSERT_TRUE(database);
    (*database)->run(sql);
  }
  Refusal verify_refusal() {
    const auto ledger = open();
    const auto verified = verify(*ledger, schema_);
    EXPECT_FALSE(verified);
    return verified ? Refusal{} : verified.error();
  }

  std::filesystem::path folder_;
  const Schema schema_ = small_schema();
  SeededRandom random_{3};
};

TEST_F(SqliteLedgerFile, StaysWhatItWasWhenOpenedAgain) {
  Head head;
  {
    const auto ledger = open();
    fill(*ledger, 10);
    head = ledger->read()->head();
  }
  EXPECT_FALSE(std::filesystem::exists(path() + "-wal")) << "closing moves the log into the file";
  const auto again = attempt(false);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->read()->head().hash, head.hash);
  EXPECT_EQ((*again)->read()->head().ledger_id, head.ledger_id);
  EXPECT_TRUE(verify(**again, schema_));
}

TEST_F(SqliteLedgerFile, TwoNewOnesHaveDifferentIds) {
  const std::string first = open()->read()->head().ledger_id;
  std::filesystem::remove(path());
  EXPECT_NE(open()->read()->head().ledger_id, first);
}

TEST_F(SqliteLedgerFile, IsRefusedWhenItIsSomethingElse) {
  EXPECT_EQ(attempt(false).error().code, Code::not_found);
  { std::ofstream(path()) << "Dear diary, this is not a ledger. " << std::string(5000, '.'); }
  EXPECT_EQ(attempt(false).error().code, Code::damaged);
  EXPECT_EQ(attempt(true).error().field, path());
  std::filesystem::remove(path());
  open().reset();
  meddle("PRAGMA user_version=3");
  EXPECT_EQ(attempt(true).error().code, Code::invalid);
}

TEST_F(SqliteLedgerFile, ADamagedPageIsFoundByVerify) {
  {
    const auto ledger = open();
    fill(*ledger, 2000);
  }
  const auto size = std::filesystem::file_size(path());
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2));
    file << std::string(64, '\x5A');
  }
  EXPECT_EQ(verify_refusal().code, Code::damaged);
}

TEST_F(SqliteLedgerFile, AChangedEntryIsFoundByVerify) {
  fill(*open(), 20);
  meddle("UPDATE entry SET personal = replace(personal, 'Person 3', 'Person 4') WHERE seq = 7");
  EXPECT_EQ(verify_refusal().field, "entry 7");
  meddle(
      "UPDATE entry SET personal = replace(personal, 'Person 4', 'Person 3') WHERE seq = 7;"
      "UPDATE entry SET actor = 9 WHERE seq = 12");
  EXPECT_EQ(verify_refusal().field, "entry 12");
  meddle("UPDATE entry SET actor = 0 WHERE seq = 12; DELETE FROM entry WHERE seq = 40");
  EXPECT_EQ(verify_refusal().code, Code::damaged);
}

TEST_F(SqliteLedgerFile, ALostEntryOrRecordIsFoundByVerify) {
  fill(*open(), 20);
  meddle("DELETE FROM record WHERE id = 5");
  EXPECT_EQ(verify_refusal().field, "record 5");
  meddle("DELETE FROM entry WHERE seq = 3");
  EXPECT_EQ(verify_refusal().field, "entry 3");
}

TEST_F(SqliteLedgerFile, AWriterGivesUpWhenAnotherProgramKeepsWriting) {
  const auto ledger = open();
  auto database = sqlite::Database::open({.path = path()}, kFormat, "");
  ASSERT_TRUE(database);
  auto changes = std::make_unique<sqlite::Changes>(**database);
  EXPECT_THROW(ledger->begin(), Fault);
  EXPECT_EQ(ledger->read()->head().seq, 0) << "reading goes on";
  changes.reset();
  fill(*ledger, 1);
  EXPECT_EQ(ledger->read()->head().seq, 2);
}

TEST_F(SqliteLedgerFile, ReadersAndAWriterShareIt) {
  const auto ledger = open();
  fill(*ledger, 1);
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      while (!done) {
        const auto reader = ledger->read();
        const Head head = reader->head();
        Seq seen = 0;
        reader->entries(0, std::numeric_limits<Seq>::max(), [&](const StoredEntry& stored) {
          EXPECT_EQ(stored.entry.seq, ++seen);
          return true;
        });
        EXPECT_EQ(seen, head.seq);
        EXPECT_EQ(reader->search(kPerson, "renamed", std::numeric_limits<Id>::max(), 1).size(), 1u);
      }
    });
  for (int i = 0; i < 100; ++i) fill(*ledger, 3);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(verify(*ledger, schema_));
}

TEST_F(SqliteLedgerFile, ScrubWaitsForAReaderOfTheOldState) {
  const auto ledger = open();
  fill(*ledger, 3);
  auto old = ledger->read();
  {
    const auto transaction = ledger->begin();
    Hand(*transaction, schema_, random_).erase(kPerson, 1);
    transaction->commit();
  }
  std::thread scrubber([&] { ledger->scrub(); });
  fill(*ledger, 3);  // nobody else has to wait
  old.reset();
  scrubber.join();
  EXPECT_TRUE(verify(*ledger, schema_));
}

// At any moment somebody reads for longer than the first attempts to empty the log wait.
TEST_F(SqliteLedgerFile, ScrubComesToItsEndAmongReadersThatOverlap) {
  const auto ledger = *open_sqlite_ledger({.path = path(), .create = true}, random_);
  fill(*ledger, 3);
  std::atomic<bool> done = false;
  const auto read = [&](int first_ms) {
    for (int ms = first_ms; !done; ms = 200) {
      const auto reader = ledger->read();
      EXPECT_GE(reader->head().seq, 3);
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    }
  };
  std::thread one([&] { read(200); }), other([&] { read(100); });
  std::thread writer([&] {
    while (!done) fill(*ledger, 1);
  });
  {
    const auto transaction = ledger->begin();
    Hand(*transaction, schema_, random_).erase(kPerson, 1);
    transaction->commit();
  }
  EXPECT_NO_THROW(ledger->scrub());
  done = true;
  for (std::thread* each : {&one, &other, &writer}) each->join();
  EXPECT_TRUE(verify(*ledger, schema_));
}

// More keys than are kept in order, so that some are sorted in: all are found, by whoever asks.
TEST_F(SqliteLedgerFile, remembersKeysWhereverTheyLie) {
  const Instant noon{12 * 3600 * kSecond}, long_ago{-kDay};
  const auto use = [](Ledger& ledger, std::uint64_t first, std::uint64_t last, Instant at, bool commit) {
    const auto transaction = ledger.begin();
    for (std::uint64_t key = first; key < last; ++key)
      transaction->remember(key * 0x9E3779B97F4A7C15u, {key, static_cast<Seq>(key), 1}, at);
    if (commit) transaction->commit();
  };
  const auto known = [&](Ledger& ledger, std::uint64_t key, bool in_transaction) {
    const std::uint64_t hash = key * 0x9E3779B97F4A7C15u;
    const auto found =
        in_transaction ? ledger.begin()->remembered(hash, long_ago) : ledger.read()->remembered(hash, long_ago);
    EXPECT_TRUE(!found || found->request == key);
    return found.has_value();
  };
  constexpr std::uint64_t kMany = kRecentKeys + 10;
  {
    const auto ledger = open(), other = open();
    use(*ledger, 0, kMany, noon, true);
    use(*other, kMany, kMany + 5, noon, true);
    use(*ledger, kMany + 5, kMany + 8, noon, false);
    for (Ledger* each : {ledger.get(), other.get()})
      for (const bool in_transaction : {false, true}) {
        for (const std::uint64_t key : {std::uint64_t{0}, std::uint64_t{777}, kMany - 1, kMany, kMany + 4})
          EXPECT_TRUE(known(*each, key, in_transaction)) << key;
        EXPECT_FALSE(known(*each, kMany + 5, in_transaction)) << "its transaction was not committed";
      }
    use(*other, kMany + 5, 2 * kMany + 5, noon, true);  // sorts in what `ledger` has in its index
    EXPECT_TRUE(known(*ledger, 2 * kMany + 4, true));
    EXPECT_TRUE(known(*ledger, kMany + 4, true));
    EXPECT_EQ(ledger->begin()->remembered(0, noon)->request, 0u);
    EXPECT_EQ(ledger->begin()->remembered(0, {noon.micros + 1}), std::nullopt);
  }
  const auto reopened = open();
  for (const std::uint64_t key : {std::uint64_t{3}, kMany + 2, 2 * kMany + 4}) EXPECT_TRUE(known(*reopened, key, true));
}

// They are sorted in a few with each commit: at no step is one lost, whoever asks and whenever the file is opened anew.
TEST_F(SqliteLedgerFile, remembersKeysWhileTheyAreSortedIn) {
  const auto hash = [](std::uint64_t key) { return key * 0x9E3779B97F4A7C15u; };
  constexpr std::uint64_t kStep = 1'500, kSteps = 60;
  auto ledger = open();
  std::uint64_t known = 0;
  const auto use = [&](std::uint64_t count, std::int64_t second) {
    const auto transaction = ledger->begin();
    for (; count > 0; --count, ++known) transaction->remember(hash(known), {known, 1, 1}, {second * kSecond});
    transaction->remember(hash(5), {static_cast<std::uint64_t>(second), 1, 1}, {second * kSecond});  // again and again
    transaction->commit();
  };
  use(kRecentKeys, 100);
  for (std::uint64_t step = 1; step <= kSteps; ++step) {
    use(kStep, 100 + static_cast<std::int64_t>(step));
    if (step % 7 == 0) ledger = open();
    const auto transaction = ledger->begin();
    for (std::uint64_t key = step; key < known; key += 997) {
      if (key == 5) continue;
      const auto found = transaction->remembered(hash(key), {});
      ASSERT_TRUE(found && found->request == key) << key << " at step " << step;
    }
    ASSERT_EQ(transaction->remembered(hash(5), {})->request, 100 + step);
    ASSERT_EQ(transaction->remembered(hash(known), {}), std::nullopt);
  }
  ledger.reset();
  std::int64_t in_order = 0, sorted_in = 0;
  auto database = *sqlite::Database::open({.path = path()}, kFormat, "");
  for (auto& [table, count] :
       {std::pair<const char*, std::int64_t*>{"recent_key", &in_order}, {"idempotency", &sorted_in}}) {
    auto query = database->prepare(fmt::format("SELECT count(*) FROM {}", table));
    query.step();
    *count = query.integer(0);
  }
  EXPECT_LT(in_order, static_cast<std::int64_t>(2 * kRecentKeys));
  EXPECT_GT(sorted_in, static_cast<std::int64_t>(kRecentKeys / 2));
}

TEST_F(SqliteLedgerFile, takesAFileOfTheVersionBefore) {
  {
    const auto ledger = open();
    fill(*ledger, 3);
  }
  meddle("DROP TABLE recent_key; PRAGMA user_version=1;");
  const auto ledger = open();
  EXPECT_TRUE(verify(*ledger, schema_));
  const auto transaction = ledger->begin();
  transaction->remember(7, {1, 2, 3}, {5});
  EXPECT_EQ(transaction->remembered(7, {}), (Remembered{1, 2, 3}));
}

}  // namespace
}  // namespace traction
