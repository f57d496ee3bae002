#include "ledger/contract.h"

#include <atomic>
#include <thread>

#include "base/fault.h"
#include "base/text.h"

namespace traction::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

}  // namespace
}  // namespace traction::test
