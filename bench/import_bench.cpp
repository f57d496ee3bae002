// How long a million activities take from a CSV file into a workspace on disk, each with an external id, a member by
// name and a deal by external id, and how much memory that needs. Checks what was made, and that a dry run says the
// same.
//   import_bench [--rows N] [--runs N]
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/definitions.h"
#include "app/import/import.h"
#include "app/system.h"
#include "app/writer.h"
#include "ledger/sqlite.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr int kMembers = 50;

struct Options {
  std::int64_t rows = 1'000'000;
  int runs = 3;
};

[[noreturn]] void wrong(const std::string& what) {
  fmt::print(stderr, "import_bench: {}\n", what);
  std::exit(1);
}

constexpr const char* kMembersMap = R"(
[[record]]
type = "member"
key = "name"
[record.fields]
name = "member"
)";

constexpr const char* kDealsMap = R"(
[pipeline]
name = "Sales"
stages = [ { name = "Lead", kind = "lead" }, { name = "Won", kind = "won" }, { name = "Lost", kind = "lost" } ]
[[record]]
type = "deal"
[record.fields]
external_id = "deal"
name = "deal"
owner = "member"
stage = { value = "Lead" }
)";

constexpr const char* kActivitiesMap = R"(
[column.at]
date = "%m/%d/%Y %H:%M"
[column.kind]
values = { "Phone" = "call", "Mail" = "email" }
[[record]]
type = "activity"
occurred = "at"
[record.fields]
external_id = "id"
kind = "kind"
direction = { value = "outbound" }
owner = "member"
deal = { column = "deal", by = "external_id" }
duration_seconds = "seconds"
subject = "subject"
)";

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Bench {
 public:
  Bench(const Options& options, std::string directory)
      : options_(options), directory_(std::move(directory)), deals_(std::max<std::int64_t>(options.rows / 50, 1)) {
    write("members.toml", kMembersMap);
    write("deals.toml", kDealsMap);
    write("activities.toml", kActivitiesMap);
    std::ofstream members(directory_ + "/members.csv"), deals(directory_ + "/deals.csv");
    members << "member\n";
    for (int i = 0; i < kMembers; ++i) members << fmt::format("Member {}\n", i);
    deals << "deal,member\n";
    for (std::int64_t i = 0; i < deals_; ++i) deals << fmt::format("D{},Member {}\n", i, i % kMembers);
    std::ofstream activities(directory_ + "/activities.csv");
    activities << "id,at,kind,member,deal,seconds,subject\n";
    for (std::int64_t i = 0; i < options.rows; ++i)
      activities << fmt::format("A{},{}/{}/202{} {:02}:{:02},{},Member {},D{},{},\"Spoke about offer {}, delivery\"\n",
                                i, i % 12 + 1, i % 28 + 1, i % 5, i % 9 + 8, i % 60, i % 3 ? "Phone" : "Mail",
                                i % kMembers, i * 7919 % deals_, i % 900, i % 1000);
  }

  struct Took {
    double seconds = 0;
    double cpu = 0;  // of all threads: tells of a machine that was busy with something else
  };
  // For the activities, into a new workspace; the checks are not in it.
  Took run(bool dry) {
    const std::string path = directory_ + "/ledger.db";
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
    const auto ledger = open_sqlite_ledger({.path = path}, random_);
    if (!ledger) wrong(to_string(ledger.error()));
    const auto files = read_definitions(TRACTION_SOURCE_DIR "/definitions", "records", ".toml");
    const Schema schema = Schema::load(files).value();
    Writer writer(**ledger, schema, clock_, random_);
    Command begin;
    Action& settings = begin.actions.emplace_back();
    settings.type = "workspace";
    settings.fields = {{"name", "Bench"}};
    if (auto begun = writer.submit(std::move(begin)).get(); !begun) wrong(to_string(begun.error()));
    const ImportHost host{**ledger, schema, clock_, [&](Command command) { return writer.submit(std::move(command)); }};
    for (const char* name : {"members", "deals"}) import(host, name, {});
    ImportOptions options;
    options.dry_run = dry;
    const double before = cpu_seconds();
    const ImportReport report = import(host, "activities", options);
    const double cpu = cpu_seconds() - before;
    if (report.rows_rejected != 0 || report.rows_done != options_.rows ||
        report.created.at("activity") != options_.rows)
      wrong(fmt::format("{} rows done, {} rejected", report.rows_done, report.rows_rejected));
    check(**ledger, schema, dry ? 0 : options_.rows);
    return {report.seconds, cpu};
  }

 private:
  void write(const std::string& name, const char* text) { std::ofstream(directory_ + "/" + name) << text; }

  ImportReport import(const ImportHost& host, const std::string& name, const ImportOptions& options) {
    auto report = import_file(host, {directory_ + "/" + name + ".csv", directory_ + "/" + name + ".toml"}, options);
    if (!report) wrong(to_string(report.error()));
    return std::move(*report);
  }

  static void check(Ledger& ledger, const Schema& schema, std::int64_t activities) {
    std::int64_t found = 0, seconds = 0;
    const auto reader = ledger.read();
    reader->records(schema.need("activity").number, 0, [&](const StoredRecord& stored) {
      const json::object body = parse_stored(stored.body);
      if (!body.contains("deal") || !body.contains("owner")) wrong("an activity without its deal or member");
      seconds += body.at("duration_seconds").as_int64();
      ++found;
      return true;
    });
    std::int64_t expected = 0;
    for (std::int64_t i = 0; i < activities; ++i) expected += i % 900;
    if (found != activities || seconds != expected) wrong(fmt::format("{} activities of {} seconds", found, seconds));
  }

  const Options options_;
  const std::string directory_;
  const std::int64_t deals_;
  SystemClock clock_;
  SystemRandom random_;
};

int run(int argc, char** argv) {
  Options options;
  if (std::getenv("TRACTION_BENCH_SMALL") != nullptr) options.rows /= 10;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--rows")
      options.rows = std::atoll(argv[i + 1]);
    else if (name == "--runs")
      options.runs = std::max(1, std::atoi(argv[i + 1]));
    else
      wrong("there is no option " + name);
  }
  std::string form = (fs::temp_directory_path() / "traction_import_bench_XXXXXX").string();
  const std::string directory = ::mkdtemp(form.data());
  Bench bench(options, directory);
  const std::uintmax_t bytes = fs::file_size(directory + "/activities.csv");
  std::vector<Bench::Took> runs;
  for (int i = 0; i < options.runs; ++i) runs.push_back(bench.run(false));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double memory_mb = static_cast<double>(usage.ru_maxrss) / 1024;
  const Bench::Took dry = bench.run(true);
  fs::remove_all(directory);
  std::ranges::sort(runs, {}, &Bench::Took::seconds);
  const Bench::Took median = runs[runs.size() / 2];
  const double per_second = static_cast<double>(options.rows) / median.seconds;
  fmt::print("{:<16} {:>12}\n", "activities", options.rows);
  fmt::print("{:<16} {:>12.1f} MB\n", "file", static_cast<double>(bytes) / 1e6);
  fmt::print("{:<16} {:>12.1f} s  ({:.0f} rows/s, {:.1f} s of processor time, median of {} runs)\n", "import",
             median.seconds, per_second, median.cpu, options.runs);
  fmt::print("{:<16} {:>12.1f} s  ({:.1f} s of processor time)\n", "dry run", dry.seconds, dry.cpu);
  fmt::print("{:<16} {:>12.0f} MB (with what is mapped of the file)\n", "memory at most", memory_mb);
  const json::object result{{"bench", "import"},
                            {"rows", options.rows},
                            {"seconds", median.seconds},
                            {"rows_per_second", std::round(per_second)},
                            {"cpu_seconds", median.cpu},
                            {"dry_run_seconds", dry.seconds},
                            {"memory_mb", std::round(memory_mb)}};
  fmt::print("{}\n", json::serialize(result));
  return 0;
}

}  // namespace
}  // namespace traction

int main(int argc, char** argv) { return traction::run(argc, argv); }
