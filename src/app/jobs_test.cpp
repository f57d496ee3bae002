#include "app/jobs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>

#include "base/fault.h"
#include "support/machine.h"

namespace traction {
namespace {

using Standing = JobState::Standing;

class JobsTest : public testing::Test {
 protected:
  std::int64_t start(Jobs::Work work) {
    const auto job = jobs_.start("test", "default", std::move(work));
    EXPECT_TRUE(job) << (job ? "" : to_string(job.error()));
    return job ? job->id : 0;
  }

  JobState ended(std::int64_t id) {
    for (;; std::this_thread::yield())
      if (const auto state = jobs_.find(id); !state || state->ended()) return state.value_or(JobState{});
  }

  // Work that goes on until it is told to stop or `open_` is set.
  Jobs::Work patient() {
    return [this](JobControl& control) -> Result<json::object> {
      ++begun_;
      while (control.progress(1, 2) && !open_) std::this_thread::yield();
      return json::object{{"whole", open_.load()}};
    };
  }
  void wait_for_begun(int count) {
    while (begun_ < count) std::this_thread::yield();
  }

  TestClock clock_;
  std::atomic<bool> open_ = false;
  std::atomic<int> begun_ = 0;
  Jobs jobs_{clock_};
};

TEST_F(JobsTest, tellsWhatItCameTo) {
  const auto id = start([](JobControl& control) -> Result<json::object> {
    EXPECT_TRUE(control.progress(3, 10, "deals.csv"));
    return json::object{{"rows", 10}};
  });
  const JobState state = ended(id);
  EXPECT_EQ(state.standing, Standing::done);
  EXPECT_EQ(state.kind, "test");
  EXPECT_EQ(state.workspace, "default");
  EXPECT_EQ(state.step, "deals.csv");
  EXPECT_EQ(state.done, 3);
  EXPECT_EQ(state.total, 10);
  EXPECT_EQ(state.result.at("rows").as_int64(), 10);
}

TEST_F(JobsTest, keepsWhatWasDoneBeforeTheRestWasRefused) {
  const auto id = start([](JobControl& control) -> Result<json::object> {
    control.so_far({{"files", 1}});
    return refuse(Code::duplicate, "b.csv", "It was imported before.");
  });
  const JobState state = ended(id);
  EXPECT_EQ(state.standing, Standing::failed);
  ASSERT_TRUE(state.refusal);
  EXPECT_EQ(state.refusal->code, Code::duplicate);
  EXPECT_EQ(state.result.at("files").as_int64(), 1);
}

TEST_F(JobsTest, failsByTheMachineWithoutTakingOthersAlong) {
  const auto id =
      start([](JobControl&) -> Result<json::object> { throw Fault(Fault::Kind::disk, "The disk is gone."); });
  const JobState state = ended(id);
  EXPECT_EQ(state.standing, Standing::failed);
  EXPECT_FALSE(state.refusal);
  EXPECT_FALSE(state.fault.empty());
  EXPECT_EQ(ended(start([](JobControl&) { return json::object{}; })).standing, Standing::done);
}

TEST_F(JobsTest, stopsWhatRuns) {
  const auto id = start(patient());
  wait_for_begun(1);
  EXPECT_EQ(jobs_.find(id)->standing, Standing::running);
  EXPECT_TRUE(jobs_.stop(id));
  const JobState state = ended(id);
  EXPECT_EQ(state.standing, Standing::stopped);
  EXPECT_FALSE(state.result.at("whole").as_bool());
  EXPECT_FALSE(jobs_.stop(id));
  EXPECT_FALSE(jobs_.stop(id + 1));
}

TEST_F(JobsTest, stopsWorkThatOnlyListens) {
  const auto id = start([this](JobControl& control) -> Result<json::object> {
    ++begun_;
    for (const auto tell = control.telling("step");;) tell(1, 2);
  });
  wait_for_begun(1);
  jobs_.stop(id);
  EXPECT_EQ(ended(id).standing, Standing::stopped);
}

TEST_F(JobsTest, whatWasWholeBeforeItSawTheStopIsDone) {
  std::promise<void> asked;
  const auto id = start([&](JobControl&) -> Result<json::object> {
    asked.get_future().wait();
    return json::object{{"rows", 1}};
  });
  while (jobs_.find(id)->standing != Standing::running) std::this_thread::yield();
  EXPECT_TRUE(jobs_.stop(id));
  asked.set_value();
  EXPECT_EQ(ended(id).standing, Standing::done);
}

TEST_F(JobsTest, runsTwoAtOnceAndTheOthersInTurn) {
  const auto first = start(patient()), second = start(patient()), third = start(patient()), fourth = start(patient());
  wait_for_begun(2);
  EXPECT_EQ(jobs_.find(third)->standing, Standing::waiting);
  EXPECT_TRUE(jobs_.stop(third));  // it never begins
  EXPECT_EQ(jobs_.find(third)->standing, Standing::stopped);
  open_ = true;
  for (const auto id : {first, second, fourth}) EXPECT_EQ(ended(id).standing, Standing::done);
  EXPECT_EQ(begun_, 3);
  const auto all = jobs_.all();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all.front().id, fourth);
  EXPECT_EQ(all.back().id, first);
}

TEST_F(JobsTest, refusesWhenTooManyWait) {
  for (int i = 0; i < 2; ++i) start(patient());
  wait_for_begun(2);
  for (int i = 0; i < 100; ++i) start(patient());
  const auto refused = jobs_.start("test", "", patient());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
}

TEST_F(JobsTest, forgetsTheOldestAndRemovesWhatItMade) {
  std::string path = (std::filesystem::temp_directory_path() / "traction_job_XXXXXX").string();
  ::close(::mkstemp(path.data()));
  const auto oldest = start([&](JobControl& control) -> Result<json::object> {
    control.made(path, "rejected.csv");
    return json::object{};
  });
  ASSERT_EQ(ended(oldest).files.size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(path));
  std::int64_t last = 0;
  for (int i = 0; i < 100; ++i) ended(last = start([](JobControl&) { return json::object{}; }));
  EXPECT_FALSE(jobs_.find(oldest));
  EXPECT_TRUE(jobs_.find(last));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(JobsTest, answersTheSameRequestWithTheSameJob) {
  const auto asked = [&](const std::string& key, std::uint64_t request) {
    return jobs_.start("test", "", [](JobControl&) { return json::object{}; }, {key, request});
  };
  const auto first = asked("k", 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(asked("k", 1)->id, first->id);
  EXPECT_EQ(ended(first->id).standing, Standing::done);
  EXPECT_EQ(asked("k", 1)->id, first->id) << "also when it has ended";
  EXPECT_EQ(asked("k", 1)->standing, Standing::waiting) << "the very answer of then";
  EXPECT_EQ((*jobs_.repeated({"k", 1}))->id, first->id);
  EXPECT_FALSE(jobs_.repeated({"new", 1})->has_value());
  EXPECT_FALSE(jobs_.repeated({"k", 2}));
  EXPECT_NE(asked("l", 1)->id, first->id);
  EXPECT_NE(asked("", 1)->id, first->id);
  const auto other = asked("k", 2);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::key_reused);
}

TEST_F(JobsTest, queuesNoWorkThatWouldOnlyBeDoneTwice) {
  for (int i = 0; i < 2; ++i) start(patient());
  wait_for_begun(2);
  const auto once = [&](const std::string& kind, const std::string& key) {
    return jobs_.start(kind, "", patient(), {key, 1}, true)->id;
  };
  const auto first = once("check", "a");
  EXPECT_EQ(once("check", "b"), first);
  EXPECT_NE(once("other", "c"), first);
  EXPECT_EQ((*jobs_.repeated({"b", 1}))->id, first);
}

TEST_F(JobsTest, dropsFilesThatNobodyFetches) {
  std::vector<std::string> paths;
  for (int i = 0; i < 3; ++i) {
    paths.push_back((std::filesystem::temp_directory_path() / "traction_job_XXXXXX").string());
    ::close(::mkstemp(paths.back().data()));
    ended(start([path = paths.back()](JobControl& control) -> Result<json::object> {
      control.made(path, "x");
      return json::object{};
    }));
  }
  jobs_.drop_files("other", 0);
  EXPECT_TRUE(std::filesystem::exists(paths[0]));
  jobs_.drop_files("test", 2);
  EXPECT_FALSE(std::filesystem::exists(paths[0]));
  EXPECT_TRUE(std::filesystem::exists(paths[1]));
  EXPECT_TRUE(std::filesystem::exists(paths[2]));
}

TEST_F(JobsTest, endsAllAndTakesNoMore) {
  const auto running = start(patient());
  wait_for_begun(1);
  jobs_.stop_all();
  EXPECT_EQ(jobs_.find(running)->standing, Standing::stopped);
  const auto refused = jobs_.start("test", "", patient());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
  jobs_.stop_all();
}

TEST(JobIds, nameNoJobOfAnEarlierRun) {
  TestClock clock;
  const auto nothing = [](JobControl&) { return json::object{}; };
  Jobs before(clock);
  const auto last = before.start("test", "", nothing)->id;
  clock.advance(kSecond);
  Jobs after(clock);
  EXPECT_FALSE(after.find(last));
  EXPECT_GT(after.start("test", "", nothing)->id, last);
}

}  // namespace
}  // namespace traction
