// How long the first answer as of an earlier instant takes, and how the next ones compare with those of the present: on
// 50 members, 200,000 deals and 10,000,000 activities of three years, as of instants near the beginning, in the middle
// and near the end of what was recorded. The limits are for a machine with two processors.
//   past_bench [--runs N] [--keep DIR]      DIR: filled once and used again, also by metrics_bench
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "app/ask.h"
#include "metrics/asked.h"
#include "metrics/filled.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr double kMostFirst = 3000;
// What the next answers may take of what the present takes for the same questions; there is less to count.
constexpr double kMostNext = 1.1;

struct Options {
  Amounts amounts;
  int runs = 5;
  std::string keep;
};

double ms_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<Query> questions() {
  using asked::query;
  return {query("won_deals", {}),
          query("touches", {"owner"}, Grain::day),
          query("touches", {"owner", "kind"}, Grain::month),
          query("win_rate", {"owner"}),
          query("stage_time", {"stage"}),
          query("lead_response_time", {"owner"}),
          query("pipeline_value", {"stage", "owner"})};
}

std::string name_of(const Query& query) {
  return fmt::format("{}{}", query.metric,
                     query.by.empty() ? "" : " by " + fmt::format("{}", fmt::join(query.by, ", ")));
}

class Bench {
 public:
  Bench(const std::string& folder, const Options& options)
      : options_(options),
        definitions_(must(load_definitions(must(find_definitions())))),
        directory_(must(Directory::open(folder + "/data", false, clock_, random_))),
        workspace_(must(directory_->workspace("default", definitions_))),
        mart_(*workspace_->fresh_mart()) {}

  bool run() {
    fmt::print("{:<34}{:>10}{:>10}{:>10}{:>10}   ms\n", "as of", "entries", "first", "next", "present");
    json::array lines;
    for (const double share : {0.02, 0.5, 0.9, 0.999}) {
      // A past of its own for each question, as if nothing else had been asked as of that instant.
      Seq shift = 0;
      for (Query query : questions()) {
        const Seq entry = static_cast<Seq>(share * static_cast<double>(mart_.applied())) - 3000 * shift++;
        const double present = middle([&] { ask(query); });
        query.as_of = workspace_->ledger().read()->entry(entry)->entry.recorded_at;
        const double first = ms_of([&] { ask(query); });
        const double next = middle([&] { ask(query); });
        fmt::print("{:<34}{:>10}{:>10.0f}{:>10.1f}{:>10.1f}\n", name_of(query), entry, first, next, present);
        std::fflush(stdout);
        slowest_ = std::max(slowest_, first);
        next_ += next;
        present_ += present;
        lines.push_back({{"question", name_of(query)},
                         {"entry", entry},
                         {"first_ms", first},
                         {"next_ms", next},
                         {"present_ms", present}});
      }
    }
    const bool within = limit("the slowest first answer, ms", slowest_, kMostFirst) &
                        limit("all next ones beside those of the present", next_ / present_, kMostNext);
    fmt::print("\n{}\n", json::serialize(json::object{{"bench", "past"},
                                                      {"activities", options_.amounts.activities},
                                                      {"answers", lines},
                                                      {"first_ms", slowest_},
                                                      {"next_ms", next_},
                                                      {"present_ms", present_}}));
    return within;
  }

 private:
  void ask(const Query& query) {
    const Answer answer =
        must(traction::ask(mart_, definitions_->catalogue, *workspace_->schema(), query, clock_.now()));
    if (answer.rows.empty()) wrong("no answer to " + name_of(query));
  }

  double middle(const std::function<void()>& work) {
    std::vector<double> took;
    for (int i = 0; i < options_.runs; ++i) took.push_back(ms_of(work));
    std::ranges::sort(took);
    return took[took.size() / 2];
  }

  static bool limit(const std::string& name, double value, double bound) {
    fmt::print("{:<54}{:>10.2f}  ≤ {:<8}{}\n", name, value, bound, value <= bound ? "" : "missed");
    return value <= bound;
  }

  const Options options_;
  SystemClock clock_;
  SystemRandom random_;
  std::shared_ptr<const Definitions> definitions_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Workspace> workspace_;
  Mart& mart_;
  double slowest_ = 0, next_ = 0, present_ = 0;
};

int bench(const Options& options) {
  std::string folder = options.keep;
  if (folder.empty()) {
    folder = (fs::temp_directory_path() / "traction-past-bench-XXXXXX").string();
    if (!mkdtemp(folder.data())) wrong("no folder to write to");
  }
  fs::create_directories(folder);
  const std::unique_ptr<const std::string, void (*)(const std::string*)> cleaned(
      options.keep.empty() ? &folder : nullptr, [](const std::string* path) { fs::remove_all(*path); });
  if (!fs::exists(folder + "/deals.csv")) Filled(folder, options.amounts);
  if (Bench(folder, options).run() || std::getenv("TRACTION_BENCH_SMALL")) return 0;
  fmt::print(stderr, "past_bench: a limit was missed\n");
  return 1;
}

}  // namespace
}  // namespace traction

int main(int count, char** arguments) try {
  traction::Options options;
  if (std::getenv("TRACTION_BENCH_SMALL")) options.amounts = {50, 20'000, 100'000, 1'000'000};
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--runs" && i + 1 < count)
      options.runs = std::max(1, std::atoi(arguments[++i]));
    else if (argument == "--keep" && i + 1 < count)
      options.keep = arguments[++i];
    else
      traction::wrong("usage: past_bench [--runs N] [--keep DIR]");
  }
  return traction::bench(options);
} catch (const std::exception& failure) {
  fmt::print(stderr, "past_bench: {}\n", failure.what());
  return 1;
}
