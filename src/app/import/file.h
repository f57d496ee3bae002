// FileImport: one file on its way into the ledger: rows are planned, gathered into chunks and handed to the writer, one
// chunk being written while the next is planned; a chunk that is refused is tried row by row, so that a bad row costs
// nothing but itself. Internal to app/import. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "app/import/import.h"
#include "app/import/reject.h"

namespace traction {

// A file and its mapping, opened, bound to each other and checked.
struct PreparedFile {
  ImportSource source;
  Mapping mapping;
  std::unique_ptr<CsvFile> file;
  std::string digest;  // of both
};

class FileImport {
 public:
  // `records` shows the ledger and, in a dry run, what the files before this one would have made.
  FileImport(const ImportHost& host, const PreparedFile& prepared, const ImportOptions& options, Rehearsal& records);

  // Brings the file in, from its beginning or from where an earlier run ended.
  Result<ImportReport> run();

 private:
  struct Rejected {
    Problem problem;
    std::string_view raw;
  };
  struct Chunk {
    std::vector<PlannedRow> rows;
    std::vector<Rejected> rejected;  // not yet reported
    std::size_t actions = 0;
    std::int64_t taken = 0;  // rows, with the rejected and the unchanged
  };
  // What records to be made are called in commands: by their place in the one being put together, or by their ids.
  struct Made {
    std::unordered_map<std::int64_t, std::size_t> here;
    std::unordered_map<std::int64_t, Id> ids;
    std::size_t count = 0;  // creations in the command
  };
  using Rows = std::unordered_set<std::int64_t>;

  // import_file.cpp: the way of the rows.
  Result<void> begin();
  Result<void> make_pipeline();
  Result<Outcome> execute(Command command);
  Command command() const;
  Action progress_action(const char* status) const;
  void find_later_rows(const Planner& planner);
  bool waits(const Planner& planner, const CsvRow& row, const Rows* open) const;
  Result<bool> take_all(Planner& planner);
  Result<bool> take(Planner& planner, const CsvRow& row);
  Result<bool> hand_over();
  bool tell();

  // import_chunk.cpp: the way of a chunk.
  void rehearse();
  void launch();
  Result<void> settle();
  bool drop_refused(const Refusal& refusal);
  bool bind(const PlannedRow& row, Made& made, std::vector<Action>& actions) const;
  Result<void> try_row(Rehearsal& rehearsal, const PlannedRow& row, Made& made) const;
  void give_up(const PlannedRow& row);
  void count(const std::vector<Action>& actions);
  Problem problem_of(const PlannedRow& row, const Refusal& refusal) const;
  void report_rejected();

  const ImportHost& host_;
  const PreparedFile& prepared_;
  const Mapping& mapping_;
  CsvFile& file_;
  const ImportOptions& options_;
  Rehearsal& records_;
  RecordNames names_;
  ImportReport report_;
  std::unique_ptr<RejectFile> rejects_;
  std::int64_t rejected_bytes_ = 0;
  std::int64_t to_skip_ = 0;  // rows that an earlier run dealt with

  Chunk chunk_, flying_;                 // being planned, being written
  std::future<Result<Outcome>> answer_;  // of flying_

  // Of names by which rows of this file refer to records that it makes: the first row of each, and who asks for them.
  using FirstRows = std::unordered_map<std::string, std::int64_t>;
  std::map<std::pair<std::string, std::string>, FirstRows> first_rows_;  // by type and field
  std::vector<std::pair<const ValueSource*, const FirstRows*>> waiting_for_;

  std::map<std::pair<std::string, std::string>, ProblemGroup> groups_;  // by column and reason
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::int64_t done_at_start_ = 0;
};

// N of a refusal's field "actions[N].…", or nullopt.
std::optional<std::size_t> refused_action(std::string_view place);

// The text or whole number in a record's body; empty and 0 when it is not there.
std::string_view text_in(const json::object& body, std::string_view field);
std::int64_t integer_in(const json::object& body, std::string_view field);

}  // namespace traction
