#include "ledger/contract.h"

namespace traction::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

}  // namespace
}  // namespace traction::test
