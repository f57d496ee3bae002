// How fresh numbers are while a company works: the server over HTTP on 50 members, 200,000 deals, 1,000,000 stage moves
// and 10,000,000 activities of three years, with 3,000 durable commands a second on 2,000 open deals. How far the mart
// is behind; what 16 clients wait for who ask what the page's first screen asks, and how old their numbers are; and
// when a million imported activities are counted. Checks that every touch that was acknowledged is counted. The limits
// are for a machine with two processors, which server and clients share.
//   metrics_live_bench [--seconds N] [--only lag|dashboards|import]… [--keep DIR]      DIR: as of metrics_bench
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <set>

#include "clients.h"
#include "figures.h"
#include "metrics/filled.h"
#include "metrics/today.h"
#include "metrics/writers.h"
#include "server/programs.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr double kCommandsPerSecond = 3'000;
constexpr std::size_t kOpenDeals = 2'000;
constexpr int kClients = 16;
constexpr std::chrono::milliseconds kLook{20};  // between two looks at how far the mart is
const std::set<std::string> kParts{"lag", "dashboards", "import"};

struct Options {
  Amounts amounts;
  std::int64_t imported = 1'000'000;
  double seconds = 40;
  std::set<std::string> only{};
  std::string keep;
};

double share(std::vector<double> all, double part) {
  if (all.empty()) wrong("a question was never answered: the time is too short");
  std::ranges::sort(all);
  return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
}

class Bench {
 public:
  Bench(const std::string& folder, const Options& options)
      : folder_(folder), options_(options), server_(folder + "/data", true) {
    result_ = {{"bench", "metrics_live"}, {"activities", options.amounts.activities}};
  }

  bool run() {
    Writers writers(server_.port(), kOpenDeals);
    deal_ = writers.some_deal();
    server_.wait_for_mart(deal_);
    touches_ = touches();
    if (wanted("lag")) lag(writers);
    if (wanted("dashboards")) dashboards(writers);
    if (wanted("import")) import();
    const double memory = static_cast<double>(server_.child().memory()) / (1 << 20);
    figures_.at_most("memory of the server at the end", memory, "MB", 1024);
    server_.stop();
    const bool within = figures_.print();
    fmt::print("\n{}\n", json::serialize(result_));
    return within;
  }

 private:
  struct Applied {
    Steady::time_point at;
    Seq seq = 0;
  };

  bool wanted(const std::string& part) const { return options_.only.empty() || options_.only.contains(part); }

  std::int64_t touches() {
    const json::value answer = Client(server_.port()).must(200, "GET", "/api/v1/metrics/touches");
    return answer.at("rows").at(0).at("n").as_int64();
  }

  // What was acknowledged is there, once.
  void check(std::int64_t more) {
    server_.wait_for_mart(deal_);
    touches_ += more;
    if (const std::int64_t counted = touches(); counted != touches_)
      wrong(fmt::format("{} touches are counted, but {} were acknowledged", counted, touches_));
  }

  void written(const char* while_what, const Written& written) {
    figures_.at_least(fmt::format("commands a second{}", while_what), std::round(written.per_second()), "/s",
                      0.99 * kCommandsPerSecond);
    check(written.touches());
  }

  // How long every entry was acknowledged before the mart had it.
  void lag(Writers& writers) {
    Client client(server_.port());
    std::vector<Applied> applied;
    const auto look = [&] {
      const std::string page = client.ask("GET", "/metrics").body;
      const std::string name = "\ntraction_mart_sequence{workspace=\"default\"} ";
      const std::size_t at = page.find(name);
      if (at == std::string::npos) wrong("the server does not tell how far the mart is");
      applied.push_back({Steady::now(), std::stoll(page.substr(at + name.size()))});
      std::this_thread::sleep_for(kLook);
    };
    writers.begin(kCommandsPerSecond);
    for (const auto end = Steady::now() + seconds(); Steady::now() < end;) look();
    const Written done = writers.end();
    const auto patience = Steady::now() + std::chrono::minutes(2);
    while (applied.back().seq < done.all().back().seq && Steady::now() < patience) look();
    if (applied.back().seq < done.all().back().seq) wrong("the mart did not come after");

    std::vector<double> lags, first, last;
    for (const Acknowledged& each : done.all()) {
      const auto had = std::ranges::lower_bound(applied, each.seq, {}, &Applied::seq);
      lags.push_back(std::max(0.0, std::chrono::duration<double>(had->at - each.at).count()));
      auto& half = lags.size() * 2 <= done.all().size() ? first : last;
      half.push_back(lags.back());
    }
    const double p50 = share(lags, 0.5), p95 = share(lags, 0.95), most = share(lags, 1);
    fmt::print(
        "  behind by p50 {:.3f} s, p95 {:.3f} s, at most {:.3f} s; p95 of the first half {:.3f} s, of the second "
        "{:.3f} s\n",
        p50, p95, most, share(first, 0.95), share(last, 0.95));
    std::fflush(stdout);
    figures_.at_most("mart behind the ledger, p95", p95, "s", 1);
    figures_.at_most("  at most", most, "s", 1);
    figures_.at_most("  p95 of the second half by that of the first", share(last, 0.95) / share(first, 0.95), "", 1.25);
    result_["lag"] = {{"p50_s", p50}, {"p95_s", p95}, {"most_s", most}};
    written("", done);
  }

  void dashboards(Writers& writers) {
    struct Seen {
      Applied number;
      std::size_t path = 0;
      double ms = 0;
    };
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < kClients; ++i) clients.push_back(std::make_unique<Client>(server_.port()));
    std::vector<std::vector<Seen>> seen(kClients);
    std::vector<Path> paths = today(*must(Zone::find(Filled::kZone)), clock_.now());
    // Once before it counts, so that the files are in memory.
    for (const Path& path : paths) clients[0]->must(200, "GET", path.text);

    writers.begin(kCommandsPerSecond);
    const Served served = serve(kClients, options_.seconds, [&](int number, std::int64_t n) {
      const auto client = static_cast<std::size_t>(number);
      const std::size_t at = static_cast<std::size_t>(n) % paths.size();
      const auto begin = Steady::now();
      const HttpAnswer answer = clients[client]->ask("GET", paths[at].text);
      const auto now = Steady::now();
      if (answer.status != 200) wrong(fmt::format("{} was answered {}", paths[at].text, answer.status));
      const Seq known = paths[at].number ? std::stoll(answer.header("traction-sequence")) : 0;
      seen[client].push_back({{now, known}, at, std::chrono::duration<double, std::milli>(now - begin).count()});
    });
    const Written done = writers.end();

    std::vector<double> ages;
    std::vector<std::vector<double>> by_path(paths.size());
    for (const auto& client : seen)
      for (const Seen& each : client) {
        if (paths[each.path].number) ages.push_back(done.age(each.number.seq, each.number.at));
        by_path[each.path].push_back(each.ms);
      }
    for (std::size_t i = 0; i < paths.size(); ++i)
      fmt::print("  p50 {:>6.1f} ms   p95 {:>6.1f} ms   {}\n", share(by_path[i], 0.5), share(by_path[i], 0.95),
                 paths[i].text);
    fmt::print(
        "  {:.0f} answers/s, p50 {:.1f} ms, p95 {:.1f} ms, p99 {:.1f} ms; age of numbers p50 {:.3f} s, p95 {:.3f} s\n",
        served.per_second, served.p50_ms, served.p95_ms, served.p99_ms, share(ages, 0.5), share(ages, 0.95));
    std::fflush(stdout);
    figures_.at_most(fmt::format("an answer for one of {} clients, p95", kClients), served.p95_ms, "ms", 250);
    figures_.at_most("  age of the oldest number", share(ages, 1), "s", 1);
    result_["dashboards"] = {{"per_second", served.per_second}, {"p50_ms", served.p50_ms},
                             {"p95_ms", served.p95_ms},         {"p99_ms", served.p99_ms},
                             {"age_p50_s", share(ages, 0.5)},   {"age_p95_s", share(ages, 0.95)},
                             {"age_most_s", share(ages, 1)}};
    written(", dashboards beside", done);
  }

  // Activities of three years on all deals, as another system would hand them over.
  void import() {
    std::minstd_rand dice(7);
    std::string file = "at,kind,direction,member,deal,seconds\n";
    const std::int64_t first = clock_.now().micros / kSecond - Filled::kDays * 86'400;
    const std::int64_t span = Filled::kDays * 86'400 / options_.imported;
    for (std::int64_t i = 0; i < options_.imported; ++i) {
      const bool call = dice() % 2 == 0;
      file += fmt::format("{},{},{},Member {:02},Deal {},{}\n", to_string(Instant{(first + i * span) * kSecond}),
                          call ? "call" : "email", dice() % 4 == 0 ? "inbound" : "outbound",
                          dice() % static_cast<std::size_t>(options_.amounts.members),
                          dice() % static_cast<std::size_t>(options_.amounts.deals), dice() % 900);
    }
    Client client(server_.port());
    const json::value upload =
        client.must(201, "POST", "/api/v1/uploads", "Content-Type: application/octet-stream\r\n", file);
    const json::object order{
        {"files",
         {json::object{
             {"upload", upload.at("upload")}, {"name", "activities.csv"}, {"mapping", {{"toml", kMapping}}}}}}};
    const auto begin = Steady::now();
    const json::value job = client.must(202, "POST", "/api/v1/jobs/import", "", json::serialize(order));
    const std::string path = fmt::format("/api/v1/jobs/{}", job.at("id").as_int64());
    json::value report;
    for (;;) {
      report = client.must(200, "GET", path);
      const std::string standing(report.at("standing").as_string());
      if (standing != "waiting" && standing != "running") break;
      std::this_thread::sleep_for(kLook);
    }
    const auto ended = Steady::now();
    const double took = std::chrono::duration<double>(ended - begin).count();
    if (report.at("standing").as_string() != "done") wrong("the import: " + json::serialize(report));
    const std::string head = client.ask("GET", fmt::format("/api/v1/deals/{}", deal_)).header("traction-sequence");
    // Whoever names an entry waits for it, and is asked to come again when that takes long.
    HttpAnswer answer;
    while ((answer = client.ask("GET", "/api/v1/metrics/touches", fmt::format("Traction-Sequence: {}\r\n", head)))
               .status == 503)
      continue;
    if (answer.status != 200) wrong("the touches: " + answer.body);
    const double queryable = std::chrono::duration<double>(Steady::now() - ended).count();
    fmt::print("  {} activities imported in {:.1f} s, {:.0f} a second; counted {:.2f} s later\n", options_.imported,
               took, static_cast<double>(options_.imported) / took, queryable);
    figures_.at_most(fmt::format("{} imported activities are counted after", options_.imported), queryable, "s", 5);
    result_["import"] = {{"activities", options_.imported}, {"seconds", took}, {"queryable_s", queryable}};
    check(options_.imported);
  }

  std::chrono::milliseconds seconds() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(options_.seconds * 1000));
  }

  static constexpr const char* kMapping = R"(
[[record]]
type = "activity"
occurred = "at"
[record.fields]
kind = "kind"
direction = "direction"
owner = "member"
deal = "deal"
duration_seconds = "seconds"
)";

  const std::string folder_;
  const Options options_;
  SystemClock clock_;
  Traction server_;
  Id deal_ = 0;
  std::int64_t touches_ = 0;  // that must be counted
  Figures figures_;
  json::object result_;
};

int bench(const Options& options) {
  std::string folder = (fs::temp_directory_path() / "traction-metrics-live-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) wrong("no folder to write to");
  const std::unique_ptr<const std::string, void (*)(const std::string*)> cleaned(
      &folder, [](const std::string* path) { fs::remove_all(*path); });
  // What is kept is not written to.
  fill_apart(options.keep.empty() ? folder : options.keep, options.amounts);
  if (!options.keep.empty()) fs::copy(options.keep + "/data", folder + "/data", fs::copy_options::recursive);
  if (Bench(folder, options).run()) return 0;
  fmt::print(stderr, "metrics_live_bench: a limit was missed\n");
  return 1;
}

}  // namespace
}  // namespace traction

int main(int count, char** arguments) try {
  traction::Options options;
  if (traction::small_bench()) {
    options.amounts = options.amounts.tenth();
    options.imported /= 10;
    options.seconds = 10;
  }
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--seconds" && i + 1 < count)
      options.seconds = std::max(1.0, std::atof(arguments[++i]));
    else if (argument == "--only" && i + 1 < count && traction::kParts.contains(arguments[i + 1]))
      options.only.insert(arguments[++i]);
    else if (argument == "--keep" && i + 1 < count)
      options.keep = arguments[++i];
    else
      traction::wrong("usage: metrics_live_bench [--seconds N] [--only lag|dashboards|import]… [--keep DIR]");
  }
  return traction::bench(options);
} catch (const std::exception& failure) {
  fmt::print(stderr, "metrics_live_bench: {}\n", failure.what());
  return 1;
}
