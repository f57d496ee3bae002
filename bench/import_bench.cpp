// How long a million activities take from a CSV file into a workspace on disk, each with an external id, a member by
// name and a deal by external id, and how much memory that needs. Checks what was made, and that a dry run says the
// same.
//   import_bench [--rows N] [--runs N]
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/definitions.h"
#include "app/import.h"
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

  // Seconds for the activities in a new workspace; the checks are not in them.
  double run(bool dry) {
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
    const ImportReport report = import(host, "activities", options);
    if (report.rows_rejected != 0 || report.rows_done != options_.rows ||
        report.created.at("activity") != options_.rows)
      wrong(fmt::format("{} rows done, {} rejected", report.rows_done, report.rows_rejected));
    check(**ledger, schema, dry ? 0 : options_.rows);
    return report.seconds;
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
  std::vector<double> seconds;
  for (int i = 0; i < options.runs; ++i) seconds.push_back(bench.run(false));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double dry = bench.run(true);
  fs::remove_all(directory);
  std::ranges::sort(seconds);
  const double median = seconds[seconds.size() / 2];
  const auto rows = static_cast<double>(options.rows);
  fmt::print("{:<28} {:>12}\n", "activities", options.rows);
  fmt::print("{:<28} {:>12.1f} MB\n", "file", static_cast<double>(bytes) / 1e6);
  fmt::print("{:<28} {:>12.1f} s   ({:.0f} rows/s, median of {}; at most 60 s per million)\n", "import", median,
             rows / median, options.runs);
  fmt::print("{:<28} {:>12.1f} s\n", "dry run", dry);
  fmt::print("{:<28} {:>12.0f} MB  (the mapped file included)\n", "memory at most",
             static_cast<double>(usage.ru_maxrss) / 1024);
  fmt::print(
      "{{\"bench\":\"import\",\"rows\":{},\"seconds\":{:.3f},\"rows_per_second\":{:.0f},\"dry_run_seconds\":{:.3f},"
      "\"memory_mb\":{:.0f}}}\n",
      options.rows, median, rows / median, dry, static_cast<double>(usage.ru_maxrss) / 1024);
  return 0;
}

}  // namespace
}  // namespace traction

int main(int argc, char** argv) { return traction::run(argc, argv); }
