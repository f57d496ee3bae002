#include "app/bulk.h"

#include <gtest/gtest.h>

#include "app/writer.h"
#include "ledger/chain.h"
#include "ledger/memory.h"
#include "support/actions.h"
#include "support/machine.h"

namespace traction {
namespace {

constexpr Instant kThen{1'500'000'000 * kSecond};

Action create(std::string type, json::object fields) { return at(creation(std::move(type), std::move(fields)), kThen); }
Action change(std::string type, Id id, json::object fields) {
  return at(on(Verb::change, std::move(type), id, std::move(fields)), kThen);
}

// A small company: every id is known, since they are counted from 1.
std::vector<Action> company() {
  return {create("workspace", {{"name", "Test"}}),
          create("pipeline", {{"name", "Sales"}}),
          create("stage", {{"pipeline", 2}, {"name", "Open"}, {"kind", "open"}, {"position", 1}}),
          create("stage", {{"pipeline", 2}, {"name", "Won"}, {"kind", "won"}, {"position", 2}}),
          create("account", {{"name", "Acme"}, {"external_id", "A1"}}),
          create("contact", {{"name", "Anna"}, {"email", "anna@acme.example"}, {"account", 5}}),
          create("deal", {{"name", "First"}, {"account", 5}, {"contact", 6}, {"stage", 3}, {"amount_minor", 500}}),
          create("activity", {{"kind", "call"}, {"deal", 7}, {"subject", "Hello"}}),
          change("deal", 7, {{"stage", 4}}),
          change("contact", 6, {{"phone", "123"}}),
          change("account", 5, {{"external_id", "A2"}}),
          create("account", {{"name", "Other"}, {"external_id", "A1"}}),
          change("account", 5, {{"external_id", "A1"}}),  // taken meanwhile
          change("deal", 7, {{"name", nullptr}}),         // required
          create("activity", {{"kind", "email"}, {"contact", 6}})};
}

TEST(Bulk, writesWhatTheWriterWrites) {
  const Schema schema = shipped_schema();
  const auto slow = memory_ledger(), fast = memory_ledger();
  TestClock clock;
  TestRandom slow_random, fast_random;
  std::vector<Code> slow_refusals, fast_refusals;
  {
    Writer writer(*slow, schema, clock, slow_random);
    for (const Action& action : company()) {
      if (const auto outcome = writer.submit(batch({action})).get(); !outcome)
        slow_refusals.push_back(outcome.error().code);
    }
  }
  Bulk bulk(*fast, schema, clock, fast_random);
  for (const Action& action : company())
    if (const auto id = bulk.apply(action, 0); !id) fast_refusals.push_back(id.error().code);
  const Head head = bulk.finish();

  EXPECT_EQ(fast_refusals, (std::vector<Code>{Code::duplicate, Code::required}));
  EXPECT_EQ(fast_refusals, slow_refusals);
  EXPECT_EQ(to_hex(head.hash), to_hex(slow->read()->head().hash));
  EXPECT_EQ(head.seq, fast->read()->head().seq);
  EXPECT_EQ(fast->read()->search(0, "anna@acme", INT64_MAX, 10).size(), 1u);
  for (Ledger* ledger : {slow.get(), fast.get()}) {
    const Result<Verified> verified = verify(*ledger, schema);
    EXPECT_TRUE(verified) << to_string(verified.error());
  }
}

TEST(Bulk, goesOnWhereALedgerStands) {
  const Schema schema = shipped_schema();
  const auto ledger = memory_ledger();
  TestClock clock;
  TestRandom random;
  const std::vector<Action> actions = company();
  for (std::size_t i = 0; i < actions.size(); i += 4) {
    Bulk bulk(*ledger, schema, clock, random);
    for (std::size_t j = i; j < std::min(i + 4, actions.size()); ++j) (void)bulk.apply(actions[j], 0);
    bulk.finish();
  }
  EXPECT_TRUE(verify(*ledger, schema));

  const auto other = memory_ledger();
  TestRandom again;
  Bulk bulk(*other, schema, clock, again);
  for (const Action& action : actions) (void)bulk.apply(action, 0);
  EXPECT_EQ(to_hex(bulk.finish().hash), to_hex(ledger->read()->head().hash));
}

TEST(Bulk, leavesNothingWhenItIsAbandoned) {
  const Schema schema = shipped_schema();
  const auto ledger = memory_ledger();
  TestClock clock;
  TestRandom random;
  {
    Bulk bulk(*ledger, schema, clock, random);
    EXPECT_TRUE(bulk.apply(create("workspace", {{"name", "Test"}}), 0));
  }
  EXPECT_EQ(ledger->read()->head().seq, 0);
  EXPECT_NO_THROW(ledger->begin());
}

TEST(Bulk, forgetsWhatNobodyNamesAnyMore) {
  const Schema schema = shipped_schema();
  const auto ledger = memory_ledger();
  TestClock clock;
  TestRandom random;
  Bulk bulk(*ledger, schema, clock, random);
  EXPECT_TRUE(bulk.apply(create("workspace", {{"name", "Test"}}), 0));
  const Result<Id> account = bulk.apply(create("account", {{"name", "Acme"}}), 0);
  ASSERT_TRUE(account) << to_string(account.error());
  EXPECT_TRUE(bulk.apply(change("account", *account, {{"name", "Acme Ltd"}}), 0));
  bulk.forget(*account);
  EXPECT_FALSE(bulk.apply(change("account", *account, {{"name", "Other"}}), 0));
  EXPECT_EQ(bulk.finish().seq, 3);
}

}  // namespace
}  // namespace traction
