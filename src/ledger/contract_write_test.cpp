#include "ledger/contract.h"

#include <atomic>
#include <thread>

#include "base/fault.h"
#include "ledger/lost_reply.h"

namespace traction::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_P(Contract, ANewLedgerIsEmpty) {
  const auto reader = ledger->read();
  const Head head = reader->head();
  EXPECT_EQ(head.seq, 0);
  EXPECT_EQ(head.hash, Digest{});
  EXPECT_FALSE(head.ledger_id.empty());
  EXPECT_EQ(reader->record(kFirm, 1), std::nullopt);
  EXPECT_EQ(reader->entry(1), std::nullopt);
  EXPECT_EQ(reader->key("firm.code=a"), 0);
  EXPECT_EQ(reader->remembered(1, {}), std::nullopt);
  EXPECT_THAT(reader->newest(kFirm, kEnd, 10), IsEmpty());
  EXPECT_THAT(reader->search(0, "abc", kEnd, 10), IsEmpty());
  expect_sound();
}

TEST_P(Contract, AnEntryComesBackAsItWas) {
  Entry entry;
  entry.seq = 1;
  entry.type = kPerson;
  entry.record = 1;
  entry.recorded_at = {1'700'000'000'123'456};
  entry.occurred_at = Instant{-86'400'000'000};
  entry.actor = 7;
  entry.origin = std::numeric_limits<Id>::max();
  entry.plain = R"({"code":"a\"\\ü"})";
  entry.personal = "{\"name\":\"東京 \x7F\"}";
  const StoredEntry first = seal(entry, {}, random);
  entry.seq = entry.record = 2;
  entry.occurred_at.reset();
  entry.personal = "";
  const StoredEntry second = seal(entry, first.hash, random);
  {
    const auto transaction = ledger->begin();
    transaction->append(first);
    transaction->append(second);
    EXPECT_EQ(transaction->head().seq, 2);
    transaction->commit();
  }
  const auto reader = ledger->read();
  EXPECT_EQ(reader->entry(1), first);
  EXPECT_EQ(reader->entry(2), second);
  const Head head = reader->head();
  EXPECT_EQ(head.seq, 2);
  EXPECT_EQ(head.hash, second.hash);
  EXPECT_EQ(head.recorded_at, entry.recorded_at);
}

TEST_P(Contract, WithoutCommitNothingHappened) {
  write([](Hand& hand, Transaction&) { hand.create(kFirm, "Acme", "a"); });
  {
    const auto transaction = ledger->begin();
    Hand hand(*transaction, schema, random);
    hand.create(kFirm, "Brick", "b");
    hand.rename(kFirm, 1, "Other");
    transaction->remember(5, {1, 2, 1}, hand.now);
  }
  const auto reader = ledger->read();
  EXPECT_EQ(reader->head().seq, 1);
  EXPECT_EQ(reader->record(kFirm, 2), std::nullopt);
  EXPECT_EQ(reader->record(kFirm, 1)->version, 1);
  EXPECT_EQ(reader->key("firm.code=b"), 0);
  EXPECT_EQ(reader->remembered(5, {}), std::nullopt);
  EXPECT_THAT(ids(reader->search(0, "acme", kEnd, 10)), ElementsAre(1));
  EXPECT_THAT(reader->search(0, "other", kEnd, 10), IsEmpty());
  expect_sound();
}

TEST_P(Contract, ATransactionSeesWhatItWrote) {
  const auto transaction = ledger->begin();
  Hand hand(*transaction, schema, random);
  const Id firm = hand.create(kFirm, "Acme Bricks", "a");
  EXPECT_EQ(transaction->head().seq, 1);
  EXPECT_EQ(parse_stored(transaction->record(kFirm, firm)->body),
            (json::object{{"name", "Acme Bricks"}, {"code", "a"}}));
  EXPECT_EQ(transaction->key("firm.code=a"), firm);
  EXPECT_THAT(ids(transaction->newest(kFirm, kEnd, 10)), ElementsAre(firm));
  EXPECT_THAT(ids(transaction->search(kFirm, "brick", kEnd, 10)), ElementsAre(firm));
  transaction->remember(9, {3, firm, 1}, hand.now);
  EXPECT_EQ(transaction->remembered(9, hand.now)->first, firm);
  hand.rename(kFirm, firm, "Tiles");
  EXPECT_THAT(transaction->search(kFirm, "brick", kEnd, 10), IsEmpty());
  EXPECT_EQ(ledger->read()->head().seq, 0);
  transaction->commit();
  EXPECT_EQ(ledger->read()->head().seq, 2);
}

TEST_P(Contract, ASnapshotDoesNotMove) {
  write([](Hand& hand, Transaction& transaction) {
    hand.create(kPerson, "Ada Byron", "a");
    transaction.remember(5, {1, 1, 1}, hand.now);
  });
  const auto before = ledger->read();
  write([](Hand& hand, Transaction& transaction) {
    hand.rename(kPerson, 1, "Ada Lovelace");
    hand.create(kPerson, "Ada Smith", "b");
    transaction.put_key("person.code=a", 0);
    transaction.remember(6, {1, 1, 1}, hand.now);
  });
  write([](Hand& hand, Transaction&) { hand.erase(kPerson, 1); });
  EXPECT_EQ(before->head().seq, 1);
  EXPECT_EQ(before->entry(2), std::nullopt);
  EXPECT_THAT(before->entry(1)->entry.personal.value_or(""), HasSubstr("Ada Byron"));
  EXPECT_THAT(before->record(kPerson, 1)->body, HasSubstr("Ada Byron"));
  EXPECT_EQ(before->key("person.code=a"), 1);
  EXPECT_EQ(before->key("person.code=b"), 0);
  EXPECT_THAT(ids(before->newest(kPerson, kEnd, 10)), ElementsAre(1));
  EXPECT_THAT(ids(before->search(kPerson, "ada", kEnd, 10)), ElementsAre(1));
  EXPECT_EQ(before->remembered(6, {}), std::nullopt);
  EXPECT_EQ(ledger->read()->head().seq, 4);
}

TEST_P(Contract, OneWriterWaitsForTheOther) {
  auto first = ledger->begin();
  std::atomic<bool> begun = false;
  std::thread second([&] {
    const auto other = store->connect();
    const auto transaction = other->begin();
    begun = true;
    EXPECT_EQ(transaction->head().seq, 1);
  });
  Hand(*first, schema, random).create(kFirm, "Acme");
  EXPECT_FALSE(begun);
  first->commit();
  first.reset();
  second.join();
  EXPECT_TRUE(begun);
}

TEST_P(Contract, TwoWritersLoseNothing) {
  constexpr int kEach = 60;
  const auto contend = [&](std::uint64_t seed) {
    const auto mine = store->connect();
    SeededRandom own(seed);
    for (int i = 0; i < kEach; ++i) {
      const auto transaction = mine->begin();
      Hand hand(*transaction, schema, own);
      hand.create(kPerson, fmt::format("{} of {}", i, seed), fmt::format("{}-{}", seed, i));
      const Id shared = transaction->key("firm.code=shared");
      if (shared == 0)
        hand.create(kFirm, "Shared", "shared");
      else
        hand.rename(kFirm, shared, fmt::format("Shared by {}", seed));
      transaction->commit();
    }
  };
  std::thread other([&] { contend(2); });
  contend(3);
  other.join();
  const auto reader = ledger->read();
  EXPECT_EQ(reader->head().seq, 2 * 2 * kEach);
  EXPECT_EQ(reader->newest(kPerson, kEnd, 1000).size(), 2u * kEach);
  expect_sound();
}

TEST_P(Contract, ALostReplyIsSettledByTheKey) {
  LostReply lossy(*ledger);
  lossy.lose(1);
  const auto attempt = [&] {
    const auto transaction = lossy.begin();
    Hand hand(*transaction, schema, random);
    if (transaction->remembered(42, {})) return;
    const Id id = hand.create(kFirm, "Acme");
    transaction->remember(42, {7, id, 1}, hand.now);
    transaction->commit();
  };
  try {
    attempt();
    ADD_FAILURE() << "the reply was not lost";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), Fault::Kind::unknown_outcome);
  }
  attempt();
  const auto reader = ledger->read();
  EXPECT_EQ(reader->head().seq, 1);
  EXPECT_EQ(reader->remembered(42, {})->first, 1);
  EXPECT_EQ(reader->remembered(42, {})->request, 7u);
}

TEST_P(Contract, AKeyOfIdempotencyIsRememberedSince) {
  const Instant noon{20'000 * kDay + kDay / 2};
  const auto later = [&](std::int64_t hours) { return Instant{noon.micros + hours * 3600 * kSecond}; };
  constexpr std::uint64_t kLarge = 0xFFFF'FFFF'FFFF'FFFF;
  write([&](Hand&, Transaction& transaction) {
    transaction.remember(kLarge, {kLarge, 5, 2}, noon);
    transaction.remember(0, {1, 7, 0}, noon);
  });
  auto reader = ledger->read();
  EXPECT_EQ(reader->remembered(kLarge, noon), (Remembered{kLarge, 5, 2}));
  EXPECT_EQ(reader->remembered(0, later(-24)), (Remembered{1, 7, 0}));
  EXPECT_EQ(reader->remembered(kLarge, later(1)), std::nullopt);
  EXPECT_EQ(reader->remembered(1, {}), std::nullopt);
  write([&](Hand&, Transaction& transaction) { transaction.remember(kLarge, {8, 9, 1}, later(30)); });
  reader = ledger->read();
  EXPECT_EQ(reader->remembered(kLarge, later(6)), (Remembered{8, 9, 1}));
}

TEST_P(Contract, OldKeysOfIdempotencyAreForgotten) {
  const auto on_day = [&](std::int64_t day) { return Instant{(20'000 + day) * kDay}; };
  write([&](Hand&, Transaction& transaction) {
    for (std::uint64_t key = 0; key < 50; ++key) transaction.remember(key, {1, 1, 1}, on_day(0));
  });
  for (std::uint64_t commit = 0; commit < 5; ++commit)
    write([&](Hand&, Transaction& transaction) {
      for (std::uint64_t key = 0; key < 20; ++key) transaction.remember(1000 + 20 * commit + key, {1, 1, 1}, on_day(1));
    });
  for (std::uint64_t key = 0; key < 50; ++key) EXPECT_TRUE(ledger->read()->remembered(key, on_day(0)));
  for (std::uint64_t commit = 0; commit < 5; ++commit)
    write([&](Hand&, Transaction& transaction) {
      for (std::uint64_t key = 0; key < 20; ++key) transaction.remember(2000 + 20 * commit + key, {1, 1, 1}, on_day(3));
    });
  const auto reader = ledger->read();
  for (std::uint64_t key = 0; key < 50; ++key) EXPECT_FALSE(reader->remembered(key, on_day(0)));
  for (std::uint64_t key = 0; key < 100; ++key) EXPECT_TRUE(reader->remembered(1000 + key, on_day(0)));
}

}  // namespace
}  // namespace traction::test
