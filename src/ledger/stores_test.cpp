#include <filesystem>
#include <fstream>

#include "ledger/contract.h"
#include "ledger/memory.h"
#include "ledger/sqlite.h"

namespace traction::test {
namespace {

class MemoryStore final : public Store {
 public:
  std::shared_ptr<Ledger> connect() override { return ledger_; }

 private:
  std::shared_ptr<Ledger> ledger_ = memory_ledger();
};

class SqliteStore final : public Store {
 public:
  SqliteStore() {
    std::string folder = (std::filesystem::temp_directory_path() / "ledgerXXXXXX").string();
    EXPECT_TRUE(mkdtemp(folder.data()));
    folder_ = folder;
  }
  ~SqliteStore() override { std::filesystem::remove_all(folder_); }

  std::shared_ptr<Ledger> connect() override { return open("ledger.db"); }
  std::string bytes() override {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      std::ifstream in(file.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
  std::string backup_path() override { return folder_ / "backup.db"; }
  std::shared_ptr<Ledger> connect_backup() override { return open("backup.db"); }

 private:
  std::shared_ptr<Ledger> open(const std::string& name) {
    SeededRandom random(std::hash<std::string>{}(folder_.string()));
    auto ledger = open_sqlite_ledger({.path = folder_ / name}, random);
    EXPECT_TRUE(ledger) << to_string(ledger.error());
    return *std::move(ledger);
  }
  std::filesystem::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Ledgers, Contract,
                         testing::Values(Kind{"memory", [] { return std::make_unique<MemoryStore>(); }},
                                         Kind{"sqlite", [] { return std::make_unique<SqliteStore>(); }}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace traction::test
