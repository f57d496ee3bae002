#include "http/events.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "ledger/memory.h"
#include "support/machine.h"

namespace traction {
namespace {

class EventsTest : public testing::Test {
 protected:
  EventsTest() {
    const auto definitions = load_definitions(std::string(TRACTION_SOURCE_DIR) + "/definitions");
    auto workspace = std::make_unique<Workspace>("test", memory_ledger(), *definitions, MartOptions{}, clock_, random_);
    EXPECT_TRUE(workspace->begin({{"name", "Test"}}));
    hosted_ = std::make_shared<Hosted>(std::move(workspace), false);
  }

  Workspace& workspace() { return hosted_->workspace(); }

  Seq add_accounts(std::size_t count) {
    Command command;
    for (std::size_t i = 0; i < count; ++i) {
      Action& action = command.actions.emplace_back();
      action.type = "account";
      action.fields["name"] = "Somebody";
    }
    const auto outcome = workspace().execute(std::move(command));
    EXPECT_TRUE(outcome);
    return outcome ? outcome->seq : 0;
  }

  // Reads as the adapter does until the entry `last` or an end has come: numbers of the entries, in order of arrival.
  struct Heard {
    std::vector<Seq> entries, applied;
    Seq ready = -1;
  };
  static void hear(Source& source, Heard& heard, Seq last, Seq applied = 0) {
    std::mutex mutex;
    std::condition_variable changed;
    while ((heard.entries.empty() || heard.entries.back() < last) ||
           (applied && (heard.applied.empty() || heard.applied.back() < applied))) {
      if (const auto text = source.next()) {
        ASSERT_FALSE(text->empty());
        take(*text, heard);
        continue;
      }
      bool more = false;
      source.when_more([&] {
        const std::lock_guard lock(mutex);
        more = true;
        changed.notify_one();
      });
      std::unique_lock lock(mutex);
      ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return more; })) << "nothing comes";
    }
  }

  static void take(const std::string& text, Heard& heard) {
    Seq id = 0;
    std::string event;
    for (const std::string& line : split(text, '\n')) {
      if (line.starts_with("id: ")) id = std::stoll(line.substr(4));
      if (line.starts_with("event: ")) event = line.substr(7);
      if (!line.starts_with("data: ")) continue;
      const auto data = parse_json(line.substr(6));
      ASSERT_TRUE(data) << line;
      const Seq seq = data->at("seq").to_number<Seq>();
      if (event == "ready") heard.ready = seq;
      if (event == "applied") heard.applied.push_back(seq);
      if (event != "entry") continue;
      EXPECT_EQ(seq, id);
      heard.entries.push_back(seq);
    }
  }

  static std::vector<Seq> from_to(Seq first, Seq last) {
    std::vector<Seq> all;
    for (Seq seq = first; seq <= last; ++seq) all.push_back(seq);
    return all;
  }

  TestClock clock_;
  TestRandom random_;
  std::shared_ptr<Hosted> hosted_;
};

TEST_F(EventsTest, tellsEveryEntryInOrderToWhoeverListens) {
  Events events;
  const Seq before = add_accounts(3);
  constexpr std::size_t kListeners = 5, kWriters = 4, kCommands = 50, kEach = 7;
  std::vector<std::shared_ptr<Source>> sources;
  for (std::size_t i = 0; i < kListeners; ++i) sources.push_back(events.subscribe(hosted_, before));
  EXPECT_EQ(events.subscribers(), static_cast<std::int64_t>(kListeners));
  const Seq last = before + static_cast<Seq>(kWriters * kCommands * kEach);
  std::vector<Heard> heard(kListeners);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kListeners; ++i) threads.emplace_back([&, i] { hear(*sources[i], heard[i], last); });
  for (std::size_t i = 0; i < kWriters; ++i)
    threads.emplace_back([&] {
      for (std::size_t j = 0; j < kCommands; ++j) add_accounts(kEach);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Heard& each : heard) {
    EXPECT_EQ(each.ready, before);
    EXPECT_EQ(each.entries, from_to(before + 1, last));
  }
  sources.clear();
  EXPECT_EQ(events.subscribers(), 0);
}

TEST_F(EventsTest, goesOnFromAnyEntryHoweverLongAgo) {
  Events events;
  const auto first = events.subscribe(hosted_, 1);  // so that something is remembered
  Seq last = 1;
  // More than is remembered, so that the oldest come from the ledger.
  for (int i = 0; i < 8; ++i) last = add_accounts(5'000);
  Heard heard;
  hear(*first, heard, last);
  EXPECT_EQ(heard.entries, from_to(2, last));
  for (const Seq after : {Seq{0}, Seq{1}, Seq{777}, Seq{20'001}, last - 701, last - 500, last - 1}) {
    Heard again;
    const auto source = events.subscribe(hosted_, after);
    hear(*source, again, last);
    EXPECT_EQ(again.entries, from_to(after + 1, last)) << "after " << after;
  }
}

TEST_F(EventsTest, tellsHowFarTheMartIs) {
  Events events;
  const auto source = events.subscribe(hosted_, 1);
  const Seq last = add_accounts(2);
  workspace().mart_at(kHead);
  Heard heard;
  hear(*source, heard, last, last);
  EXPECT_EQ(heard.applied, std::vector<Seq>{last});
}

TEST_F(EventsTest, doesNotCallWhoHasGone) {
  Events events;
  bool called = false;
  {
    const auto gone = events.subscribe(hosted_, 1);
    while (gone->next()) {
    }
    gone->when_more([&] { called = true; });
  }
  const auto other = events.subscribe(hosted_, 1);
  Heard heard;
  hear(*other, heard, add_accounts(1));
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace traction
