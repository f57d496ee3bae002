// How many durable commands a workspace takes from 64 writers on a ledger of a million entries: three quarters new
// activities, a quarter edits of deals, each with an idempotency key; with the mart off, with the mart following, and
// beside it what bare SQLite does with one row a command. Checks that nothing was lost or done twice.
//   writer_bench [--no-mart] [--seconds N] [--runs N]
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <mutex>
#include <random>

#include "app/applier.h"
#include "app/directory.h"
#include "app/system.h"
#include "clients.h"
#include "ledger/chain.h"
#include "store/sqlite.h"

namespace traction {
namespace {

constexpr int kClients = 64;
constexpr std::size_t kChunk = 1000;  // actions a command while preloading

struct Options {
  bool mart = true;
  double seconds = 10;
  int runs = 3;
  std::int64_t preload = 1'000'000;
};

[[noreturn]] void wrong(const std::string& what) {
  fmt::print(stderr, "writer_bench: {}\n", what);
  std::exit(1);
}

Action create(std::string type, json::object fields) {
  Action action;
  action.type = std::move(type);
  action.fields = std::move(fields);
  return action;
}

// The records that the clients' commands name.
struct Company {
  std::vector<Id> members, contacts, deals, stages;
};

class Bench {
 public:
  Bench(Workspace& workspace, const Options& options) : workspace_(workspace), options_(options) {}

  // Fills the ledger up to options.preload entries; seconds taken.
  double preload() {
    const auto begin = std::chrono::steady_clock::now();
    const Id pipeline = make({create("pipeline", {{"name", "Sales"}})}).front();
    std::vector<Action> actions;
    for (const char* kind : {"lead", "qualified", "open"})
      actions.push_back(
          create("stage", {{"pipeline", pipeline}, {"name", kind}, {"kind", kind}, {"position", actions.size()}}));
    company_.stages = make(std::move(actions));
    company_.members = fill("member", 50, [](std::int64_t i) {
      return json::object{{"name", fmt::format("Rep {}", i)}};
    });
    const std::vector<Id> accounts = fill("account", options_.preload / 50, [&](std::int64_t i) {
      return json::object{{"name", fmt::format("Account {}", i)}, {"owner", pick(company_.members)}};
    });
    company_.contacts = fill("contact", options_.preload / 20, [&](std::int64_t i) {
      return json::object{{"name", fmt::format("Person {}", i)},
                          {"email", fmt::format("person{}@example.com", i)},
                          {"account", pick(accounts)}};
    });
    company_.deals = fill("deal", options_.preload / 20, [&](std::int64_t i) {
      return json::object{{"name", fmt::format("Deal {}", i)},  {"account", pick(accounts)},
                          {"contact", pick(company_.contacts)}, {"owner", pick(company_.members)},
                          {"stage", pick(company_.stages)},     {"amount_minor", 100'000 + i}};
    });
    fill("activity", options_.preload - head(), [&](std::int64_t) { return activity(random_); });
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  // One run of all clients. Every acknowledged command has exactly one entry, so that the head tells of any lost or
  // doubled one.
  Served run() {
    const Seq before = head();
    ++run_;
    std::vector<std::minstd_rand> randoms;
    for (int client = 0; client < kClients; ++client) randoms.emplace_back(run_ * 1000 + client);
    const Served served = serve(kClients, options_.seconds, [&](int client, std::int64_t n) {
      const auto outcome = workspace_.execute(command(client, n, randoms[static_cast<std::size_t>(client)]));
      if (!outcome) wrong(to_string(outcome.error()));
    });
    if (head() - before != served.answers)
      wrong(fmt::format("{} answers, but {} entries", served.answers, head() - before));
    return served;
  }

  // Asks the same thing twice.
  void check_repeat() {
    std::minstd_rand random(7);
    const Command twice = command(0, -1, random);
    const auto first = workspace_.execute(twice), again = workspace_.execute(twice);
    if (!first || !again || !again->repeated || first->seq != again->seq) wrong("a repeated command was done again");
  }

  void check_mart() {
    const auto mart = workspace_.fresh_mart();
    const auto counted = mart->read()->query("SELECT count(*) FROM activity").value();
    std::int64_t activities = 0;
    workspace_.ledger().read()->records(workspace_.schema()->need("activity").number, 0,
                                        [&](const StoredRecord&) { return ++activities, true; });
    if (counted.columns[0].whole(0) != activities) wrong("the mart counts other activities than there are");
  }

  Seq head() { return workspace_.ledger().read()->head().seq; }

 private:
  Id pick(const std::vector<Id>& ids) { return pick(ids, random_); }
  static Id pick(const std::vector<Id>& ids, std::minstd_rand& random) { return ids[random() % ids.size()]; }

  json::object activity(std::minstd_rand& random) const {
    static constexpr const char* kOutcomes[] = {"connected", "voicemail", "no_answer"};
    return {{"kind", "call"},
            {"direction", "outbound"},
            {"outcome", kOutcomes[random() % 3]},
            {"owner", pick(company_.members, random)},
            {"deal", pick(company_.deals, random)},
            {"duration_seconds", static_cast<std::int64_t>(random() % 900)},
            {"note", "Spoke about the offer; wants to hear about delivery times before deciding."}};
  }

  Command command(int client, std::int64_t n, std::minstd_rand& random) const {
    Command command;
    command.idempotency_key = fmt::format("{}-{}-{}", run_, client, n);
    command.actor = pick(company_.members, random);
    if (n % 4 != 3) {
      command.actions.push_back(create("activity", activity(random)));
      return command;
    }
    // Amounts that never come twice, so that every edit is one.
    Action& edit = command.actions.emplace_back();
    edit.verb = Verb::change;
    edit.type = "deal";
    edit.target = pick(company_.deals, random);
    edit.fields = {{"amount_minor", 1'000'000'000 * run_ + client * 10'000'000 + n}};
    return command;
  }

  std::vector<Id> make(std::vector<Action> actions) {
    Command command;
    command.actions = std::move(actions);
    const auto outcome = workspace_.execute(std::move(command));
    if (!outcome) wrong(to_string(outcome.error()));
    std::vector<Id> ids;
    for (const Done& done : outcome->actions) ids.push_back(done.record);
    return ids;
  }

  template <class Fields>
  std::vector<Id> fill(const std::string& type, std::int64_t count, const Fields& fields) {
    std::vector<Id> ids;
    std::vector<Action> actions;
    for (std::int64_t i = 0; i < count; ++i) {
      actions.push_back(create(type, fields(i)));
      if (actions.size() < kChunk && i + 1 < count) continue;
      for (const Id id : make(std::exchange(actions, {}))) ids.push_back(id);
    }
    return ids;
  }

  Workspace& workspace_;
  const Options options_;
  Company company_;
  std::minstd_rand random_{1};
  std::int64_t run_ = 0;
};

// The same group commit with nothing in it but a row of the size of an entry.
class BareSqlite {
 public:
  explicit BareSqlite(const std::string& path)
      : database_(sqlite::Database::open({.path = path, .create = true}, {1, 1, "bench"},
                                         "CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT)")
                      .value()),
        thread_([this] { run(); }) {}
  ~BareSqlite() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void ask() {
    std::promise<void> done;
    auto answer = done.get_future();
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(done));
    }
    changed_.notify_one();
    answer.get();
  }

 private:
  void run() {
    const std::string body(400, 'x');
    for (;;) {
      std::vector<std::promise<void>> jobs;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        jobs.swap(waiting_);
      }
      sqlite::Changes changes(*database_);
      auto insert = database_->prepare("INSERT INTO row (body) VALUES (?1)");
      for (std::size_t i = 0; i < jobs.size(); ++i) insert.bind(1, body).run();
      changes.commit();
      for (auto& job : jobs) job.set_value();
    }
  }

  std::unique_ptr<sqlite::Database> database_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::promise<void>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

template <class Run>
Served measure(const char* what, int runs, const Run& run) {
  std::vector<Served> all;
  for (int i = 0; i < runs; ++i) {
    all.push_back(run());
    fmt::print("  {:<16} {:>9.0f} /s   p50 {:>6.2f} ms   p99 {:>6.2f} ms\n", what, all.back().per_second,
               all.back().p50_ms, all.back().p99_ms);
    std::fflush(stdout);
  }
  return median(std::move(all));
}

json::object as_json(const Served& served) {
  return {{"per_second", std::round(served.per_second)}, {"p50_ms", served.p50_ms}, {"p99_ms", served.p99_ms}};
}

int bench(const Options& options) {
  namespace fs = std::filesystem;
  std::string folder = (fs::temp_directory_path() / "traction-writer-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) wrong("no folder to write to");
  const std::unique_ptr<const std::string, void (*)(const std::string*)> cleaned(
      &folder, [](const std::string* path) { fs::remove_all(*path); });
  SystemClock clock;
  SystemRandom random;
  const auto definitions = load_definitions(find_definitions().value()).value();
  auto directory = Directory::open(folder + "/data", true, clock, random).value();
  auto workspace = directory->create("bench", definitions, {{"name", "Bench"}}).value();

  Bench bench(*workspace, options);
  const double preload_seconds = bench.preload();
  fmt::print("{} clients on a ledger of {} entries (written in {:.1f} s by the writer, {} actions a command)\n",
             kClients, bench.head(), preload_seconds, kChunk);
  json::object result{{"bench", "writer"}, {"clients", kClients}, {"entries", bench.head()}};
  result["preload_per_second"] = std::round(static_cast<double>(bench.head()) / preload_seconds);

  const Served off = measure("mart off", options.runs, [&] { return bench.run(); });
  bench.check_repeat();
  result["mart_off"] = as_json(off);
  {
    BareSqlite bare(folder + "/bare.db");
    const Served alone = measure("bare SQLite", options.runs, [&] {
      return serve(kClients, options.seconds, [&](int, std::int64_t) { bare.ask(); });
    });
    result["bare_sqlite"] = as_json(alone);
    result["ratio"] = off.per_second / alone.per_second;
  }
  if (options.mart) {
    workspace->fresh_mart();
    Applier applier(*workspace);
    result["mart_following"] = as_json(measure("mart following", options.runs, [&] { return bench.run(); }));
    if (!applier.wait_for(bench.head(), 60'000)) wrong("the mart did not come after");
    bench.check_mart();
  }
  if (const auto verified = verify(workspace->ledger(), *workspace->schema()); !verified)
    wrong(to_string(verified.error()));
  fmt::print("{}\n", json::serialize(result));
  return 0;
}

}  // namespace
}  // namespace traction

int main(int count, char** arguments) {
  traction::Options options;
  if (std::getenv("TRACTION_BENCH_SMALL")) options = {.mart = true, .seconds = 2, .runs = 1, .preload = 100'000};
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--no-mart")
      options.mart = false;
    else if (argument == "--seconds" && i + 1 < count)
      options.seconds = std::atof(arguments[++i]);
    else if (argument == "--runs" && i + 1 < count)
      options.runs = std::max(1, std::atoi(arguments[++i]));
    else
      traction::wrong("usage: writer_bench [--no-mart] [--seconds N] [--runs N]");
  }
  return traction::bench(options);
}
