// Import: files of rows into a workspace's ledger, by mappings (docs/import.md). All files are opened and checked
// before the first is brought in; rows go in by chunks, each one command whose progress is written with it, so that a
// kill at any moment loses or doubles nothing and the same call goes on where it ended. Rows that cannot be brought in
// are reported and kept in a file that can be mended and imported. It prints nothing. One thread calls it; chunks are
// written by the workspace's writer while the next one is read. Called by cli/ and, later, the server's jobs.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/import/plan.h"
#include "app/outcome.h"
#include "base/clock.h"
#include "ledger/ledger.h"

namespace traction {

// What an import needs of a workspace: Workspace has all of it.
struct ImportHost {
  Ledger& ledger;
  const Schema& schema;
  Clock& clock;
  std::function<std::future<Result<Outcome>>(Command)> submit;
  MetricCheck metrics{};  // as decide() takes it
};

struct ImportSource {
  std::string file;                     // path of the CSV file, and what it is called in reports
  std::string mapping;                  // path of the mapping, and what it is called
  std::string file_at{}, mapping_at{};  // where they lie, when that is not what they are called
};

struct ImportProgress {
  std::string file;
  std::int64_t rows_done = 0;
  std::int64_t rows = 0;
  std::int64_t rows_rejected = 0;
  double rows_per_second = 0;  // of this run
  double seconds_left = 0;
};

struct ImportOptions {
  bool dry_run = false;  // every check over all rows, nothing written
  bool again = false;    // import a file that was imported with this mapping before
  Id actor = 0;
  std::size_t chunk_rows = 2'000;
  std::function<bool(const ImportProgress&)> progress{};  // false: stop after what is under way; the same call goes on
};

// Problems of one kind: the same reason in the same column.
struct ProblemGroup {
  Problem first;
  std::int64_t rows = 0;
};

inline constexpr std::size_t kMostProblemsKept = 1'000;

struct ImportReport {
  std::string file, mapping;
  Id import = 0;  // the record that undo_import() takes; 0 in a dry run
  bool resumed = false;
  bool finished = false;  // false: stopped by the caller
  std::string encoding;
  bool encoding_detected = false;
  char delimiter = ',';
  std::int64_t rows = 0;                        // in the file
  std::int64_t rows_done = 0;                   // dealt with, the rejected included, with those of an earlier run
  std::int64_t rows_rejected = 0;               // of them
  std::int64_t rows_unchanged = 0;              // of this run: all there already
  std::map<std::string, std::int64_t> created;  // of this run, by record type
  std::map<std::string, std::int64_t> changed;
  std::vector<Problem> problems;     // the first kMostProblemsKept of this run
  std::vector<ProblemGroup> groups;  // of this run, most rows first
  std::string rejected_path;         // "" = none
  double seconds = 0;
};

struct ImportRun {
  std::vector<ImportReport> reports;  // in the order in which they were imported
  std::optional<Refusal> refusal;     // why it ended before its end; the file it names and those after it are not done
};

// Imports files, those first whose records the others name. Refused before anything is written: a mapping or file that
// cannot be read (parse_mapping, CsvFile::open), a column that is not there (unknown), dates without a declared form
// that are not ISO 8601 (invalid), a file imported before with the same mapping (duplicate) unless `again`. A failing
// machine is a Fault; the same call goes on afterwards.
ImportRun import_files(const ImportHost& host, const std::vector<ImportSource>& sources, const ImportOptions& options);

// The same of one file.
Result<ImportReport> import_file(const ImportHost& host, const ImportSource& source, const ImportOptions& options);

// Pairs the files of a directory with the mappings of another by what a mapping says such a file is called
// ([file] name). Refused (not_found) naming the mapping whose file is missing, or when there are no mappings.
Result<std::vector<ImportSource>> pair_files(const std::string& directory, const std::string& mappings,
                                             const Schema& schema);

// Where rejected rows of a file go, beside where it lies: "deals.csv" → "deals.rejected.csv".
std::string rejected_path_of(const std::string& file);

}  // namespace traction
