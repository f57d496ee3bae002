// Writing and looking at records.
#include <set>

#include "cli/program.h"

namespace traction {
namespace {

using RecordCommands = Program;

TEST_F(RecordCommands, ADealIsAddedNamedMovedAndShown) {
  set_up_selling();
  ok({"add", "member", "name=Ada Byron", "external_id=ada"});
  ok({"add", "account", "name=Acme"});
  const std::string deal = add({"deal", "name=Forty laptops", "stage=New", "amount=1200.50", "account=Acme",
                                "owner=ada", "--on", "2024-05-01 09:30", "--as", "Ada Byron"});
  EXPECT_EQ(refused({"move", "deal", deal, "Lost"}), "rule");
  ok({"move", "deal", "Forty laptops", "Lost", "lost_reason=price", "--on", "2024-05-03"});
  const json::object shown = told({"show", "deal", deal});
  EXPECT_EQ(shown.at("fields").at("amount_minor"), 120050);
  EXPECT_EQ(shown.at("fields").at("currency"), "EUR");
  EXPECT_EQ(shown.at("titles").at("stage"), "Lost");
  EXPECT_EQ(shown.at("titles").at("owner"), "Ada Byron");
  ASSERT_EQ(shown.at("history").as_array().size(), 2u);
  EXPECT_EQ(shown.at("history").at(0).at("occurred_at"), "2024-05-02T22:00:00Z");  // midnight in Berlin
  EXPECT_EQ(shown.at("history").at(1).at("occurred_at"), "2024-05-01T07:30:00Z");
  const std::string page = ok({"show", "deal", deal});
  EXPECT_NE(page.find("1200.50 EUR"), std::string::npos) << page;
  EXPECT_EQ(refused({"change", "deal", deal, "amount=12.345"}), "invalid");
  EXPECT_EQ(refused({"change", "deal", deal, "amount_minor=12.5"}), "invalid");
  EXPECT_EQ(refused({"change", "deal", deal, "nam=x"}), "unknown");
  EXPECT_EQ(refused({"change", "deal", deal, "name=x", "--if-version", deal}), "stale");
  ok({"change", "deal", deal, "amount_minor=99", "competitor="});
  EXPECT_EQ(told({"show", "deal", deal}).at("fields").at("amount_minor"), 99);
}

TEST_F(RecordCommands, NamesLeadToOneRecordOrAreRefused) {
  ok({"init"});
  const std::string first = add({"account", "name=Acme", "external_id=77"}), second = add({"account", "name=Acme"});
  EXPECT_EQ(refused({"show", "account", "Acme"}), "invalid");
  EXPECT_EQ(refused({"show", "account", "Acm"}), "not_found");
  EXPECT_EQ(refused({"show", "account", "#999"}), "not_found");
  EXPECT_EQ(told({"show", "account", "77"}).at("id").as_int64(), std::stoll(first));
  EXPECT_EQ(told({"show", "accounts", "#" + second}).at("id").as_int64(), std::stoll(second));
  EXPECT_EQ(refused({"show", "acount", "77"}), "unknown");
  const Ran ran = run({"show", "account", "Acmee"});
  EXPECT_NE(ran.err.find("\"Acme\""), std::string::npos) << ran.err;
}

TEST_F(RecordCommands, TheBinTheMergeAndTheirUndoing) {
  ok({"init"});
  const std::string ada = add({"contact", "name=Ada Byron", "email=ada@example.com"});
  const std::string double_ada = add({"contact", "name=A. Byron", "phone=12345"});
  ok({"delete", "contact", ada});
  EXPECT_EQ(refused({"show", "contact", "Ada Byron"}), "not_found");
  EXPECT_EQ(told({"list", "contact"}).at("records").as_array().size(), 1u);
  ok({"undelete", "contact", ada});
  ok({"merge", "contact", double_ada, ada});
  EXPECT_EQ(told({"show", "contact", ada}).at("fields").at("phone"), "12345");
  EXPECT_EQ(told({"list", "contact"}).at("records").as_array().size(), 1u);
  EXPECT_EQ(refused({"merge", "contact", ada, ada}), "rule");
  ok({"unmerge", "contact", double_ada});
  EXPECT_EQ(told({"list", "contact"}).at("records").as_array().size(), 2u);
  EXPECT_FALSE(told({"show", "contact", ada}).at("fields").as_object().contains("phone"));
}

TEST_F(RecordCommands, TheSameKeyDoesNothingTwice) {
  ok({"init"});
  const json::object first = told({"add", "account", "name=Acme", "--key", "k1"});
  const json::object again = told({"add", "account", "name=Acme", "--key", "k1"});
  EXPECT_EQ(first.at("id"), again.at("id"));
  EXPECT_EQ(again.at("repeated"), true);
  EXPECT_EQ(refused({"add", "account", "name=Other", "--key", "k1"}), "key_reused");
}

TEST_F(RecordCommands, ListsFilterSortAndPageWithoutGapsOrRepeats) {
  import_extract();
  const auto pages = [&](std::vector<std::string> arguments) {
    std::vector<std::int64_t> ids;
    std::string cursor;
    do {
      auto asked = arguments;
      asked.insert(asked.begin(), {"list", "deal", "--limit", "37"});
      if (!cursor.empty()) asked.insert(asked.end(), {"--cursor", cursor});
      const json::object page = told(asked);
      for (const json::value& record : page.at("records").as_array()) ids.push_back(record.at("id").as_int64());
      cursor = std::string(page.at("next").as_string());
    } while (!cursor.empty());
    return ids;
  };
  const auto all = pages({});
  EXPECT_EQ(all.size(), 200u);
  EXPECT_TRUE(std::ranges::is_sorted(all, std::greater{}));
  const std::set<std::int64_t> whole(all.begin(), all.end());
  // Open deals have no amount and some no account: empty values are on the pages too.
  for (const char* sort : {"amount", "-amount", "account", "-closed_at", "created_at", "name", "owner", "id"}) {
    const auto sorted = pages({"--sort", sort});
    EXPECT_EQ(std::set<std::int64_t>(sorted.begin(), sorted.end()), whole) << sort;
    EXPECT_EQ(sorted.size(), 200u) << sort;
  }
  const auto count = [&](std::vector<std::string> filters) {
    std::vector<std::string> arguments;
    for (std::string& filter : filters) arguments.insert(arguments.end(), {"--where", std::move(filter)});
    return pages(arguments).size();
  };
  EXPECT_EQ(count({"stage.kind=won"}) + count({"stage.kind!=won"}), 200u);
  EXPECT_EQ(count({"amount="}) + count({"amount!="}), 200u);
  EXPECT_EQ(count({"amount>=1000"}) + count({"amount<1000"}) + count({"amount="}), 200u);
  EXPECT_EQ(count({"name~gtx"}), count({"name~GTX"}));
  EXPECT_GT(count({"owner.team.name!=x", "closed_at>=2017-06-01"}), 0u);
  EXPECT_EQ(refused({"list", "deal", "--where", "amont=1"}), "unknown");
  EXPECT_EQ(refused({"list", "deal", "--where", "amount"}), "invalid");
  EXPECT_EQ(refused({"list", "deal", "--where", "name.first=x"}), "invalid");
  EXPECT_EQ(refused({"list", "deal", "--where", "stage=Nowhere"}), "not_found");
  EXPECT_EQ(refused({"list", "deal", "--cursor", "x"}), "invalid");
  EXPECT_EQ(refused({"list", "deal", "--sort", "'; DROP TABLE deal"}), "unknown");
  const std::string csv = ok({"list", "deal", "--csv", "--fields", "name,amount", "--limit", "5"});
  EXPECT_TRUE(csv.starts_with("id,name,amount\n")) << csv;
  EXPECT_EQ(std::ranges::count(csv, '\n'), 6);
}

TEST_F(RecordCommands, SearchFindsPartsOfTexts) {
  ok({"init"});
  const std::string id = add({"contact", "name=Ada Byron", "email=ada@example.com"});
  const json::object found = told({"search", "BYR"});
  ASSERT_EQ(found.at("records").as_array().size(), 1u);
  EXPECT_EQ(found.at("records").at(0).at("id").as_int64(), std::stoll(id));
  EXPECT_EQ(run({"search", "nobody at all"}).exit_code, 3);
  EXPECT_EQ(refused({"search", "ab"}), "invalid");
  EXPECT_EQ(run({"search", "byron", "--type", "account"}).exit_code, 3);
}

TEST_F(RecordCommands, TextsCannotCommandTheTerminal) {
  ok({"init"});
  add({"account", "name=Ac\x1b[31mme\xE2\x80\xAE"});
  const std::string page = ok({"list", "account"});
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find("\xE2\x80\xAE"), std::string::npos);
}

TEST_F(RecordCommands, AFieldOfTheWorkspacesOwnIsThereAtOnce) {
  ok({"init"});
  add({"account", "name=Acme"});
  ok({"list", "account", "--where", "name=Acme"});  // the mart is there before the field
  ok({"add", "field", "record_type=account", "name=tier", "field_type=integer", "label=Tier"});
  ok({"change", "account", "Acme", "tier=3"});
  EXPECT_EQ(told({"list", "account", "--where", "tier>2"}).at("records").as_array().size(), 1u);
  EXPECT_EQ(told({"list", "account", "--where", "tier>3"}).at("records").as_array().size(), 0u);
}

}  // namespace
}  // namespace traction
