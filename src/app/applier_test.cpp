#include "app/applier.h"

#include <gtest/gtest.h>

#include "ledger/memory.h"
#include "support/machine.h"

namespace traction {
namespace {

constexpr int kLong = 60'000;

class ApplierTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = load_definitions(TRACTION_SOURCE_DIR "/definitions");
    ASSERT_TRUE(loaded) << to_string(loaded.error());
    workspace_ = std::make_unique<Workspace>("default", memory_ledger(), *loaded, MartOptions{}, clock_, random_);
    ASSERT_TRUE(workspace_->begin({{"name", "Shop"}, {"zone", "UTC"}, {"currency", "USD"}}));
  }

  Seq add_account(const std::string& name) {
    Command command;
    Action& action = command.actions.emplace_back();
    action.type = "account";
    action.fields["name"] = name;
    const auto outcome = workspace_->execute(std::move(command));
    EXPECT_TRUE(outcome);
    return outcome ? outcome->seq : 0;
  }

  std::size_t accounts() { return workspace_->mart()->read()->query("SELECT id FROM account")->size(); }

  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Workspace> workspace_;
};

TEST_F(ApplierTest, appliesWhatWasThereAndWhatComes) {
  add_account("before");
  Applier applier(*workspace_);
  EXPECT_TRUE(applier.wait_for(2, kLong));
  Seq last = 0;
  for (int i = 0; i < 20; ++i) last = add_account("during");
  EXPECT_TRUE(applier.wait_for(last, kLong));
  EXPECT_EQ(accounts(), 21u);
  EXPECT_FALSE(applier.wait_for(last + 1, 1)) << "nothing is applied that was not written";
}

TEST_F(ApplierTest, letsThoseWhoWriteWaitForIt) {
  Applier applier(*workspace_);
  std::stop_source stop;
  for (int i = 0; i < 30; ++i) {
    const Seq last = add_account("one of many");
    applier.keep_pace(5, stop.get_token());
    EXPECT_GE(workspace_->mart()->applied(), last - 5);
  }
  stop.request_stop();
  add_account("and on");
  applier.keep_pace(0, stop.get_token());  // comes back, whether or not all is applied
}

TEST_F(ApplierTest, leavesTheWorkspaceInOrderBehind) {
  { Applier applier(*workspace_); }
  const Seq last = add_account("after");
  Applier again(*workspace_);
  EXPECT_TRUE(again.wait_for(last, kLong));
  EXPECT_EQ(accounts(), 1u);
}

TEST_F(ApplierTest, followsAFieldOfTheWorkspacesOwn) {
  Applier applier(*workspace_);
  add_account("one");
  Command command;
  Action& action = command.actions.emplace_back();
  action.type = "field";
  action.fields = {{"record_type", "account"}, {"name", "tier"}, {"field_type", "integer"}};
  ASSERT_TRUE(workspace_->execute(std::move(command)));
  const Seq last = add_account("two");
  EXPECT_TRUE(applier.wait_for(last, kLong));
  const auto found = workspace_->mart()->read()->query("SELECT tier FROM account");
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(found->size(), 2u);
}

TEST_F(ApplierTest, leavesTheMartAloneUntilItIsToKnowMore) {
  std::vector<Seq> applied, committed;
  const auto commits = workspace_->on_commit([&](Seq head) { committed.push_back(head); });
  const auto applications = workspace_->on_applied([&](Seq seq) { applied.push_back(seq); });
  const Seq first = add_account("first");
  workspace_->mart_at(0);  // an empty mart knows nothing at all, not even the settings
  const Seq second = add_account("second");
  EXPECT_EQ(workspace_->mart_at(first)->applied(), first);
  EXPECT_EQ(workspace_->mart_at(0)->applied(), first);
  EXPECT_EQ(workspace_->mart_at(second)->applied(), second);
  const Seq third = add_account("third");
  EXPECT_EQ(workspace_->mart_at(kHead)->applied(), third);
  EXPECT_EQ(committed, (std::vector<Seq>{first, second, third}));
  EXPECT_EQ(applied, committed);
}

TEST_F(ApplierTest, tellsNobodyWhoNoLongerListens) {
  int told = 0;
  auto listening = workspace_->on_commit([&](Seq) { ++told; });
  const auto other = workspace_->on_commit([](Seq) {});
  add_account("heard");
  listening.reset();
  add_account("unheard");
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace traction
