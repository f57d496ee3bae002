#include "ledger/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fault.h"
#include "base/text.h"
#include "ledger/lost_reply.h"
#include "ledger/memory.h"
#include "ledger/sqlite.h"
#include "ledger/test_entries.h"

namespace traction {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Id kEnd = std::numeric_limits<Id>::max();

class Contract : public testing::TestWithParam<Kind> {
 protected:
  // Lets `work` write into a transaction and commits it.
  void write(const std::function<void(Hand&, Transaction&)>& work) {
    const auto transaction = ledger->begin();
    Hand hand(*transaction, schema, random);
    work(hand, *transaction);
    transaction->commit();
  }
  void expect_sound() {
    const auto verified = verify(*ledger, schema);
    EXPECT_TRUE(verified) << to_string(verified.error());
  }

  static std::vector<Id> ids(const std::vector<StoredRecord>& records) {
    std::vector<Id> out;
    for (const StoredRecord& record : records) out.push_back(record.id);
    return out;
  }

  const Schema schema = small_schema();
  SeededRandom random{1};
  const std::unique_ptr<Store> store = GetParam().make();
  std::shared_ptr<Ledger> ledger = store->connect();
};

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

TEST_P(Contract, EntriesAreVisitedInOrderBetweenBounds) {
  write([](Hand& hand, Transaction&) {
    for (int i = 0; i < 10; ++i) hand.create(kCall, fmt::format("call {}", i));
  });
  const auto reader = ledger->read();
  const auto visited = [&](Seq after, Seq last, std::size_t most) {
    std::vector<Seq> seqs;
    reader->entries(after, last, [&](const StoredEntry& stored) {
      seqs.push_back(stored.entry.seq);
      // Other questions may be asked of the reader meanwhile, also the same one.
      EXPECT_EQ(reader->entry(stored.entry.seq), stored);
      EXPECT_EQ(reader->record(kCall, stored.entry.seq)->version, stored.entry.seq);
      return seqs.size() < most;
    });
    return seqs;
  };
  EXPECT_THAT(visited(0, 3, 99), ElementsAre(1, 2, 3));
  EXPECT_THAT(visited(7, kEnd, 99), ElementsAre(8, 9, 10));
  EXPECT_THAT(visited(2, 8, 2), ElementsAre(3, 4));
  EXPECT_THAT(visited(10, kEnd, 99), IsEmpty());
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

TEST_P(Contract, NewestAreLiveOnesInOrder) {
  write([](Hand& hand, Transaction&) {
    for (int i = 0; i < 6; ++i) hand.create(i % 2 == 0 ? kFirm : kCall, fmt::format("n{}", i));  // firms 1, 3, 5
    hand.create(kFirm, "seventh");
    hand.remove(kFirm, 3);
    hand.merge(kFirm, 5, 1);
  });
  const auto reader = ledger->read();
  EXPECT_THAT(ids(reader->newest(kFirm, kEnd, 10)), ElementsAre(7, 1));
  EXPECT_THAT(ids(reader->newest(kFirm, 7, 10)), ElementsAre(1));
  EXPECT_THAT(ids(reader->newest(kCall, kEnd, 2)), ElementsAre(6, 4));
  EXPECT_THAT(reader->newest(kCall, kEnd, 0), IsEmpty());
  std::vector<StoredRecord> all;
  reader->records(kFirm, 1, [&](const StoredRecord& record) { return all.push_back(record), all.size() < 2; });
  EXPECT_THAT(ids(all), ElementsAre(3, 5));
  EXPECT_EQ(all[0].state, RecordState::deleted);
  EXPECT_EQ(all[1].state, RecordState::merged);
  EXPECT_EQ(all[1].merged_into, 1);
  expect_sound();
}

TEST_P(Contract, SearchFindsWhatContainsTheText) {
  write([](Hand& hand, Transaction&) {
    hand.create(kFirm, "Blumen Özdemir GmbH");                  // 1
    hand.create(kPerson, "Erik ØRSTED\nerik@example.com");      // 2
    hand.create(kFirm, "100% \"Quoted\" _under_ 'it''s' a*b");  // 3
    hand.create(kCall, "Blumen");                               // 4: calls are not searched
    hand.create(kPerson, "abcd bcde");                          // 5: all groups of "abcde", but not together
    hand.create(kPerson, "xx abcde yy");                        // 6
    hand.create(kFirm, "東京電力");                             // 7
  });
  const auto reader = ledger->read();
  const auto found = [&](std::int32_t type, std::string_view text) {
    return ids(reader->search(type, text, kEnd, 10));
  };
  EXPECT_THAT(found(0, "blumen"), ElementsAre(1));
  EXPECT_THAT(found(kFirm, "ÖZD"), ElementsAre(1));
  EXPECT_THAT(found(kFirm, "en öz"), ElementsAre(1));
  EXPECT_THAT(found(kPerson, "Blumen"), IsEmpty());
  EXPECT_THAT(found(kPerson, "ørsted"), ElementsAre(2));
  EXPECT_THAT(found(0, "EXAMPLE.com"), ElementsAre(2));
  EXPECT_THAT(found(0, "100% \"q"), ElementsAre(3));
  EXPECT_THAT(found(0, "_under_ 'IT''S'"), ElementsAre(3));
  EXPECT_THAT(found(0, "a*b"), ElementsAre(3));
  EXPECT_THAT(found(0, "abcde"), ElementsAre(6));
  EXPECT_THAT(found(0, "bcd"), ElementsAre(6, 5));
  EXPECT_THAT(found(0, "京電力"), ElementsAre(7));
  EXPECT_THAT(found(0, "nothing like it"), IsEmpty());
  EXPECT_THAT(found(0, "ab"), IsEmpty());
  EXPECT_THAT(found(0, "öz"), IsEmpty());
  EXPECT_THAT(found(0, ""), IsEmpty());
  EXPECT_THAT(found(0, std::string_view("a\0b", 3)), IsEmpty());
  EXPECT_THAT(found(0, "\xFF\xFE\xFD"), IsEmpty());
  EXPECT_THAT(found(0, "\" OR \""), IsEmpty());
  EXPECT_THAT(found(0, std::string(5000, 'x')), IsEmpty());
}

TEST_P(Contract, SearchGoesFromNewToOldInPages) {
  write([](Hand& hand, Transaction&) {
    for (int i = 1; i <= 300; ++i) hand.create(i % 3 == 0 ? kPerson : kFirm, fmt::format("name number {}", i));
  });
  const auto reader = ledger->read();
  EXPECT_THAT(ids(reader->search(0, "number", kEnd, 3)), ElementsAre(300, 299, 298));
  EXPECT_THAT(ids(reader->search(kPerson, "number", 300, 2)), ElementsAre(297, 294));
  EXPECT_THAT(ids(reader->search(kFirm, "number", 3, 10)), ElementsAre(2, 1));
}

TEST_P(Contract, SearchFollowsTheRecord) {
  write([](Hand& hand, Transaction&) {
    hand.create(kFirm, "Alpha");
    hand.create(kFirm, "Alphabet");
    hand.create(kFirm, "Beta");
  });
  write([](Hand& hand, Transaction&) {
    hand.rename(kFirm, 3, "Alpha Beta");
    hand.rename(kFirm, 1, "Gamma");
    hand.remove(kFirm, 2);
  });
  EXPECT_THAT(ids(ledger->read()->search(0, "alpha", kEnd, 10)), ElementsAre(3));
  EXPECT_THAT(ids(ledger->read()->search(0, "beta", kEnd, 10)), ElementsAre(3));
  write([](Hand& hand, Transaction&) {
    hand.restore(kFirm, 2);
    hand.merge(kFirm, 3, 2);
  });
  EXPECT_THAT(ids(ledger->read()->search(0, "alpha", kEnd, 10)), ElementsAre(2));
  EXPECT_EQ(ledger->read()->search_text(kFirm, 2), "alphabet");
  EXPECT_EQ(ledger->read()->search_text(kFirm, 3), "");
  EXPECT_EQ(ledger->read()->counts().searchable, 2);
  expect_sound();
}

TEST_P(Contract, AUniqueKeyHasOneHolder) {
  write([](Hand&, Transaction& transaction) {
    transaction.put_key("b", 2);
    transaction.put_key("a", 1);
    transaction.put_key("c", 3);
    transaction.put_key("a", 9);
    transaction.put_key("c", 0);
    transaction.put_key("never", 0);
  });
  const auto reader = ledger->read();
  EXPECT_EQ(reader->key("a"), 9);
  EXPECT_EQ(reader->key("b"), 2);
  EXPECT_EQ(reader->key("c"), 0);
  std::vector<std::string> keys;
  reader->keys(
      [&](std::string_view key, Id holder) { return keys.push_back(fmt::format("{}={}", key, holder)), true; });
  EXPECT_THAT(keys, ElementsAre("a=9", "b=2"));
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

TEST_P(Contract, AnErasedPersonIsGoneAndTheChainHolds) {
  write([&](Hand& hand, Transaction&) {
    hand.create(kPerson, "Wilhelmina Quetzal", "w");
    hand.create(kPerson, "Before the wedding");
    hand.rename(kPerson, 2, "Quetzal too " + std::string(6000, 'y'));  // over several pages
    hand.create(kPerson, "Somebody Else");
  });
  const Digest kept = ledger->read()->entry(1)->personal_digest;
  write([](Hand& hand, Transaction&) {
    hand.erase(kPerson, 1);
    hand.erase(kPerson, 2);
  });
  ledger->scrub();
  const auto reader = ledger->read();
  const auto entry = reader->entry(1);
  EXPECT_EQ(entry->entry.personal, std::nullopt);
  EXPECT_EQ(entry->salt, std::nullopt);
  EXPECT_EQ(entry->personal_digest, kept);
  EXPECT_EQ(parse_stored(reader->record(kPerson, 1)->body), (json::object{{"code", "w"}}));
  EXPECT_THAT(reader->search(0, "quetzal", kEnd, 10), IsEmpty());
  EXPECT_THAT(ids(reader->search(0, "somebody", kEnd, 10)), ElementsAre(4));
  expect_sound();
}

TEST_P(Contract, AfterScrubbingNoFileHoldsWhatWasErased) {
  constexpr Id kPersons = 600;
  const auto secret = [](Id id) { return fmt::format("Quetzal{:04}", id); };
  write([&](Hand& hand, Transaction&) {
    for (Id id = 1; id <= kPersons; ++id) hand.create(kPerson, secret(id) + (id == 1 ? " 鑫鑫鑫" : " first"));
  });
  // Rows that grow and shrink make pages split and merge, which leaves copies of rows behind.
  for (int round = 0; round < 4; ++round)
    write([&](Hand& hand, Transaction&) {
      for (int i = 0; i < kPersons; ++i) {
        const Id id = 1 + static_cast<Id>(random.below(kPersons));
        hand.rename(kPerson, id, fmt::format("{} {}", secret(id), std::string(random.below(400), 'z')));
      }
    });
  write([&](Hand& hand, Transaction&) {
    for (Id id = 1; id <= kPersons; id += 2) hand.erase(kPerson, id);
  });
  ledger->scrub();
  const std::string bytes = lower(store->bytes());
  for (Id id = 1; id <= kPersons; ++id) {
    const bool found = bytes.find(lower(secret(id))) != std::string::npos;
    EXPECT_EQ(found, id % 2 == 0 && !bytes.empty()) << id;
  }
  EXPECT_EQ(bytes.find("鑫鑫"), std::string::npos) << "the search still knows a word of it";
  ledger->scrub();
  expect_sound();
}

TEST_P(Contract, AnUneditedRecordLosesWhatItsEntryLoses) {
  write([](Hand& hand, Transaction&) { hand.create(kPerson, "Ada", "a"); });
  write([](Hand&, Transaction& transaction) { transaction.erase(1); });
  EXPECT_EQ(parse_stored(ledger->read()->record(kPerson, 1)->body), (json::object{{"code", "a"}}));
}

TEST_P(Contract, ABackupIsAStateOfItsOwn) {
  if (store->backup_path().empty()) {
    EXPECT_THROW(ledger->backup("anywhere"), Fault);
    return;
  }
  write([](Hand& hand, Transaction&) {
    for (int i = 0; i < 500; ++i) hand.create(kPerson, fmt::format("Person {}", i), fmt::format("c{}", i));
  });
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; !done; ++i)
      write([&](Hand& hand, Transaction&) {
        hand.rename(kPerson, 1 + i % 500, fmt::format("Renamed {}", i));
        hand.create(kFirm, fmt::format("Firm {}", i));
      });
  });
  const Head before = ledger->read()->head();
  ledger->backup(store->backup_path());
  const Head after = ledger->read()->head();
  done = true;
  writer.join();
  EXPECT_THROW(ledger->backup(store->backup_path()), Fault) << "an existing file must not be overwritten";
  const auto copy = store->connect_backup();
  const Head head = copy->read()->head();
  EXPECT_EQ(head.ledger_id, before.ledger_id);
  EXPECT_GE(head.seq, before.seq);
  EXPECT_LE(head.seq, after.seq);
  EXPECT_EQ(ledger->read()->entry(head.seq)->hash, head.hash);
  const auto verified = verify(*copy, schema);
  EXPECT_TRUE(verified) << to_string(verified.error());
}

TEST_P(Contract, VerifyCountsAndReportsProgress) {
  write([](Hand& hand, Transaction&) {
    hand.create(kPerson, "Ada", "a");
    hand.create(kFirm, "Acme");
    hand.rename(kPerson, 1, "Ada L");
    hand.remove(kFirm, 2);
    hand.erase(kPerson, 1);
  });
  Seq last = 0;
  const auto verified = verify(*ledger, schema, [&](Seq done, Seq total) {
    last = done;
    EXPECT_EQ(total, 5);
  });
  ASSERT_TRUE(verified) << to_string(verified.error());
  EXPECT_EQ(verified->entries, 5);
  EXPECT_EQ(verified->records, 2);
  EXPECT_EQ(verified->head, ledger->read()->head().hash);
  EXPECT_EQ(last, 5);
}

// What only the ledger's own file could do to it, done through the port.
TEST_P(Contract, VerifyFindsWhatNoEntrySays) {
  const auto refused = [&](const std::string& place, const std::function<void(Transaction&)>& harm) {
    const auto damaged_store = GetParam().make();
    ledger = damaged_store->connect();
    write([](Hand& hand, Transaction&) {
      hand.create(kPerson, "Ada", "a");
      hand.create(kCall, "Call");
      hand.rename(kPerson, 1, "Ada L");
    });
    expect_sound();
    write([&](Hand&, Transaction& transaction) { harm(transaction); });
    const auto verified = verify(*ledger, schema);
    ASSERT_FALSE(verified) << place;
    SCOPED_TRACE(to_string(verified.error()));
    EXPECT_EQ(verified.error().code, Code::damaged);
    EXPECT_EQ(verified.error().field, place);
  };
  const auto person = [](Transaction& transaction) { return *transaction.record(kPerson, 1); };
  refused("record 1", [&](Transaction& t) {
    StoredRecord record = person(t);
    record.body = R"({"name":"Eve","code":"a"})";
    t.put(record, false, "Ada L");
  });
  refused("record 1", [&](Transaction& t) {
    StoredRecord record = person(t);
    record.state = RecordState::deleted;
    t.put(record, false, "");
  });
  refused("record 1", [&](Transaction& t) {
    StoredRecord record = person(t);
    record.version = 1;
    t.put(record, false, "Ada L");
  });
  refused("record 1", [&](Transaction& t) { t.put(person(t), false, "Ada Byron"); });
  refused("record 1", [](Transaction& t) { t.put_key("person.code=a", 2); });
  refused("record 1", [](Transaction& t) { t.put_key("person.code=a", 0); });
  refused("", [](Transaction& t) { t.put_key("person.code=b", 1); });
  refused("ref=x", [](Transaction& t) { t.put_key("ref=x", 99); });
  refused("", [](Transaction& t) { t.put({77, kCall, 77, RecordState::live, 0, "{}"}, false, ""); });
  refused("entry 4", [&](Transaction& t) {
    Entry entry;
    entry.seq = entry.record = 4;
    entry.type = kCall;
    entry.recorded_at = t.head().recorded_at;
    StoredEntry stored = seal(entry, t.head().hash, random);
    stored.entry.plain = R"({"name":"forged"})";
    t.append(stored);
    t.put({4, kCall, 4, RecordState::live, 0, stored.entry.plain}, true, "");
  });
  refused("record 4", [&](Transaction& t) {
    Entry entry;
    entry.seq = entry.record = 4;
    entry.type = kCall;
    entry.recorded_at = t.head().recorded_at;
    t.append(seal(entry, t.head().hash, random));
  });
}

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
}  // namespace traction
