#include "store/sqlite.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace traction::sqlite {
namespace {

constexpr Format kFormat{.application = 77, .version = 3, .called = "test file"};
constexpr const char* kTables = "CREATE TABLE t (id INTEGER PRIMARY KEY, words TEXT, bytes BLOB) STRICT;";

class Sqlite : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sqliteXXXXXX").string();
    ASSERT_TRUE(mkdtemp(name.data()));
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ / "file.db"; }
  Result<std::unique_ptr<Database>> attempt(bool create, const Format& format = kFormat) const {
    return Database::open({.path = path(), .create = create, .wait_ms = 100}, format, create ? kTables : "");
  }
  std::unique_ptr<Database> open() const {
    auto opened = attempt(true);
    EXPECT_TRUE(opened) << to_string(opened.error());
    return *std::move(opened);
  }
  void write(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }

  static std::int64_t count(Database& database) {
    auto query = database.prepare("SELECT count(*) FROM t");
    EXPECT_TRUE(query.step());
    return query.integer(0);
  }

  std::filesystem::path folder_;
};

TEST(SqliteVersion, AnOldOneIsRefused) {
  EXPECT_EQ(too_old(3'051'003), "");
  EXPECT_EQ(too_old(3'053'002), "");
  EXPECT_NE(too_old(3'051'002), "");
  EXPECT_NE(too_old(3'040'001).find("3.40.1"), std::string::npos);
}

TEST_F(Sqlite, ValuesComeBackAsTheyWere) {
  const auto database = open();
  const std::string words("with\0NUL and \xFF", 14);
  const std::array<std::byte, 3> bytes{std::byte{0}, std::byte{255}, std::byte{7}};
  auto insert = database->prepare("INSERT INTO t (bytes, words, id) VALUES (?3, ?2, ?1)");
  EXPECT_EQ(insert.bind(1, std::numeric_limits<std::int64_t>::min()).bind(2, words).bind(3, bytes).run(), 1);
  EXPECT_EQ(insert.bind(1, 5).bind(2, "").bind_null(3).run(), 1);
  auto query = database->prepare("SELECT id, words, bytes FROM t ORDER BY id");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.integer(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(query.text(1), words);
  EXPECT_TRUE(std::ranges::equal(query.blob(2), bytes));
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.text(1), "");
  EXPECT_FALSE(query.null(1));
  EXPECT_TRUE(query.null(2));
  EXPECT_FALSE(query.step());
}

TEST_F(Sqlite, AStatementMayBeInUseTwice) {
  const auto database = open();
  database->run("INSERT INTO t (id) VALUES (1), (2), (3)");
  const auto query = [&] { return database->prepare("SELECT id FROM t ORDER BY id"); };
  int pairs = 0;
  for (auto outer = query(); outer.step();)
    for (auto inner = query(); inner.step();) ++pairs;
  EXPECT_EQ(pairs, 9);
}

TEST_F(Sqlite, ChangesAreUndoneUnlessCommitted) {
  const auto database = open();
  {
    Changes changes(*database);
    database->run("INSERT INTO t (id) VALUES (1)");
    EXPECT_TRUE(database->in_transaction());
  }
  EXPECT_FALSE(database->in_transaction());
  EXPECT_EQ(count(*database), 0);
  {
    Changes changes(*database);
    database->run("INSERT INTO t (id) VALUES (1)");
    changes.commit();
  }
  EXPECT_EQ(count(*database), 1);
}

TEST_F(Sqlite, ASecondWriterGivesUpAfterItsTime) {
  const auto first = open();
  const auto second = open();
  Changes changes(*first);
  EXPECT_THROW(Changes other(*second), Fault);
}

TEST_F(Sqlite, TheLogIsKeptShort) {
  const auto database = open();
  const std::string words(3000, 'x');
  for (int commit = 0; commit < 100; ++commit) {
    Changes changes(*database);
    for (int row = 0; row < kLogPages / 20; ++row)
      database->prepare("INSERT INTO t (words) VALUES (?1)").bind(1, words).run();
    changes.commit();
  }
  EXPECT_LT(std::filesystem::file_size(path() + "-wal"), 3u * kLogPages * 4096);
  EXPECT_TRUE(database->empty_log());
  EXPECT_EQ(std::filesystem::file_size(path() + "-wal"), 0u);
}

TEST_F(Sqlite, AReaderHoldsTheLog) {
  const auto database = open();
  auto reader = *Database::open({.path = path(), .read_only = true}, kFormat, "");
  database->run("INSERT INTO t (id) VALUES (1)");
  reader->run("BEGIN");
  EXPECT_EQ(count(*reader), 1);
  database->run("INSERT INTO t (id) VALUES (2)");
  EXPECT_FALSE(database->empty_log(10));
  EXPECT_EQ(count(*reader), 1);
  reader->run("COMMIT");
  EXPECT_TRUE(database->empty_log(10));
  EXPECT_THROW(reader->run("INSERT INTO t (id) VALUES (3)"), Fault);
}

TEST_F(Sqlite, FilesAreTheOwnersAlone) {
  const mode_t before = umask(0);
  const auto database = open();
  database->run("INSERT INTO t (id) VALUES (1)");
  umask(before);
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((path() + end).c_str(), &status), 0) << end;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << end;
  }
}

TEST_F(Sqlite, ACopyIsNewAndWhole) {
  const auto database = open();
  database->run("INSERT INTO t (id) VALUES (1), (2)");
  const std::string copy = folder_ / "copy.db";
  database->copy_to(copy);
  const auto opened = Database::open({.path = copy}, kFormat, "");
  ASSERT_TRUE(opened);
  EXPECT_EQ(count(**opened), 2);
  EXPECT_THROW(database->copy_to(copy), Fault);
  EXPECT_THROW(database->copy_to(folder_ / "no such folder" / "copy.db"), Fault);
}

TEST_F(Sqlite, AFileThatIsNotThereIsNotFound) { EXPECT_EQ(attempt(false).error().code, Code::not_found); }

TEST_F(Sqlite, AnEmptyFileIsDamagedUnlessOneMayBeMade) {
  write("");
  EXPECT_EQ(attempt(false).error().code, Code::damaged);
  EXPECT_TRUE(attempt(true));
}

TEST_F(Sqlite, AFileOfBytesIsDamaged) {
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) bytes += static_cast<char>(i * 131 + 7);
  for (const std::string& some : {bytes, bytes.substr(0, 50), std::string(8192, '\0')}) {
    write(some);
    for (const bool create : {false, true}) {
      const auto refused = attempt(create);
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, Code::damaged);
      EXPECT_EQ(refused.error().field, path());
    }
    std::ifstream in(path(), std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), some) << "the file must stay as it is";
  }
}

TEST_F(Sqlite, AnotherProgramsFileIsRefused) {
  open()->run("PRAGMA application_id=5");
  EXPECT_EQ(attempt(true).error().code, Code::invalid);
}

TEST_F(Sqlite, ANewerFormatIsRefused) {
  open()->run("PRAGMA user_version=4");
  EXPECT_EQ(attempt(true).error().code, Code::invalid);
}

TEST_F(Sqlite, ATruncatedFileIsDamaged) {
  {
    const auto database = open();
    for (int i = 0; i < 100; ++i)
      database->prepare("INSERT INTO t (words) VALUES (?1)").bind(1, std::string(3000, 'x')).run();
  }
  const auto size = std::filesystem::file_size(path());
  for (const auto left : {size - 4096, size / 2, size / 2 + 100, std::uintmax_t{4096}, std::uintmax_t{512}}) {
    std::filesystem::resize_file(path(), left);
    EXPECT_EQ(attempt(false).error().code, Code::damaged) << left;
  }
}

TEST_F(Sqlite, ManyMayMakeTheSameFile) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([this, i] {
      auto opened = Database::open({.path = path(), .create = true}, kFormat, kTables);
      ASSERT_TRUE(opened) << to_string(opened.error());
      (*opened)->prepare("INSERT INTO t (id) VALUES (?1)").bind(1, i).run();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count(*open()), 8);
}

}  // namespace
}  // namespace traction::sqlite
