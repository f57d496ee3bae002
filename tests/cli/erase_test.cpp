// Erasing a person: nothing personal is left in any file, and the numbers stay.
#include <sqlite3.h>

#include <filesystem>

#include "cli/program.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

class Erasure : public Program {
 protected:
  // Files below the data directory in which one of the texts stands.
  std::vector<std::string> holding(const std::vector<std::string>& texts) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(data_)) {
      if (!entry.is_regular_file()) continue;
      const std::string bytes = contents(entry.path().string());
      for (const std::string& text : texts)
        if (bytes.find(text) != std::string::npos) found.push_back(entry.path().string() + ": " + text);
    }
    return found;
  }
};

TEST_F(Erasure, LeavesNothingPersonalInAnyFile) {
  set_up_selling();
  const std::vector<std::string> personal{"Augusta Quillfeather", "quillfeather@example.org", "+49-555-0199",
                                          "allergic to peanuts", "Quillfeather-Lovelace"};
  const std::string contact =
      add({"contact", "name=" + personal[0], "email=" + personal[1], "phone=" + personal[2], "external_id=c1"});
  ok({"change", "contact", contact, "name=" + personal[4]});
  const std::string deal = add({"deal", "name=Forty laptops", "stage=New", "contact=c1", "amount=100"});
  ok({"add", "activity", "kind=call", "direction=outbound", "outcome=connected", "duration_seconds=300", "contact=c1",
      "deal=" + deal, "note=She is " + personal[3], "subject=Call with " + personal[4]});
  ok({"move", "deal", deal, "Won"});
  const std::string other = add({"contact", "name=Charles Babbage"});
  // Every place that keeps text has it by now.
  EXPECT_NE(ok({"list", "contact", "--where", "email~quillfeather"}).find(personal[1]), std::string::npos);
  EXPECT_EQ(told({"search", "quillfeather"}).at("records").as_array().size(), 1u);
  EXPECT_FALSE(holding(personal).empty());
  EXPECT_NE(contents(data_ + "/w/default/mart.db").size(), 0u);
  const std::string calls = ok({"metric", "conversations", "--csv"}), sales = ok({"metric", "sales", "--csv"});

  ok({"erase", "contact", contact});
  EXPECT_EQ(holding(personal), std::vector<std::string>{});
  EXPECT_EQ(ok({"metric", "conversations", "--csv"}), calls);
  EXPECT_EQ(ok({"metric", "sales", "--csv"}), sales);
  EXPECT_EQ(holding(personal), std::vector<std::string>{}) << "nor after the mart was built anew";
  ok({"verify"});
  EXPECT_EQ(run({"search", "quillfeather"}).exit_code, 3);
  EXPECT_NE(ok({"show", "contact", other}).find("Charles Babbage"), std::string::npos);
  EXPECT_NE(ok({"show", "contact", contact}).find("erased"), std::string::npos);
  ok({"backup", temp("b")});
  data_ = temp("elsewhere");
  ok({"restore", temp("b")});
  EXPECT_EQ(holding(personal), std::vector<std::string>{});
}

TEST_F(Erasure, OfTwoThatWereMergedTakesBoth) {
  ok({"init"});
  const std::string kept = add({"contact", "name=Ada Quillfeather"});
  const std::string alias = add({"contact", "name=A. Quillfeather", "phone=0199-5550"});
  ok({"merge", "contact", alias, kept});
  ok({"erase", "contact", kept});
  EXPECT_EQ(holding({"Quillfeather", "0199-5550"}), std::vector<std::string>{});
  ok({"verify"});
}

TEST_F(Erasure, ThatAKillCutShortIsFinishedAtTheNextStart) {
  set_up_selling();
  const std::string contact = add({"contact", "name=Ada Quillfeather"});
  ok({"list", "contact", "--sort", "name"});
  const std::string mart = contents(data_ + "/w/default/mart.db");
  ok({"erase", "contact", contact});
  // As if the power had gone after the ledger's commit: the mart that still knows her, the list that is not finished.
  write(data_ + "/w/default/mart.db", mart);
  write(data_ + "/w/default/mart.db.bad", "Ada Quillfeather");
  sqlite3* control = nullptr;
  ASSERT_EQ(sqlite3_open((data_ + "/control.db").c_str(), &control), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(control, "UPDATE erasure SET finished = 0", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(control);
  ok({"list", "contact"});
  EXPECT_EQ(holding({"Quillfeather"}), std::vector<std::string>{});
}

TEST_F(Erasure, OfNobodyIsRefused) {
  ok({"init"});
  EXPECT_EQ(refused({"erase", "contact", "12"}), "not_found");
  const std::string account = add({"account", "name=Acme"});
  EXPECT_EQ(refused({"erase", "account", account}), "rule");
}

}  // namespace
}  // namespace traction
