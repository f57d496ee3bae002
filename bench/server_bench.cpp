// What the server does over HTTP on a ledger of a million entries, with wrk asking: durable commands with the mart off
// and with the mart following, records by id beside nginx with a file of that size, lists, thousands of subscribers to
// events and of idle connections. Checks the answers, that the ledger grew by exactly what was acknowledged, its chain
// and what the mart counts. The limits are for a machine with two processors, which server and clients share.
//   server_bench [--seconds N] [--runs N] [--only read|commands|following|events|idle]…
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <set>

#include "figures.h"
#include "server/company.h"
#include "server/load.h"
#include "server/programs.h"
#include "server/subscribers.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kBetweenWrites{200};
const std::set<std::string> kParts{"read", "commands", "following", "events", "idle"};

struct Options {
  double seconds = 10;
  int runs = 3;
  std::int64_t entries = 1'000'000;
  int subscribers = 5'000, writes = 100, idle = 10'000;
  std::set<std::string> only{};
};

class Bench {
 public:
  Bench(const std::string& folder, const Options& options)
      : folder_(folder), options_(options), company_(folder + "/data", options.entries) {
    company_.write_ids(folder + "/ids");
  }

  void run() {
    result_ = {{"bench", "server"}, {"entries", options_.entries}};
    if (wanted("read")) read();
    if (wanted("commands")) commands(false);
    if (wanted("following")) commands(true);
    if (wanted("events")) events();
    if (wanted("idle")) idle();
    company_.check();
  }

  bool report() const {
    const bool within = figures_.print();
    fmt::print("\n{}\n", json::serialize(result_));
    return within;
  }

 private:
  bool wanted(const std::string& part) const { return options_.only.empty() || options_.only.contains(part); }

  Load load(const Program& program, const std::string& what, LoadPlan plan) {
    plan.address = program.address();
    plan.seconds = options_.seconds;
    const Load load = run_wrk(program.child(), plan);
    fmt::print("  {:<28}{:>9.0f} /s   p50 {:>6.2f} ms   p95 {:>6.2f} ms   p99 {:>6.2f} ms", what, load.per_second,
               load.p50_ms, load.p95_ms, load.p99_ms);
    if (load.processor_us > 0) fmt::print("   {:>4.0f} µs of processor time each", load.processor_us);
    fmt::print("\n");
    std::fflush(stdout);
    return load;
  }

  std::string write_paths(const std::string& name, const std::vector<std::string>& paths) {
    std::ofstream file(folder_ + "/" + name);
    for (const std::string& path : paths) file << path << '\n';
    return folder_ + "/" + name;
  }

  void read() {
    Traction server(company_.folder(), false);
    std::string record;
    const std::string records = write_paths("records", look_at_records(server.port(), record));
    const std::string lists = write_paths("lists", look_at_lists(server.port()));
    const std::string file = write_paths("file", {"/record"});
    std::vector<Load> by_id, static_file, list;
    {
      Nginx nginx(folder_ + "/nginx", record);
      for (int i = 0; i < options_.runs; ++i) {
        by_id.push_back(load(server, "record by id", {.script = "read.lua", .words = {records}}));
        static_file.push_back(load(nginx, "nginx, a file of that size", {.script = "read.lua", .words = {file}}));
      }
    }
    for (int i = 0; i < options_.runs; ++i)
      list.push_back(load(server, "list of 50", {.script = "read.lua", .connections = 8, .words = {lists}}));
    server.stop();
    const Load ours = median(by_id), nginx = median(static_file), page = median(list);
    figures_.at_least("record by id", ours.per_second, "/s", 30'000);
    figures_.at_least("  as a share of nginx", ours.per_second / nginx.per_second, "", 0.7);
    figures_.at_most("list of 50, p95", page.p95_ms, "ms", 25);
    result_["record"] = ours.json();
    result_["nginx"] = nginx.json();
    result_["list"] = page.json();
  }

  // Paths of many deals, each looked at once; `typical` becomes one whole answer, of the average size.
  std::vector<std::string> look_at_records(int port, std::string& typical) {
    Client client(port);
    std::minstd_rand dice(3);
    std::vector<std::string> paths;
    std::size_t bytes = 0;
    for (int i = 0; i < 10'000; ++i) {
      const Id deal = company_.deals()[dice() % company_.deals().size()];
      paths.push_back(fmt::format("/api/v1/deals/{}", deal));
      typical = client.ask("GET", paths.back()).body;
      const json::object answer = client.must(200, "GET", paths.back()).as_object();
      if (answer.at("id").as_int64() != deal || answer.at("fields").at("name").as_string().empty())
        wrong("a record is not as it should be");
      bytes += typical.size();
    }
    typical.resize(bytes / paths.size(), ' ');
    return paths;
  }

  // Paths of pages of deals, from the newest on.
  std::vector<std::string> look_at_lists(int port) {
    Client client(port);
    std::vector<std::string> paths;
    Id before = std::numeric_limits<Id>::max();
    for (std::string path = "/api/v1/deals?limit=50"; paths.size() < 40;) {
      paths.push_back(path);
      const json::object page = client.must(200, "GET", path).as_object();
      if (page.at("records").as_array().size() != 50) wrong("a list is not as it should be");
      for (const json::value& record : page.at("records").as_array())
        if (const Id id = std::exchange(before, record.at("id").as_int64()); id <= before)
          wrong("a list is out of order");
      path = fmt::format("/api/v1/deals?limit=50&cursor={}", page.at("next").as_string().c_str());
    }
    return paths;
  }

  void commands(bool follow) {
    const Seq before = company_.head();
    std::int64_t acknowledged = 0;
    std::vector<Load> runs;
    {
      Traction server(company_.folder(), follow);
      if (follow) server.wait_for_mart(company_.deals().front());
      for (int i = 0; i < options_.runs; ++i, ++loads_) {
        runs.push_back(load(server, follow ? "commands, mart following" : "commands, mart off",
                            {.script = "commands.lua",
                             .words = {folder_ + "/ids", std::to_string(loads_), std::to_string(2 * options_.runs)}}));
        acknowledged += runs.back().answers;
      }
      if (follow) server.wait_for_mart(company_.deals().front());
      server.stop();
    }
    if (const Seq grown = company_.head() - before; grown != acknowledged)
      wrong(fmt::format("{} commands were acknowledged, but the ledger grew by {}", acknowledged, grown));
    const Load middle = median(runs);
    figures_.at_least(runs_name(follow), middle.per_second, "/s", follow ? 5'000 : 10'000);
    figures_.at_most("  p99", middle.p99_ms, "ms", 30);
    result_[follow ? "commands_mart_following" : "commands_mart_off"] = middle.json();
  }
  static std::string runs_name(bool follow) {
    return follow ? "durable commands, 64 clients, mart following" : "durable commands, 64 clients, mart off";
  }

  std::string activity() const {
    return fmt::format(R"({{"fields":{{"kind":"call","direction":"outbound","owner":{},"deal":{}}}}})",
                       company_.member(), company_.deals().back());
  }

  void events() {
    Traction server(company_.folder(), true);
    server.wait_for_mart(company_.deals().front());
    Client client(server.port());
    const auto write = [&] {
      return client.must(201, "POST", "/api/v1/activities", "", activity()).at("sequence").as_int64();
    };
    Seq head = 0;
    for (int i = 0; i < 20; ++i) {  // as many as let the mart hold what memory it will, before the first look
      head = write();
      std::this_thread::sleep_for(kBetweenWrites);
    }
    server.wait_for_mart(company_.deals().front());
    const std::int64_t memory = server.child().memory();
    Subscribers subscribers(server.port(), options_.subscribers, head);
    auto writing = std::async(std::launch::async, [&] {
      std::vector<Steady::time_point> acknowledged;
      for (int i = 0; i < options_.writes; ++i) {
        if (write() != ++head) wrong("a write got another number than the next");
        acknowledged.push_back(Steady::now());
        std::this_thread::sleep_for(kBetweenWrites);
      }
      return acknowledged;
    });
    const auto reached = subscribers.listen(static_cast<std::size_t>(options_.writes));
    const auto acknowledged = writing.get();
    std::vector<double> waits;
    for (std::size_t i = 0; i < reached.size(); ++i)
      waits.push_back(std::max(0.0, std::chrono::duration<double>(reached[i] - acknowledged[i]).count()));
    std::ranges::sort(waits);
    const double p50 = waits[waits.size() / 2], p95 = waits[waits.size() * 95 / 100];
    const double each = static_cast<double>(server.child().memory() - memory) / 1024 / options_.subscribers;
    fmt::print("  {} subscribers: {} writes had reached all in p50 {:.3f} s, p95 {:.3f} s\n", options_.subscribers,
               options_.writes, p50, p95);
    figures_.at_most(fmt::format("a write reaches {} subscribers, p95", options_.subscribers), p95, "s", 1);
    figures_.at_most("  memory of the server for each", each, "KiB", 20);
    result_["events"] = {{"subscribers", options_.subscribers}, {"p50_s", p50}, {"p95_s", p95}, {"kib_each", each}};
    server.stop();
  }

  void idle() {
    Traction server(company_.folder(), true);
    server.wait_for_mart(company_.deals().front());
    const std::int64_t memory = server.child().memory();
    const std::string request = request_text("GET", fmt::format("/api/v1/deals/{}", company_.deals().front()));
    const auto count = static_cast<std::size_t>(options_.idle);
    Crowd crowd(server.port(), options_.idle, request);
    std::vector<std::string> bytes(count);
    const auto everybody_is_answered = [&] {
      std::size_t answered = 0;
      const auto patience = Steady::now() + std::chrono::seconds(60);
      while (answered < count) {
        if (Steady::now() > patience) wrong("an open connection was not answered");
        crowd.receive(100, [&](std::size_t member, std::string_view more) {
          HttpAnswer answer;
          bytes[member] += more;
          if (!take_answer(bytes[member], answer)) return;
          if (answer.status != 200) wrong("an open connection was refused");
          ++answered;
        });
      }
    };
    everybody_is_answered();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const double each = static_cast<double>(server.child().memory() - memory) / 1024 / options_.idle;
    for (int member = 0; member < options_.idle; ++member) crowd.send(member, request);
    everybody_is_answered();
    fmt::print("  {} idle connections, each of which was then answered again\n", options_.idle);
    figures_.at_most(fmt::format("memory of the server for each of {} idle", options_.idle), each, "KiB", 20);
    result_["idle"] = {{"connections", options_.idle}, {"kib_each", each}};
    server.stop();
  }

  const std::string folder_;
  const Options options_;
  Company company_;
  int loads_ = 0;  // runs of commands so far
  Figures figures_;
  json::object result_;
};

int bench(const Options& options) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::string folder = (fs::temp_directory_path() / "traction-server-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) wrong("no folder to write to");
  const std::unique_ptr<const std::string, void (*)(const std::string*)> cleaned(
      &folder, [](const std::string* path) { fs::remove_all(*path); });
  Bench bench(folder, options);
  bench.run();
  if (bench.report()) return 0;
  fmt::print(stderr, "server_bench: a limit was missed\n");
  return 1;
}

}  // namespace
}  // namespace traction

int main(int count, char** arguments) try {
  traction::Options options;
  if (traction::small_bench())
    options = {.seconds = 2, .runs = 1, .entries = 100'000, .subscribers = 500, .writes = 20, .idle = 1'000};
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--seconds" && i + 1 < count)
      options.seconds = std::max(1.0, std::atof(arguments[++i]));
    else if (argument == "--runs" && i + 1 < count)
      options.runs = std::max(1, std::atoi(arguments[++i]));
    else if (argument == "--only" && i + 1 < count && traction::kParts.contains(arguments[i + 1]))
      options.only.insert(arguments[++i]);
    else
      traction::wrong("usage: server_bench [--seconds N] [--runs N] [--only read|commands|following|events|idle]…");
  }
  return traction::bench(options);
} catch (const std::exception& failure) {
  fmt::print(stderr, "server_bench: {}\n", failure.what());
  return 1;
}
