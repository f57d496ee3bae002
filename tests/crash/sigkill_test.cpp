// A program that is killed two hundred times while eight threads write: nothing that was acknowledged is lost, and what
// is asked again with the same key is not done again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include "app/directory.h"
#include "app/system.h"
#include "crash/sigkill.h"
#include "ledger/chain.h"

namespace traction {
namespace {

constexpr int kKills = 200;
constexpr std::int64_t kAgain = 5;  // commands that a writer asks again after a kill, beside those in flight

class SigkillTest : public testing::Test {
 protected:
  SystemClock clock;
  SystemRandom random;
  std::shared_ptr<const Definitions> definitions = load_definitions(TRACTION_SOURCE_DIR "/definitions").value();
  std::string folder = (std::filesystem::temp_directory_path() / "traction-sigkill-XXXXXX").string();
  std::map<std::pair<std::int64_t, std::int64_t>, Seq> acknowledged;  // by writer and number
  std::array<std::int64_t, kWriters> next{};                          // first number of each writer not acknowledged

  void SetUp() override {
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const auto directory = Directory::open(folder, true, clock, random).value();
    const auto workspace = directory->create("crash", definitions, {{"name", "Crash"}}).value();
    std::vector<Action> accounts(kWriters, creation("account", {{"name", "A"}}));
    ASSERT_TRUE(workspace->execute(batch(accounts)));
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  // Runs the worker, which asks the last few commands again before it goes on; it is killed once it has acknowledged
  // something and `more` has passed, or (none) left to do `count` commands a writer.
  void work(std::int64_t count, std::optional<std::chrono::microseconds> more) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    std::vector<std::string> words{TRACTION_SIGKILL_WORKER, folder};
    for (const std::int64_t n : next) words.push_back(std::to_string(std::max<std::int64_t>(0, n - kAgain)));
    words.push_back(std::to_string(count));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t worker = 0;
    ASSERT_EQ(posix_spawn(&worker, words[0].c_str(), &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);

    std::thread killer;
    Acknowledged line;
    for (bool first = true; read(ends[0], &line, sizeof line) == sizeof line; first = false) {
      note(line);
      if (first && more)
        killer = std::thread([&] {
          std::this_thread::sleep_for(*more);
          kill(worker, SIGKILL);
        });
    }
    close(ends[0]);
    if (killer.joinable()) killer.join();
    int status = 0;
    ASSERT_EQ(waitpid(worker, &status, 0), worker);
    if (more)
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
    else
      ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  }

  void note(const Acknowledged& line) {
    const auto [place, fresh] = acknowledged.emplace(std::pair(line.writer, line.n), line.seq);
    EXPECT_EQ(place->second, line.seq) << "asked again, writer " << line.writer << " number " << line.n;
    std::int64_t& n = next[static_cast<std::size_t>(line.writer)];
    n = std::max(n, line.n + 1);
  }
};

TEST_F(SigkillTest, losesNothingAndDoesNothingTwice) {
  std::mt19937 dice(2026);
  std::uniform_int_distribution<int> micros(0, 60'000);
  for (int round = 0; round < kKills && !HasFailure(); ++round)
    work(INT64_MAX / 2, std::chrono::microseconds(micros(dice)));
  work(kAgain + 1, std::nullopt);  // what was in flight at the last kill
  ASSERT_FALSE(HasFailure());

  const auto directory = Directory::open(folder, false, clock, random).value();
  const auto workspace = directory->workspace("crash", definitions).value();
  const auto verified = verify(workspace->ledger(), *workspace->schema());
  ASSERT_TRUE(verified) << to_string(verified.error());
  std::map<std::string, Seq> found;
  workspace->ledger().read()->entries(1 + kWriters, INT64_MAX, [&](const StoredEntry& stored) {
    const std::string bytes = stored.entry.plain + *stored.entry.personal;
    const std::size_t begin = bytes.find("key-");
    const std::string key = bytes.substr(begin, bytes.find('"', begin) - begin);
    EXPECT_TRUE(found.emplace(key, stored.entry.seq).second) << key << " was done twice";
    return true;
  });
  for (const auto& [command, seq] : acknowledged)
    EXPECT_EQ(found[sigkill_key(command.first, command.second)], seq) << "lost";
  // Every command up to the last acknowledged was asked until it was answered.
  EXPECT_EQ(found.size(), acknowledged.size());
  EXPECT_GT(acknowledged.size(), static_cast<std::size_t>(kKills));
  fmt::print("{} kills, {} acknowledged entries, {} in the ledger\n", kKills, acknowledged.size(), found.size());
}

}  // namespace
}  // namespace traction
