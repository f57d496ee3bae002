// What goes wrong around the program: another program in the way, wrong definitions, an interrupted import.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "cli/program.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

using Trouble = Program;

TEST_F(Trouble, TwoProgramsOnOneDirectoryAreKeptApart) {
  ok({"init"});
  const int lock = open((data_ + "/lock").c_str(), O_RDWR);
  ASSERT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0) << "nobody holds it between two runs";
  ASSERT_GT(pwrite(lock, "4711\n", 5, 0), 0);
  EXPECT_EQ(refused({"list", "deal"}, 4), "busy");
  EXPECT_EQ(refused({"add", "account", "name=Acme"}, 4), "busy");
  const Ran ran = run({"metric", "sales"});
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_NE(ran.err.find("4711"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"doctor"}).exit_code, 0) << "a doctor can say as much";
  close(lock);
  ok({"list", "deal"});
}

TEST_F(Trouble, FilesAreTheOwnersAlone) {
  import_extract();
  ok({"metric", "sales"});
  for (const auto& entry : fs::recursive_directory_iterator(data_)) {
    struct stat state {};
    ASSERT_EQ(stat(entry.path().c_str(), &state), 0);
    EXPECT_EQ(state.st_mode & 077, 0u) << entry.path();
  }
  fs::permissions(data_, fs::perms::others_read, fs::perm_options::add);
  EXPECT_NE(ok({"doctor"}).find("chmod 700"), std::string::npos);
}

TEST_F(Trouble, AWrongDefinitionIsNamedWithItsLine) {
  const std::string own = temp("definitions");
  fs::copy(TRACTION_SOURCE_DIR "/definitions", own, fs::copy_options::recursive);
  environment_ = {"TRACTION_DEFINITIONS=" + own};
  ok({"init"});
  const auto wrong = [&](const std::string& file, const std::string& text, const std::string& place) {
    const std::string before = contents(own + "/" + file);
    write(own + "/" + file, text);
    const Ran ran = run({"list", "deal"});
    EXPECT_EQ(ran.exit_code, 3) << file;
    EXPECT_NE(ran.err.find(place), std::string::npos) << ran.err;
    EXPECT_NE(run({"doctor"}).exit_code, 0);
    write(own + "/" + file, before);
    ok({"list", "deal"});
  };
  wrong("records/team.toml", "name = \"team\"\nnumber = 3\nlabel = ", "records/team.toml:3");
  wrong("records/team.toml", contents(own + "/records/team.toml") + "\n[[field]]\nname = \"x\"\ntype = \"txet\"\n",
        "records/team.toml:");
  wrong("metrics/revenue.toml", "[[metric]]\nname = \"x\"\nfrom = \"nowhere\"\n", "metrics/revenue.toml:");
  wrong("facts/touch.sql", "--| name = 7\nSELECT 1", "facts/touch.sql:");
  environment_ = {"TRACTION_DEFINITIONS=" + temp("nowhere")};
  EXPECT_EQ(refused({"list", "deal"}), "not_found");
}

TEST_F(Trouble, AnInterruptedImportStopsCleanlyAndGoesOn) {
  ok({"init"});
  constexpr int kRows = 150'000;
  std::string csv = "Name,Key\n";
  for (int i = 0; i < kRows; ++i) csv += fmt::format("Company {0},k{0}\n", i);
  write(temp("companies.csv"), csv);
  write(temp("map.toml"),
        "[[record]]\ntype = \"account\"\nkey = \"external_id\"\n\n[record.fields]\nname = \"Name\"\nexternal_id = "
        "\"Key\"\n");
  const std::vector<std::string> import{"import", temp("companies.csv"), "--map", temp("map.toml")};
  const pid_t child = begin(import);
  // As soon as rows are on the disk.
  const std::string log = data_ + "/w/default/ledger.db-wal";
  std::error_code missing;
  for (int i = 0; i < 3000 && !(fs::exists(log, missing) && fs::file_size(log, missing) > 2'000'000); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  kill(child, SIGINT);
  const Ran ran = end(child);
  ASSERT_EQ(ran.exit_code, 130) << ran.out << ran.err << "(130: it was still at work)";
  const auto count = [&] {
    const std::string accounts = ok({"export", "account"});
    return std::ranges::count(accounts, '\n') - 1;
  };
  const auto done = count();
  EXPECT_GT(done, 0);
  EXPECT_LT(done, kRows);
  ok({"verify"});
  const json::object report = told(import);
  EXPECT_EQ(report.at("reports").at(0).at("resumed"), true);
  EXPECT_EQ(report.at("reports").at(0).at("rows_done"), kRows);
  EXPECT_EQ(count(), kRows);
}

TEST_F(Trouble, ADryRunWritesNothing) {
  const std::string files = TRACTION_SOURCE_DIR "/tests/data/crm_sales/";
  const json::object report = told({"import", files + "products.csv", "--map", "crm_sales_products", "--dry-run"});
  EXPECT_GT(report.at("reports").at(0).at("created").at("product").as_int64(), 0);
  EXPECT_FALSE(fs::exists(data_));
  EXPECT_EQ(refused({"import", files + "products.csv"}, 2), "required");
  EXPECT_EQ(refused({"import", files + "nothing.csv", "--map", "crm_sales_products"}), "not_found");
  EXPECT_EQ(refused({"import", files + "products.csv", "--map", temp("none.toml")}), "not_found");
}

TEST_F(Trouble, RejectedRowsAreReportedAndTheExitCodeSaysSo) {
  ok({"init"});
  write(temp("p.csv"), "Product,Price\nGood,10.50\nBad,\"13,75\"\n");
  write(temp("map.toml"),
        "[[record]]\ntype = \"product\"\nkey = \"name\"\n\n[record.fields]\nname = \"Product\"\nprice_minor = "
        "\"Price\"\n");
  const Ran ran = run({"import", temp("p.csv"), "--map", temp("map.toml")});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_NE(ran.out.find("13,75"), std::string::npos) << ran.out;
  EXPECT_NE(contents(temp("p.rejected.csv")).find("13,75"), std::string::npos);
  EXPECT_EQ(told({"list", "product"}).at("records").as_array().size(), 1u);
  const json::object imports = told({"list", "import"});
  ok({"undo-import", std::to_string(imports.at("records").at(0).at("id").as_int64())});
  EXPECT_EQ(told({"list", "product"}).at("records").as_array().size(), 0u);
}

TEST_F(Trouble, ALedgerThatIsNoneIsNamed) {
  import_extract();
  fs::resize_file(data_ + "/w/default/ledger.db", 5000);
  const std::string code = refused({"verify"}, run({"verify"}).exit_code);
  EXPECT_NE(run({"verify"}).exit_code, 0);
  EXPECT_EQ(run({"doctor"}).exit_code, 1);
  write(data_ + "/w/default/ledger.db", "This is a letter.");
  EXPECT_EQ(run({"doctor"}).exit_code, 1);
  fs::remove(data_ + "/w/default/ledger.db");
  EXPECT_NE(run({"list", "deal"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(data_ + "/w/default/ledger.db")) << "it is not made anew in silence";
}

}  // namespace
}  // namespace traction
