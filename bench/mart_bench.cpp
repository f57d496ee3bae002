// How fast the mart is built from nothing, how fast it starts, how fast it follows a ledger of which three in four
// entries are new activities and one in four edits one of some thousand deals, and what memory all that takes. Checks
// what was counted.
//   mart_bench [ENTRIES]
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "app/bulk.h"
#include "app/definitions.h"
#include "app/system.h"
#include "ledger/chain.h"
#include "ledger/sqlite.h"
#include "mart/mart.h"

namespace traction {
namespace {

constexpr int kRounds = 8;
constexpr std::int64_t kEditedDeals = 4000;

[[noreturn]] void wrong(const std::string& what) {
  fmt::print(stderr, "mart_bench: {}\n", what);
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) wrong(to_string(result.error()));
  return std::move(*result);
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// The most memory this process has held, in MB.
std::int64_t peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

std::unique_ptr<Ledger> open(const std::string& path) {
  SystemRandom random;
  return must(open_sqlite_ledger({.path = path, .durable = false}, random));
}

// Three years of a company: a deal and a contact for every fifty entries, a tenth of the entries moves and edits of
// deals, the rest activities, in the order of time.
void write_history(const std::string& path, const Schema& schema, std::int64_t entries) {
  const auto ledger = open(path);
  SystemClock clock;
  SystemRandom random;
  Bulk bulk(*ledger, schema, clock, random);
  std::mt19937_64 dice(1);
  const auto below = [&](std::size_t n) { return dice() % n; };
  const std::int64_t start = clock.now().micros - 3 * 365 * kDay;
  std::int64_t done = 0;
  Action action;
  const auto write = [&](Verb verb, std::string type, Id target, json::object fields) {
    action.verb = verb;
    action.type = std::move(type);
    action.target = target;
    action.fields = std::move(fields);
    action.occurred_at = Instant{start + 3 * 365 * kDay / entries * done};
    ++done;
    return must(bulk.apply(action, 0));
  };
  write(Verb::create, "workspace", 0, {{"name", "Bench"}, {"zone", "Europe/Berlin"}, {"currency", "EUR"}});
  std::vector<Id> members, stages, contacts, deals;
  const Id team = write(Verb::create, "team", 0, {{"name", "Team"}});
  for (int i = 0; i < 50; ++i)
    members.push_back(write(Verb::create, "member", 0, {{"name", fmt::format("Member {}", i)}, {"team", team}}));
  const Id pipeline = write(Verb::create, "pipeline", 0, {{"name", "Sales"}});
  for (const char* kind : {"lead", "qualified", "open", "won", "lost"})
    stages.push_back(write(Verb::create, "stage", 0,
                           {{"name", kind},
                            {"pipeline", pipeline},
                            {"kind", kind},
                            {"position", static_cast<std::int64_t>(stages.size() * 10)}}));
  while (done < entries) {
    if (done % 50 == 0 || deals.empty()) {
      contacts.push_back(write(Verb::create, "contact", 0, {{"name", fmt::format("Contact {}", done)}}));
      deals.push_back(write(Verb::create, "deal", 0,
                            {{"name", fmt::format("Deal {}", done)},
                             {"stage", stages[0]},
                             {"contact", contacts.back()},
                             {"owner", members[below(members.size())]},
                             {"inbound", below(2) == 0},
                             {"amount_minor", static_cast<std::int64_t>(below(1'000'000))}}));
    } else if (below(10) == 0) {
      const Id deal = deals[deals.size() - 1 - below(std::min<std::size_t>(deals.size(), kEditedDeals))];
      const Id stage = stages[below(stages.size())];
      json::object fields{{"stage", stage}, {"amount_minor", static_cast<std::int64_t>(below(1'000'000))}};
      if (stage == stages.back()) fields["lost_reason"] = "price";
      write(Verb::change, "deal", deal, std::move(fields));
    } else {
      static constexpr std::array kKinds = {"call", "call", "email", "email", "meeting", "message", "note"};
      static constexpr std::array kOutcomes = {"connected", "no_answer", "voicemail"};
      json::object fields{{"kind", kKinds[below(kKinds.size())]},
                          {"direction", below(4) == 0 ? "inbound" : "outbound"},
                          {"owner", members[below(members.size())]},
                          {"deal", deals[deals.size() - 1 - below(std::min<std::size_t>(deals.size(), 20'000))]},
                          {"subject", "About the offer"}};
      if (*fields["kind"].get_string().c_str() == 'c') {
        fields["outcome"] = kOutcomes[below(kOutcomes.size())];
        fields["duration_seconds"] = static_cast<std::int64_t>(below(600));
      }
      write(Verb::create, "activity", 0, std::move(fields));
    }
  }
  bulk.finish();
}

// In a child, so that what it holds in memory does not count.
void write_history_apart(const std::string& path, const Schema& schema, std::int64_t entries) {
  const pid_t child = fork();
  if (child == 0) {
    write_history(path, schema, entries);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (child < 0 || status != 0) wrong("the history could not be written");
}

// Goes on with the ledger as live use would: entries straight from here, since only the mart is measured.
class Users {
 public:
  Users(Ledger& ledger, const Schema& schema) : ledger_(ledger), schema_(schema), dice_(2) {
    for (const StoredRecord& deal : ledger.read()->newest(schema.need("deal").number, INT64_MAX, kEditedDeals))
      deals_.emplace_back(deal.id, deal.version);
  }

  void write(std::int64_t entries) {
    const auto transaction = ledger_.begin();
    Head head = transaction->head();
    for (std::int64_t i = 0; i < entries; ++i) {
      auto& [deal, version] = deals_[dice_() % deals_.size()];
      Entry entry;
      entry.seq = head.seq + 1;
      entry.recorded_at = {head.recorded_at.micros + 160};
      entry.occurred_at = entry.recorded_at;
      if (i % 4 == 3) {
        entry.kind = EntryKind::changed;
        entry.type = schema_.need("deal").number;
        entry.record = deal;
        entry.previous = std::exchange(version, entry.seq);
        entry.plain = fmt::format("{{\"amount_minor\":{}}}", dice_() % 1'000'000);
      } else {
        entry.type = schema_.need("activity").number;
        entry.record = entry.seq;
        entry.plain = fmt::format(
            R"({{"kind":"call","status":"done","direction":"outbound","outcome":"connected","deal":{},"duration_seconds":90}})",
            deal);
        entry.personal = R"({"note":"Wants an offer by Friday."})";
      }
      const StoredEntry stored = seal(std::move(entry), head.hash, random_);
      transaction->append(stored);
      head.seq = stored.entry.seq;
      head.hash = stored.hash;
      head.recorded_at = stored.entry.recorded_at;
    }
    transaction->commit();
  }

 private:
  Ledger& ledger_;
  const Schema& schema_;
  SystemRandom random_;
  std::mt19937_64 dice_;
  std::vector<std::pair<Id, Seq>> deals_;
};

void check(Mart& mart, Ledger& ledger) {
  const auto count = [&](const char* sql) {
    const auto table = mart.read()->query(sql);
    if (!table) wrong(to_string(table.error()));
    return table->columns[0].whole(0).value();
  };
  std::string versions;
  const auto tables =
      must(mart.read()->query("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'r\\_%' ESCAPE '\\'"));
  for (const TableRow row : tables.rows())
    versions += (versions.empty() ? "SELECT (SELECT count(*) FROM " : " + (SELECT count(*) FROM ") + row.text(0) + ")";
  if (count(versions.c_str()) != ledger.read()->head().seq) wrong("there are not as many versions as entries");
  if (count("SELECT count(*) FROM touch") != count("SELECT count(*) FROM activity WHERE kind <> 'note'"))
    wrong("a touch is missing");
  if (count("SELECT sum(touches) FROM deal_fact") != count("SELECT count(*) FROM touch"))
    wrong("the touches of deals do not add up");
  if (count("SELECT count(*) FROM stage_visit WHERE left_at IS NULL") != count("SELECT count(*) FROM deal"))
    wrong("a deal is not in exactly one stage");
}

int bench(std::int64_t entries) {
  std::string folder = (std::filesystem::temp_directory_path() / "traction-mart-XXXXXX").string();
  if (!mkdtemp(folder.data())) wrong("no temporary folder");
  struct Removed {
    const std::string& folder;
    ~Removed() { std::filesystem::remove_all(folder); }
  } removed{folder};
  const auto definitions = must(load_definitions(TRACTION_SOURCE_DIR "/definitions"));
  auto begin = std::chrono::steady_clock::now();
  write_history_apart(folder + "/ledger.db", definitions->schema, entries);
  fmt::print("{} entries written in {:.1f} s\n", entries, seconds_since(begin));

  const auto ledger = open(folder + "/ledger.db");
  const auto open_mart = [&] {
    return Mart::open({.path = folder + "/mart.db"}, definitions->schema, definitions->facts, *ledger);
  };
  auto mart = open_mart();
  begin = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  mart->catch_up();
  const double build = seconds_since(begin), build_cpu = cpu_seconds() - cpu_before;
  const std::int64_t build_mb = peak_mb();
  check(*mart, *ledger);

  const auto start_again = [&] {
    mart.reset();
    const auto starting = std::chrono::steady_clock::now();
    mart = open_mart();
    must(mart->read()->query("SELECT count(*) FROM deal"));
    if (mart->set_aside()) wrong("the mart was not taken up again");
    return seconds_since(starting);
  };
  double start = start_again();

  json::object figures{{"bench", "mart"},
                       {"entries", entries},
                       {"build_s", build},
                       {"build_cpu_s", build_cpu},
                       {"build_peak_mb", build_mb}};
  fmt::print("\n{:<34}{:>10.1f} s   {:.1f} s of a core, {:.2f} s per million entries (limit for 10 million: 90 s)\n",
             "build from nothing", build, build_cpu, build / static_cast<double>(entries) * 1e6);
  fmt::print("{:<34}{:>10} MB  (limit 800)\n", "memory, at most", build_mb);
  fmt::print("{:<34}{:>10.3f} s   (limit 1)\n\n", "start with a mart present", start);

  Users users(*ledger, definitions->schema);
  users.write(100);
  mart->catch_up();
  fmt::print("{:<34}{:>10}{:>14}{:>22}\n", "follow, entries at a time", "ms", "entries/s", "core share at 6,000/s");
  json::array follow;
  for (const std::int64_t batch : {500, 1500, 3000, 6000, 12'000}) {
    std::vector<std::pair<double, double>> rounds;
    for (int round = 0; round < kRounds; ++round) {
      users.write(batch);
      const double cpu = cpu_seconds();
      begin = std::chrono::steady_clock::now();
      mart->catch_up();
      rounds.emplace_back(seconds_since(begin), cpu_seconds() - cpu);
    }
    std::ranges::sort(rounds);
    const auto [took, cpu] = rounds[kRounds / 2];
    const double rate = static_cast<double>(batch) / took, share = cpu * 6000 / static_cast<double>(batch);
    fmt::print("{:<34}{:>10.1f}{:>14.0f}{:>22.2f}\n", batch, took * 1e3, rate, share);
    follow.push_back({{"batch", batch}, {"ms", took * 1e3}, {"per_second", rate}, {"core_share", share}});
  }
  check(*mart, *ledger);
  start = std::max(start, start_again());
  fmt::print("{:<34}{:>10.3f} s   (limit 1)\n", "start, the slower of two", start);
  figures["start_s"] = start;
  figures["follow"] = follow;
  figures["peak_mb"] = peak_mb();
  fmt::print("{:<34}{:>10} MB  (limit 800)\n\n{}\n", "memory, at most", peak_mb(), json::serialize(figures));
  const bool within = build * 10e6 / static_cast<double>(entries) <= 90 && start <= 1 && peak_mb() <= 800;
  if (!within) fmt::print(stderr, "mart_bench: over a limit\n");
  return within || std::getenv("TRACTION_BENCH_SMALL") ? 0 : 1;
}

}  // namespace
}  // namespace traction

int main(int argc, char** argv) {
  const std::int64_t entries = std::getenv("TRACTION_BENCH_SMALL") ? 1'000'000 : 10'000'000;
  return traction::bench(argc == 2 ? std::max<std::int64_t>(std::atoll(argv[1]), 1000) : entries);
}
