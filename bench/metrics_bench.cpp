// How fast ten questions that a sales manager asks are answered, on 50 members, 200,000 deals, 1,000,000 stage moves
// and 10,000,000 activities of three years: by the engine, warm and without any cache of answers, and in the same run,
// on the same data, by hand-written SQL over plain tables on DuckDB and on PostgreSQL. Counts, sums and rates must
// agree among all three. And how much faster the engine is with a tenth of the deals, moves and activities. The limits
// are for a machine with two processors.
//   metrics_bench [--runs N] [--keep DIR]      DIR: filled once and used again
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "app/ask.h"
#include "figures.h"
#include "metrics/filled.h"
#include "metrics/peers.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

struct Options {
  Amounts amounts;
  int runs = 9, peer_runs = 5;
  std::string keep;
};

double ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

std::int64_t peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

using Answered = std::map<std::vector<std::string>, std::vector<double>>;

Answered by_keys(const std::vector<Line>& lines) {
  Answered answered;
  for (const Line& line : lines) answered[line.keys] = line.numbers;
  return answered;
}

Answered by_keys(const Asked& asked, const Peered& peered) {
  Answered answered;
  for (const auto& row : peered.rows) {
    const auto keys = row.begin() + static_cast<std::ptrdiff_t>(asked.keys);
    std::vector<double>& numbers = answered[{row.begin(), keys}];
    for (std::size_t i = 0; i < asked.numbers; ++i)
      numbers.push_back(keys[static_cast<std::ptrdiff_t>(i)].empty() ? 0
                                                                     : std::stod(keys[static_cast<std::ptrdiff_t>(i)]));
  }
  return answered;
}

void agree(const std::string& question, const char* peer, const Answered& ours, const Answered& theirs) {
  if (ours.size() != theirs.size())
    wrong(fmt::format("{}: {} rows, but {} has {}", question, ours.size(), peer, theirs.size()));
  for (const auto& [keys, numbers] : ours) {
    const auto found = theirs.find(keys);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (found == theirs.end() || std::abs(numbers[i] - found->second[i]) > 1e-9 * std::abs(numbers[i]))
        wrong(fmt::format("{}: {} says otherwise of {}: {} against {}", question, peer, keys.front(), numbers[i],
                          found == theirs.end() ? "nothing" : fmt::format("{}", found->second[i])));
  }
}

class Bench {
 public:
  Bench(std::string folder, const Options& options) : folder_(std::move(folder)), options_(options) {}

  bool run() {
    const std::string tenth_folder = folder_ + "/tenth";
    fill_apart(folder_, options_.amounts);
    fill_apart(tenth_folder, options_.amounts.tenth());
    measured_ = ask_ours(folder_, options_.amounts);
    // Of a process that only asks: it opens the mart as it lies.
    const std::int64_t memory = peak_mb();
    const auto size = static_cast<std::int64_t>(fs::file_size(folder_ + "/data/w/default/mart.db") >> 20);
    const std::vector<Measured> tenth = ask_ours(tenth_folder, options_.amounts.tenth());
    for (std::size_t i = 0; i < tenth.size(); ++i) measured_[i].tenth = tenth[i].ms;
    ask_peers();
    return report(memory, size);
  }

 private:
  struct Measured {
    Asked asked;
    Answered ours;
    double ms = 0, duckdb = 0, postgres = 0;
    double tenth = 0;  // ms, of a tenth of the deals, moves and activities
  };

  // The ten questions put to the company in that folder.
  std::vector<Measured> ask_ours(const std::string& folder, const Amounts& amounts) {
    const auto definitions = must(load_definitions(must(find_definitions())));
    const auto directory = must(Directory::open(folder + "/data", false, clock_, random_));
    const auto workspace = must(directory->workspace("default", definitions));
    const auto begin = std::chrono::steady_clock::now();
    Mart* const mart = workspace->fresh_mart();
    fmt::print("mart of {} activities built in {:.0f} s, {} MB at most\n", amounts.activities, ms_since(begin) / 1000,
               peak_mb());
    std::fflush(stdout);
    return ask_ours(*mart, *definitions, *workspace->schema());
  }

  std::vector<Measured> ask_ours(Mart& mart, const Definitions& definitions, const Schema& schema) {
    std::vector<Measured> all;
    const Instant now = clock_.now();
    const auto first =
        must(mart.read()->query("SELECT min(happened_on)::VARCHAR, max(happened_on)::VARCHAR FROM touch"));
    // The last whole day.
    const Date today{must(parse_date(first.columns[1].text(0))).days - 1};
    for (Asked& asked : asked::ten(must(parse_date(first.columns[0].text(0))), today)) {
      std::vector<double> took;
      Measured measured{std::move(asked), {}};
      for (int i = 0; i <= options_.runs; ++i) {
        std::vector<Answer> answers;
        const auto begin = std::chrono::steady_clock::now();
        for (const Query& query : measured.asked.queries)
          answers.push_back(must(ask(mart, definitions.catalogue, schema, query, now)));
        if (i > 0) took.push_back(ms_since(begin));
        if (i == 0) measured.ours = by_keys(measured.asked.lines(answers));
      }
      measured.ms = middle(took);
      fmt::print("  {:<46}{:>9.1f} ms{:>8} rows\n", measured.asked.name, measured.ms, measured.ours.size());
      std::fflush(stdout);
      if (measured.ours.empty()) wrong("no answer to: " + measured.asked.name);
      all.push_back(std::move(measured));
    }
    return all;
  }

  void ask_peers() {
    fs::remove(folder_ + "/peer.db");
    fs::remove_all(folder_ + "/postgres");
    {
      DuckdbPeer duckdb(folder_);
      for (Measured& one : measured_) {
        const Peered peered = duckdb.ask(one.asked, options_.peer_runs);
        agree(one.asked.name, "DuckDB", one.ours, by_keys(one.asked, peered));
        one.duckdb = peered.ms;
      }
    }
    PostgresPeer postgres(folder_);
    for (Measured& one : measured_) {
      const Peered peered = postgres.ask(one.asked, options_.peer_runs);
      agree(one.asked.name, "PostgreSQL", one.ours, by_keys(one.asked, peered));
      one.postgres = peered.ms;
    }
  }

  bool report(std::int64_t memory, std::int64_t size) {
    fmt::print("\n{:<46}{:>12}{:>12}{:>12}{:>12}   ms\n", "", "ours", "of a tenth", "DuckDB", "PostgreSQL");
    double ours = 0, tenth = 0, duckdb = 0, postgres = 0, slowest = 0;
    json::array questions;
    for (const Measured& one : measured_) {
      fmt::print("{:<46}{:>12.1f}{:>12.1f}{:>12.1f}{:>12.1f}\n", one.asked.name, one.ms, one.tenth, one.duckdb,
                 one.postgres);
      ours += one.ms, tenth += one.tenth, duckdb += one.duckdb, postgres += one.postgres;
      slowest = std::max(slowest, one.ms);
      questions.push_back({{"name", one.asked.name},
                           {"ms", one.ms},
                           {"tenth_ms", one.tenth},
                           {"duckdb_ms", one.duckdb},
                           {"postgres_ms", one.postgres}});
    }
    fmt::print("{:<46}{:>12.1f}{:>12.1f}{:>12.1f}{:>12.1f}\n", "together", ours, tenth, duckdb, postgres);
    figures_.at_most("the ten together", ours, "ms", 120);
    figures_.at_most("the slowest", slowest, "ms", 60);
    figures_.at_most("times slower than with a tenth of it", ours / tenth, "", 3);
    ratio("DuckDB", duckdb, ours, 12, 1550);
    ratio("PostgreSQL", postgres, ours, 80, 9900);
    figures_.at_most("memory", static_cast<double>(memory), "MB", 1024);
    figures_.at_most("mart file", static_cast<double>(size), "MB", 1024);
    const bool within = figures_.print();
    fmt::print("\n{}\n", json::serialize(json::object{{"bench", "metrics"},
                                                      {"activities", options_.amounts.activities},
                                                      {"questions", questions},
                                                      {"ours_ms", ours},
                                                      {"tenth_ms", tenth},
                                                      {"duckdb_ms", duckdb},
                                                      {"postgres_ms", postgres},
                                                      {"memory_mb", memory},
                                                      {"mart_mb", size}}));
    return within;
  }

  // A peer that is much slower than it was known to be is held back by something, and being ahead of it says nothing.
  void ratio(const std::string& peer, double theirs, double ours, double bound, double known) {
    const bool full = options_.amounts.activities == Amounts{}.activities;
    figures_.at_least("times ahead of " + peer, theirs / ours, "", bound);
    if (full && theirs > known * 1.15)
      figures_.spoilt(fmt::format("{} took {:.0f} ms instead of {:.0f}: the ratio is void", peer, theirs, known));
  }

  const std::string folder_;
  const Options options_;
  SystemClock clock_;
  SystemRandom random_;
  std::vector<Measured> measured_;
  Figures figures_;
};

int bench(const Options& options) {
  std::string folder = options.keep;
  if (folder.empty()) {
    folder = (fs::temp_directory_path() / "traction-metrics-bench-XXXXXX").string();
    if (!mkdtemp(folder.data())) wrong("no folder to write to");
  }
  const std::unique_ptr<const std::string, void (*)(const std::string*)> cleaned(
      options.keep.empty() ? &folder : nullptr, [](const std::string* path) { fs::remove_all(*path); });
  if (Bench(folder, options).run()) return 0;
  fmt::print(stderr, "metrics_bench: a limit was missed\n");
  return 1;
}

}  // namespace
}  // namespace traction

int main(int count, char** arguments) try {
  traction::Options options;
  if (traction::small_bench()) options.amounts = options.amounts.tenth();
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--runs" && i + 1 < count)
      options.runs = options.peer_runs = std::max(1, std::atoi(arguments[++i]));
    else if (argument == "--keep" && i + 1 < count)
      options.keep = arguments[++i];
    else
      traction::wrong("usage: metrics_bench [--runs N] [--keep DIR]");
  }
  return traction::bench(options);
} catch (const std::exception& failure) {
  fmt::print(stderr, "metrics_bench: {}\n", failure.what());
  return 1;
}
