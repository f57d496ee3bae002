#include "app/writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "base/fault.h"
#include "ledger/chain.h"
#include "ledger/memory.h"
#include "support/actions.h"
#include "support/machine.h"

namespace traction {
namespace {

constexpr std::int64_t kHour = 3600 * kSecond;

// A ledger of which the next transaction or commit can be made to fail.
class FrailLedger : public Ledger {
 public:
  enum class Failure { none, append, commit, lost_before, lost_after, lost_for_good };
  std::atomic<Failure> next = Failure::none;
  std::atomic<bool> begins = true;
  std::atomic<bool> scrub_fails = false;
  std::atomic<int> scrubs = 0;
  std::function<void()> while_scrubbing;

  std::unique_ptr<Transaction> begin() override {
    if (!begins) throw Fault(Fault::Kind::disk, "the disk is gone");
    return std::make_unique<Frail>(*this, ledger_->begin());
  }
  std::unique_ptr<Reader> read() override { return ledger_->read(); }
  void scrub() override {
    ++scrubs;
    if (while_scrubbing) while_scrubbing();
    if (scrub_fails) throw Fault(Fault::Kind::disk_full, "no room to scrub");
  }
  void backup(const std::string& path) override { ledger_->backup(path); }

 private:
  class Frail : public Transaction {
   public:
    Frail(FrailLedger& ledger, std::unique_ptr<Transaction> inner) : ledger_(ledger), inner_(std::move(inner)) {}
    Head head() override { return inner_->head(); }
    std::optional<StoredRecord> record(std::int32_t type, Id id) override { return inner_->record(type, id); }
    Id key(std::string_view key) override { return inner_->key(key); }
    std::optional<StoredEntry> entry(Seq seq) override { return inner_->entry(seq); }
    void entries(Seq after, Seq last, const std::function<bool(const StoredEntry&)>& visit) override {
      inner_->entries(after, last, visit);
    }
    std::vector<StoredRecord> newest(std::int32_t type, Id before, std::size_t limit) override {
      return inner_->newest(type, before, limit);
    }
    void records(std::int32_t type, Id after, const std::function<bool(const StoredRecord&)>& visit) override {
      inner_->records(type, after, visit);
    }
    std::vector<StoredRecord> search(std::int32_t type, std::string_view text, Id before, std::size_t limit) override {
      return inner_->search(type, text, before, limit);
    }
    std::optional<Remembered> remembered(std::uint64_t key, Instant since) override {
      return inner_->remembered(key, since);
    }
    void keys(const std::function<bool(std::string_view, Id)>& visit) override { inner_->keys(visit); }
    std::string search_text(std::int32_t type, Id id) override { return inner_->search_text(type, id); }
    Counts counts() override { return inner_->counts(); }
    std::string damage() override { return inner_->damage(); }
    void append(const StoredEntry& entry) override {
      if (ledger_.next == Failure::append) fail(Fault::Kind::disk_full);
      inner_->append(entry);
    }
    void put(const StoredRecord& record, bool unedited, std::string_view search_text) override {
      inner_->put(record, unedited, search_text);
    }
    void put_key(std::string_view key, Id record) override { inner_->put_key(key, record); }
    void remember(std::uint64_t key, const Remembered& remembered, Instant now) override {
      inner_->remember(key, remembered, now);
    }
    void erase(Seq seq) override { inner_->erase(seq); }
    void commit() override {
      if (ledger_.next == Failure::commit) fail(Fault::Kind::disk);
      if (ledger_.next == Failure::lost_for_good) ledger_.begins = false;
      if (ledger_.next == Failure::lost_for_good || ledger_.next == Failure::lost_before)
        fail(Fault::Kind::unknown_outcome);
      inner_->commit();
      if (ledger_.next == Failure::lost_after) fail(Fault::Kind::unknown_outcome);
    }

   private:
    [[noreturn]] void fail(Fault::Kind kind) {
      ledger_.next = Failure::none;
      throw Fault(kind, "made to fail");
    }
    FrailLedger& ledger_;
    std::unique_ptr<Transaction> inner_;
  };

  std::unique_ptr<Ledger> ledger_ = memory_ledger();
};

class WriterTest : public testing::Test {
 protected:
  FrailLedger ledger;
  TestClock clock;
  TestRandom random;
  Schema schema = shipped_schema();
  std::atomic<Seq> told = 0;
  std::unique_ptr<Writer> writer = open();

  std::unique_ptr<Writer> open() {
    WriterOptions options;
    options.committed = [this](Seq head) { told = head; };
    return std::make_unique<Writer>(ledger, schema, clock, random, options);
  }
  void SetUp() override { good(batch({creation("workspace", {{"name", "W"}})})); }
  // Whatever a test did: the chain holds and every record is the fold of its entries.
  void TearDown() override {
    const auto extended = writer->schema();
    writer.reset();
    const auto verified = verify(ledger, *extended);
    EXPECT_TRUE(verified) << to_string(verified.error());
  }

  Result<Outcome> run(Command command) { return writer->submit(std::move(command)).get(); }
  Outcome good(Command command) {
    const auto outcome = run(std::move(command));
    EXPECT_TRUE(outcome) << to_string(outcome.error());
    return outcome.value_or(Outcome{});
  }
  Fault::Kind fault(Command command) {
    try {
      (void)run(std::move(command));
    } catch (const Fault& fault) {
      return fault.kind();
    }
    ADD_FAILURE() << "no fault";
    return Fault::Kind::internal;
  }
  Command account(std::string key = "", std::string name = "A") {
    return batch({creation("account", {{"name", std::move(name)}})}, std::move(key));
  }
  Seq head() { return ledger.read()->head().seq; }
};

TEST_F(WriterTest, answersWithWhatIsInTheLedger) {
  const Outcome outcome = good(account());
  EXPECT_EQ(outcome.actions[0].record, 2);
  EXPECT_EQ(outcome.seq, 2);
  EXPECT_FALSE(outcome.repeated);
  EXPECT_EQ(told, 2);
  const auto reader = ledger.read();
  EXPECT_EQ(reader->record(schema.need("account").number, 2)->body, R"({"name":"A"})");
  EXPECT_EQ(reader->search(0, "aaa", INT64_MAX, 9).size(), 0u);
  good(account("", "Acme"));
  EXPECT_EQ(ledger.read()->search(0, "cme", INT64_MAX, 9).size(), 1u);
}

TEST_F(WriterTest, leavesNothingOfARefusedBatch) {
  const auto refused = run(batch({creation("account", {{"name", "A"}}), creation("account", {})}, "k"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::required);
  EXPECT_EQ(head(), 1);
  EXPECT_TRUE(run(account("k"))) << "a refused key is still free";
}

TEST_F(WriterTest, doesTheSameRequestOnce) {
  const Outcome first = good(account("k"));
  const Outcome again = good(account("k"));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.actions[0].record, first.actions[0].record);
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(head(), 2);
  EXPECT_EQ(run(account("k", "B")).error().code, Code::key_reused);
  EXPECT_FALSE(good(account("l")).repeated);
}

TEST_F(WriterTest, forgetsKeysAfterADay) {
  good(account("k"));
  clock.advance(24 * kHour);
  EXPECT_TRUE(good(account("k")).repeated);
  clock.advance(1);
  EXPECT_FALSE(good(account("k")).repeated);
}

TEST_F(WriterTest, refusesAnEndlessKey) {
  EXPECT_EQ(run(account(std::string(201, 'k'))).error().code, Code::too_large);
}

TEST_F(WriterTest, answersARepeatedBatchAsBefore) {
  const Id kept = good(batch({creation("contact", {{"name", "Ada"}})})).actions[0].record;
  Action named = creation("contact", {{"name", "A."}, {"phone", "1"}});
  named.client_ref = "mine";
  const Command command =
      batch({named, creation("account", {{"name", "B"}}),
             on(Verb::change, "contact", kept, {{"name", "Ada"}}),  // changes nothing
             merging("contact", NewRef{0}, kept), on(Verb::change, "contact", kept, {{"title", "x"}}),
             on(Verb::unmerge, "contact", "mine"), on(Verb::remove, "account", NewRef{1}),
             merging("contact", NewRef{0}, kept), on(Verb::erase, "contact", kept)},
            "k");
  const Outcome first = good(command);
  good(batch({on(Verb::change, "contact", kept, {{"title", "y"}})}));
  const Outcome again = good(command);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.seq, first.seq);
  ASSERT_EQ(again.actions.size(), first.actions.size());
  for (std::size_t i = 0; i < first.actions.size(); ++i) {
    EXPECT_EQ(again.actions[i].record, first.actions[i].record) << i;
    EXPECT_EQ(again.actions[i].version, first.actions[i].version) << i;
  }
}

TEST_F(WriterTest, doesARequestOfFiftyThreadsOnce) {
  std::atomic<int> fresh = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i)
    threads.emplace_back([&] {
      const Outcome outcome = good(account("k"));
      EXPECT_EQ(outcome.actions[0].record, 2);
      fresh += !outcome.repeated;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(head(), 2);
}

TEST_F(WriterTest, letsOneOfManyWinAVersion) {
  const Id id = good(account()).actions[0].record;
  std::atomic<int> won = 0, stale = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&, i] {
      Action change = on(Verb::change, "account", id, {{"name", std::to_string(i)}});
      change.expected_version = id;
      const auto outcome = run(batch({change}));
      won += outcome.has_value();
      stale += !outcome && outcome.error().code == Code::stale;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(stale, 19);
}

TEST_F(WriterTest, recordsInOrderUnderAClockThatJumpsBack) {
  good(account());
  clock.advance(-100 * kHour);
  good(account("k"));
  clock.advance(50 * kHour);
  good(account());
  EXPECT_TRUE(good(account("k")).repeated);
  Instant last{0};
  ledger.read()->entries(0, INT64_MAX, [&](const StoredEntry& stored) {
    EXPECT_GE(stored.entry.recorded_at, last);
    last = stored.entry.recorded_at;
    return true;
  });
}

TEST_F(WriterTest, goesOnAfterAFault) {
  const Id id = good(account()).actions[0].record;
  for (const auto failure : {FrailLedger::Failure::append, FrailLedger::Failure::commit}) {
    ledger.next = failure;
    const auto expected = failure == FrailLedger::Failure::append ? Fault::Kind::disk_full : Fault::Kind::disk;
    EXPECT_EQ(fault(batch({on(Verb::change, "account", id, {{"name", "lost"}})}, "k")), expected);
    EXPECT_EQ(head(), 2);
  }
  // What was decided in vain must not be remembered either: this is still a change.
  EXPECT_EQ(good(batch({on(Verb::change, "account", id, {{"name", "lost"}})}, "k")).seq, 3);
}

TEST_F(WriterTest, settlesALostReplyByTheChain) {
  ledger.next = FrailLedger::Failure::lost_after;
  EXPECT_EQ(good(account("k")).seq, 2);
  EXPECT_EQ(told, 2);
  ledger.next = FrailLedger::Failure::lost_before;
  EXPECT_EQ(fault(account("l")), Fault::Kind::disk) << "it is known that nothing was written";
  EXPECT_EQ(good(account("l")).seq, 3);
}

TEST_F(WriterTest, saysSoWhenThereIsNoTelling) {
  ledger.next = FrailLedger::Failure::lost_for_good;
  EXPECT_EQ(fault(account()), Fault::Kind::unknown_outcome);
  EXPECT_EQ(fault(account()), Fault::Kind::disk);
  ledger.begins = true;
  EXPECT_EQ(good(account()).seq, 2);
}

TEST_F(WriterTest, seesWhatAnotherWriterWrote) {
  const Id id = good(account()).actions[0].record;
  good(batch({on(Verb::change, "account", id, {{"sector", "x"}})}));  // now it is cached
  {
    const auto other = open();
    (void)other->submit(batch({on(Verb::change, "account", id, {{"name", "theirs"}})})).get();
  }
  good(batch({on(Verb::change, "account", id, {{"sector", "y"}})}));
  const auto record = ledger.read()->record(schema.need("account").number, id);
  EXPECT_EQ(record->body, R"({"name":"theirs","sector":"y"})");
}

TEST_F(WriterTest, takesCustomFieldsAtOnceAndOnReopening) {
  const json::object field{{"record_type", "account"}, {"name", "tier"}, {"field_type", "choice"}, {"choices", "a"}};
  const Id id = good(batch({creation("field", field)})).actions[0].record;
  EXPECT_NE(writer->schema()->need("account").field("tier"), nullptr);
  good(batch({creation("account", {{"name", "A"}, {"tier", "a"}})}));
  good(batch({on(Verb::change, "field", id, {{"choices", "a,b"}})}));
  good(batch({creation("account", {{"name", "A"}, {"tier", "b"}})}));
  writer = open();
  good(batch({creation("account", {{"name", "A"}, {"tier", "b"}})}));
}

TEST_F(WriterTest, losesACustomFieldWithItsTransaction) {
  ledger.next = FrailLedger::Failure::commit;
  EXPECT_EQ(fault(batch({creation("field", {{"record_type", "account"}, {"name", "x"}, {"field_type", "text"}})})),
            Fault::Kind::disk);
  EXPECT_EQ(writer->schema()->need("account").field("x"), nullptr);
  EXPECT_EQ(run(batch({creation("account", {{"name", "A"}, {"x", "y"}})})).error().code, Code::unknown);
}

TEST_F(WriterTest, erasesAndScrubs) {
  const Id ada = good(batch({creation("contact", {{"name", "SECRET"}})})).actions[0].record;
  const Id call =
      good(batch({creation("activity", {{"kind", "call"}, {"contact", ada}, {"note", "SECRET"}})})).actions[0].record;
  good(batch({on(Verb::change, "activity", call, {{"outcome", "connected"}})}));
  good(batch({on(Verb::erase, "contact", ada)}));
  EXPECT_EQ(ledger.scrubs, 1);
  const auto reader = ledger.read();
  EXPECT_TRUE(reader->search(0, "secret", INT64_MAX, 9).empty());
  reader->entries(0, INT64_MAX, [&](const StoredEntry& stored) {
    EXPECT_EQ((stored.entry.plain + stored.entry.personal.value_or("")).find("SECRET"), std::string::npos);
    return true;
  });
  EXPECT_EQ(reader->record(schema.need("activity").number, call)->body.find("SECRET"), std::string::npos);
}

TEST_F(WriterTest, answersAnErasureOnlyOnceNothingLingers) {
  const Id ada = good(batch({creation("contact", {{"name", "Ada"}})})).actions[0].record;
  ledger.scrub_fails = true;
  EXPECT_EQ(fault(batch({on(Verb::erase, "contact", ada)})), Fault::Kind::disk_full);
  EXPECT_EQ(good(account()).seq, 4);
}

TEST_F(WriterTest, answersOthersWhileAnErasureWaitsForReaders) {
  const Id ada = good(batch({creation("contact", {{"name", "Ada"}})})).actions[0].record;
  std::promise<void> readers_gone;
  ledger.while_scrubbing = [&] { readers_gone.get_future().wait(); };
  auto erased = writer->submit(batch({on(Verb::erase, "contact", ada)}));
  EXPECT_EQ(good(account()).seq, 4);
  EXPECT_EQ(erased.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  readers_gone.set_value();
  EXPECT_TRUE(erased.get());
}

TEST_F(WriterTest, finishesWhatItAcceptedAndThenTakesNoMore) {
  std::vector<std::future<Result<Outcome>>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(writer->submit(account()));
  writer->stop();
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_EQ(head(), 1001);
  EXPECT_EQ(run(account()).error().code, Code::busy);
  writer->stop();
}

}  // namespace
}  // namespace traction
