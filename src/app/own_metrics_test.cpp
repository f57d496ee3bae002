#include "app/own_metrics.h"

#include <gtest/gtest.h>

#include "app/ask.h"
#include "app/key_metrics.h"
#include "app/workspace.h"
#include "ledger/memory.h"
#include "support/actions.h"
#include "support/machine.h"

namespace traction {
namespace {

std::string definition(const std::string& name, const std::string& more) {
  return "[[metric]]\nname = \"" + name +
         "\"\nlabel = \"Own\"\nbetter = \"more\"\nabout = \"Ours.\"\nsource = \"own\"\n" + more;
}

std::string counted(const std::string& name, const std::string& where) {
  return definition(
      name,
      "unit = \"count\"\nkind = \"base\"\nfrom = \"deal_fact\"\nvalue = \"count\"\ntime = \"created_on\"\n"
      "empty = 0\nwhere = {" +
          where + "}\n");
}

std::string derived(const std::string& name, const std::string& formula) {
  return definition(name, "unit = \"ratio\"\nkind = \"derived\"\nformula = \"" + formula + "\"\n");
}

class OwnMetrics : public testing::Test {
 protected:
  OwnMetrics() {
    static const auto definitions = load_definitions(TRACTION_SOURCE_DIR "/definitions").value();
    workspace_ = std::make_unique<Workspace>("w", memory_ledger(), definitions, MartOptions{}, clock_, random_);
    EXPECT_TRUE(workspace_->begin({{"name", "W"}, {"currency", "EUR"}}));
  }

  Result<Outcome> run(Action action) {
    Command command;
    command.actions.push_back(std::move(action));
    return workspace_->execute(std::move(command));
  }
  Id make(const std::string& type, json::object fields) {
    const auto outcome = run(creation(type, std::move(fields)));
    EXPECT_TRUE(outcome) << (outcome ? "" : to_string(outcome.error()));
    return outcome ? outcome->actions.front().record : 0;
  }
  Id define(const std::string& name, const std::string& text) {
    return make("own_metric", {{"name", name}, {"definition", text}});
  }
  void refused(Action action, Code code, const std::string& field) {
    const auto outcome = run(std::move(action));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code) << to_string(outcome.error());
    EXPECT_EQ(outcome.error().field, "actions[0].fields." + field) << to_string(outcome.error());
  }
  void refused(const std::string& name, const std::string& text, Code code) {
    refused(creation("own_metric", {{"name", name}, {"definition", text}}), code, "definition");
  }
  Result<Answer> asked(const std::string& name) {
    Query query;
    query.metric = name;
    return ask(*workspace_->fresh_mart(), *workspace_->catalogue(), *workspace_->schema(), query, clock_.now());
  }

  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Workspace> workspace_;
};

TEST_F(OwnMetrics, AreAskedLikeShippedOnes) {
  define("lost_ones", counted("lost_ones", "outcome = \"lost\""));
  define("lost_share", derived("lost_share", "lost_ones / leads_created"));
  const auto none = asked("lost_ones");
  ASSERT_TRUE(none) << to_string(none.error());
  EXPECT_EQ(none->rows.at(0).values.at(0).number, 0.0);
  const auto share = asked("lost_share");
  ASSERT_TRUE(share) << to_string(share.error());
  EXPECT_EQ(share->rows.at(0).values.at(0).standing, Standing::empty);
  EXPECT_EQ(share->passport.version, 1);
  EXPECT_EQ(share->passport.parts, (std::vector<std::string>{"lost_ones, version 1", "leads_created, version 1"}));
}

TEST_F(OwnMetrics, AreRefusedWithThePlace) {
  refused("sales", counted("sales", "outcome = \"won\""), Code::duplicate);
  refused("mine", counted("other", "outcome = \"won\""), Code::invalid);
  refused("mine", "name = 3", Code::unknown);
  refused("mine", "[[metric", Code::invalid);
  refused("mine", counted("mine", "outcom = \"won\""), Code::unknown);
  refused("mine", counted("mine", "amount_minor = \"much\""), Code::invalid);
  refused("mine", counted("mine", "outcome = []"), Code::invalid);
  refused("mine", counted("mine", "outcome = \"won\"") + counted("more", "outcome = \"won\""), Code::invalid);
  refused("mine", counted("mine", "outcome = \"won\"") + "version = 7\n", Code::invalid);
  refused("My Own", counted("My Own", "outcome = \"won\""), Code::invalid);
  refused("mine", derived("mine", "leads_create + 1"), Code::unknown);
  refused("mine", derived("mine", "mine + 1"), Code::invalid);
  refused("mine", derived("mine", "sales / lost_deals + open_deals +"), Code::invalid);
  EXPECT_TRUE(workspace_->catalogue()->wrong().empty());
  EXPECT_EQ(workspace_->catalogue()->part("mine"), nullptr);
  define("mine", derived("mine", "leads_created / 2"));
  refused(creation("own_metric", {{"name", "mine"}, {"definition", derived("mine", "1 + 1")}}), Code::duplicate,
          "definition");
}

TEST_F(OwnMetrics, NeverFormACircle) {
  const Id a = define("a", derived("a", "leads_created / 2"));
  const Id b = define("b", derived("b", "a * 2"));
  refused(on(Verb::change, "own_metric", a, {{"definition", derived("a", "b + 1")}}), Code::invalid, "definition");
  // Two at once: whoever comes second is decided beside the first.
  std::vector<std::future<Result<Outcome>>> answers;
  for (const auto& [id, text] :
       {std::pair{a, derived("a", "c + 1")}, {b, derived("b", "leads_created")}, {a, derived("a", "b + 1")}}) {
    Command command;
    command.actions.push_back(on(Verb::change, "own_metric", id, {{"definition", text}}));
    answers.push_back(workspace_->submit(std::move(command)));
  }
  EXPECT_FALSE(answers[0].get());
  EXPECT_TRUE(answers[1].get());
  EXPECT_TRUE(answers[2].get());
  EXPECT_TRUE(workspace_->catalogue()->wrong().empty());
}

TEST_F(OwnMetrics, AreBoundedHoweverTheyAreStacked) {
  define("m0", derived("m0", "leads_created + leads_created"));
  bool refused = false;
  for (int i = 1; i < 30 && !refused; ++i) {
    const std::string name = "m" + std::to_string(i), below = "m" + std::to_string(i - 1);
    const auto outcome =
        run(creation("own_metric", {{"name", name}, {"definition", derived(name, below + " + " + below)}}));
    refused = !outcome;
    if (refused) {
      EXPECT_EQ(outcome.error().code, Code::too_large) << to_string(outcome.error());
    }
  }
  EXPECT_TRUE(refused);
}

TEST_F(OwnMetrics, ChangeAsVersionsAndStayBehindNumbers) {
  const Id id = define("mine", counted("mine", "outcome = \"won\""));
  const Seq first = workspace_->ledger().read()->head().seq;
  ASSERT_TRUE(run(on(Verb::change, "own_metric", id, {{"definition", counted("mine", "outcome = \"lost\"")}})));
  EXPECT_EQ(workspace_->catalogue()->part("mine")->version, 2);
  EXPECT_EQ(workspace_->catalogue()->part("mine")->where.at(0).values.at(0), "lost");
  EXPECT_EQ(workspace_->catalogue_at(first)->part("mine")->version, 1);
  EXPECT_EQ(workspace_->catalogue_at(first)->part("mine")->where.at(0).values.at(0), "won");
  EXPECT_EQ(workspace_->catalogue_at(1)->part("mine"), nullptr);
  // The same text again is no new version.
  ASSERT_TRUE(run(on(Verb::change, "own_metric", id, {{"definition", counted("mine", "outcome = \"lost\"")}})));
  EXPECT_EQ(workspace_->catalogue()->part("mine")->version, 2);
  // What others stand on stays fit for them, keeps its name and is never taken away.
  define("half", derived("half", "mine.value / 2"));
  const std::string table =
      definition("mine",
                 "unit = \"count\"\nkind = \"table\"\nfrom = \"deal_fact\"\ntime = \"created_on\"\n"
                 "columns = [{name = \"x\", unit = \"count\", count = {outcome = \"won\"}}]\n");
  refused(on(Verb::change, "own_metric", id, {{"definition", table}}), Code::rule, "definition");
  refused(on(Verb::change, "own_metric", id, {{"definition", nullptr}}), Code::rule, "definition");
  refused(on(Verb::change, "own_metric", id, {{"name", "other"}}), Code::rule, "name");
  refused(on(Verb::change, "own_metric", id, {{"definition_version", 1}}), Code::forbidden, "definition_version");
  EXPECT_FALSE(allows(Verb::remove, workspace_->schema()->need("own_metric")));
}

TEST_F(OwnMetrics, HiddenOnesAreNotAskedButGoOnBeingUsed) {
  const Id own = define("mine", counted("mine", "outcome = \"won\""));
  define("half", derived("half", "mine / 2"));
  ASSERT_TRUE(run(on(Verb::change, "own_metric", own, {{"hidden", true}})));
  const Id shipped = make("own_metric", {{"name", "sales"}, {"hidden", true}});
  for (const char* name : {"mine", "sales"}) {
    const auto answer = asked(name);
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().code, Code::rule);
  }
  EXPECT_TRUE(asked("half"));
  EXPECT_EQ(asked("sale").error().sentence.find("\"sales\""), std::string::npos) << "a hidden name is not offered";
  ASSERT_TRUE(run(on(Verb::change, "own_metric", shipped, {{"hidden", false}})));
  EXPECT_TRUE(asked("sales"));
  refused(creation("own_metric", {{"name", "sails"}, {"hidden", true}}), Code::unknown, "name");
}

TEST_F(OwnMetrics, KeyOnesAreChosenByMembersTeamsAndTheWorkspace) {
  const Id above = make("team", {{"name", "All"}, {"key_metrics", "win_rate, sales"}});
  const Id team = make("team", {{"name", "North"}, {"parent", above}});
  const Id ann = make("member", {{"name", "Ann"}, {"team", team}, {"key_metrics", "touches"}});
  const Id bob = make("member", {{"name", "Bob"}, {"team", team}});
  const Id cid = make("member", {{"name", "Cid"}});
  ASSERT_TRUE(run(on(Verb::change, "workspace", 1, {{"key_metrics", "open_deals"}})));
  const auto of = [&](Id member, Id of_team) {
    return to_json(
        *key_metrics(*workspace_->ledger().read(), *workspace_->schema(), *workspace_->catalogue(), member, of_team));
  };
  EXPECT_EQ(of(ann, 0), (json::object{{"metrics", {"touches"}}, {"from", "member"}, {"record", ann}}));
  EXPECT_EQ(of(bob, 0), (json::object{{"metrics", {"win_rate", "sales"}}, {"from", "team"}, {"record", above}}));
  EXPECT_EQ(of(0, team), of(bob, 0));
  EXPECT_EQ(of(cid, 0), (json::object{{"metrics", {"open_deals"}}, {"from", "workspace"}, {"record", 1}}));
  refused(on(Verb::change, "member", cid, {{"key_metrics", "win_rat"}}), Code::unknown, "key_metrics");
  refused(on(Verb::change, "member", cid, {{"key_metrics", "sales,sales"}}), Code::duplicate, "key_metrics");
  make("own_metric", {{"name", "sales"}, {"hidden", true}});
  refused(on(Verb::change, "member", cid, {{"key_metrics", "sales"}}), Code::unknown, "key_metrics");
  EXPECT_EQ(of(bob, 0).at("metrics"), (json::array{"win_rate"}));
  EXPECT_FALSE(key_metrics(*workspace_->ledger().read(), *workspace_->schema(), *workspace_->catalogue(), 999, 0));
}

}  // namespace
}  // namespace traction
