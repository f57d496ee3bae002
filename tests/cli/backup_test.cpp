// Backup and restore of a whole data directory.
#include <filesystem>

#include "cli/program.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

class Backups : public Program {
 protected:
  // Everything that a backup is to bring back, as text.
  std::string everything() {
    return ok({"export", "deal"}) + ok({"export", "contact"}) + ok({"metric", "sales", "--csv"}) +
           ok({"verify", "--json"});
  }
};

TEST_F(Backups, ComeBackAsTheyWere) {
  import_extract();
  ok({"add", "contact", "name=Ada Byron", "email=ada@example.com"});
  write(data_ + "/w/default/blobs/letter", "Dear Ada");
  const std::string before = everything();
  ok({"backup", temp("b")});
  EXPECT_EQ(fs::status(temp("b")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(refused({"backup", temp("b")}), "duplicate");
  ok({"backup", temp("b"), "--check"});
  data_ = temp("elsewhere");
  ok({"restore", temp("b")});
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(contents(data_ + "/w/default/blobs/letter"), "Dear Ada");
  EXPECT_EQ(fs::status(data_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(data_ + "/w/default/ledger.db").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ok({"add", "account", "name=Life goes on"});
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}) > 0, true);
  for (const auto& entry : fs::directory_iterator(root_))
    EXPECT_EQ(entry.path().string().find("restoring"), std::string::npos) << "nothing is left beside";
}

TEST_F(Backups, DoNotTouchWhatIsThereUnlessAsked) {
  ok({"init"});
  ok({"add", "account", "name=Old"});
  ok({"backup", temp("b")});
  ok({"add", "account", "name=New"});
  EXPECT_EQ(refused({"restore", temp("b")}), "duplicate");
  EXPECT_EQ(told({"list", "account"}).at("records").as_array().size(), 2u);
  const json::object report = told({"restore", temp("b"), "--replace"});
  EXPECT_EQ(told({"list", "account"}).at("records").as_array().size(), 1u);
  data_ = std::string(report.at("set_aside").as_string());
  EXPECT_EQ(told({"list", "account"}).at("records").as_array().size(), 2u);
  data_ = temp("foreign");
  fs::create_directory(data_);
  write(data_ + "/letter", "dear");
  EXPECT_EQ(refused({"restore", temp("b"), "--replace"}), "invalid");
  EXPECT_EQ(contents(data_ + "/letter"), "dear");
}

TEST_F(Backups, CutShortOrChangedAreRefusedAndNothingIsTouched) {
  import_extract();
  ok({"backup", temp("whole")});
  const std::string whole = contents(temp("whole"));
  data_ = temp("elsewhere");
  const auto is_refused = [&](const std::string& bytes, const std::string& what) {
    write(temp("broken"), bytes);
    const std::string code = refused({"restore", temp("broken")});
    EXPECT_TRUE(code == "damaged" || code == "invalid") << what << ": " << code;
    EXPECT_EQ(refused({"backup", temp("broken"), "--check"}), code) << what;
    EXPECT_FALSE(fs::exists(data_)) << what;
  };
  for (int tenth = 0; tenth < 10; ++tenth)
    is_refused(whole.substr(0, whole.size() * static_cast<std::size_t>(tenth) / 10),
               "cut at tenth " + std::to_string(tenth));
  is_refused(whole.substr(0, whole.size() - 1), "the last byte is missing");
  for (int i = 1; i <= 24; ++i) {
    std::string changed = whole;
    changed[whole.size() * static_cast<std::size_t>(i) / 25] ^= 0x10;
    is_refused(changed, "changed at part " + std::to_string(i) + " of 25");
  }
  is_refused("", "empty");
  is_refused("This is no backup at all.", "something else");
  EXPECT_EQ(refused({"restore", temp("none")}), "not_found");
  // The same bytes unbroken are taken: it was the damage that was refused.
  ok({"restore", temp("whole")});
}

TEST_F(Backups, ALedgerThatDoesNotVerifyIsNotPutInPlace) {
  import_extract();
  // A backup that is whole, of a ledger in which somebody changed an amount.
  const std::string ledger = data_ + "/w/default/ledger.db";
  std::string bytes = contents(ledger);
  const auto place = bytes.find("\"amount_minor\":");
  ASSERT_NE(place, std::string::npos);
  bytes[place + 15] = bytes[place + 15] == '9' ? '8' : '9';
  write(ledger, bytes);
  EXPECT_EQ(refused({"verify"}), "damaged");
  ok({"backup", temp("b")});
  data_ = temp("elsewhere");
  EXPECT_EQ(refused({"restore", temp("b")}), "damaged");
  EXPECT_FALSE(fs::exists(data_));
}

TEST_F(Backups, ForgetAgainWhomTheDirectoryHadErased) {
  ok({"init"});
  const std::string ada = add({"contact", "name=Ada Byron", "email=ada@example.com"});
  const std::string twin = add({"contact", "name=A. Byron"});
  add({"contact", "name=Charles"});
  ok({"backup", temp("b")});
  ok({"merge", "contact", twin, ada});
  ok({"erase", "contact", ada});
  const json::object report = told({"restore", temp("b"), "--replace"});
  EXPECT_EQ(report.at("erased_again").as_int64(), 2) << "the twin was erased with her";
  EXPECT_EQ(ok({"export", "contact"}).find("Byron"), std::string::npos);
  EXPECT_EQ(contents(data_ + "/w/default/ledger.db").find("Byron"), std::string::npos);
  EXPECT_NE(ok({"export", "contact"}).find("Charles"), std::string::npos);
  ok({"verify"});
  // The list goes on with the restored directory.
  EXPECT_EQ(told({"restore", temp("b"), "--replace"}).at("erased_again").as_int64(), 2);
}

TEST_F(Backups, AnIdThatMeansSomebodyElseByNowIsNotErased) {
  ok({"init"});
  ok({"backup", temp("before")});
  const std::string ada = add({"contact", "name=Ada Byron"});
  ok({"erase", "contact", ada});
  ok({"restore", temp("before"), "--replace"});
  EXPECT_EQ(add({"contact", "name=Charles"}), ada) << "the same number again";
  ok({"backup", temp("after")});
  EXPECT_EQ(told({"restore", temp("after"), "--replace"}).at("erased_again").as_int64(), 0);
  EXPECT_NE(ok({"export", "contact"}).find("Charles"), std::string::npos);
}

}  // namespace
}  // namespace traction
