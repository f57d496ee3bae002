#include "app/import/file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace traction {

namespace {

// A chunk stays below what one command may hold, its last row and the progress included.
constexpr std::size_t kChunkActions = kMostActions / 2;

}  // namespace

std::int64_t integer_in(const json::object& body, std::string_view field) {
  const json::value* value = body.if_contains(field);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::string_view text_in(const json::object& body, std::string_view field) {
  const json::value* value = body.if_contains(field);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

FileImport::FileImport(const ImportHost& host, const PreparedFile& prepared, const ImportOptions& options,
                       Rehearsal& records)
    : host_(host),
      prepared_(prepared),
      mapping_(prepared.mapping),
      file_(*prepared.file),
      options_(options),
      records_(records),
      names_(host.schema, records) {}

Result<ImportReport> FileImport::run() {
  report_.file = prepared_.source.file;
  report_.mapping = prepared_.source.mapping;
  report_.encoding = file_.encoding();
  report_.encoding_detected = file_.encoding_detected();
  report_.delimiter = file_.delimiter();
  report_.rows = file_.rows();
  if (auto begun = begin(); !begun) return refuse(begun);
  if (auto made = make_pipeline(); !made) return refuse(made);

  const auto settings = records_.all(host_.schema.need("workspace"));
  if (settings.empty()) return refuse(Code::rule, "", "The workspace has no settings yet; set it up first.");
  const auto zone =
      Zone::find(mapping_.zone.empty() ? text_in(settings[0].body, "zone") : std::string_view(mapping_.zone));
  if (!zone) return refuse(zone);
  auto planner = Planner::make(host_.schema, mapping_, file_.header(), records_, names_, **zone,
                               std::string(text_in(settings[0].body, "currency")));
  if (!planner) return refuse(planner);

  find_later_rows(*planner);
  const auto on = take_all(*planner);
  if (!on) return refuse(on);
  report_.finished = *on;
  if (*on && !options_.dry_run) {
    Command last = command();
    last.actions.push_back(progress_action("done"));
    if (auto done = execute(std::move(last)); !done) return refuse(done);
  }
  for (auto& [key, group] : groups_) report_.groups.push_back(std::move(group));
  std::stable_sort(report_.groups.begin(), report_.groups.end(),
                   [](const ProblemGroup& a, const ProblemGroup& b) { return a.rows > b.rows; });
  if (rejected_bytes_ > 0) report_.rejected_path = rejected_path_of(report_.file);
  report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  return std::move(report_);
}

// Finds where an earlier run of the same file and mapping ended, or makes the record of a new import.
Result<void> FileImport::begin() {
  std::optional<Record> earlier;
  for (Record& record : records_.all(host_.schema.need("import")))
    if (text_in(record.body, "digest") == prepared_.digest && text_in(record.body, "status") != "undone")
      earlier = std::move(record);
  const bool running = earlier && text_in(earlier->body, "status") == "running";
  if (earlier && !running && !options_.again && !options_.dry_run)
    return refuse(
        Code::duplicate, report_.file,
        fmt::format("This file was imported with this mapping before, as import {}. Undo that one first, or say "
                    "that it is to be imported again.",
                    earlier->id));
  if (running && !options_.dry_run) {
    report_.import = earlier->id;
    report_.resumed = true;
    report_.rows_done = to_skip_ = done_at_start_ = integer_in(earlier->body, "rows_done");
    report_.rows_rejected = integer_in(earlier->body, "rows_rejected");
    rejected_bytes_ = integer_in(earlier->body, "rejected_bytes");
  }
  const ImportSource& source = prepared_.source;
  rejects_ = std::make_unique<RejectFile>(rejected_path_of(source.file_at.empty() ? source.file : source.file_at),
                                          file_, rejected_bytes_);
  if (options_.dry_run || report_.resumed) return {};
  Action action;
  action.type = "import";
  action.fields = {{"file", report_.file}, {"mapping", report_.mapping}, {"digest", prepared_.digest}};
  Command first;
  first.actor = options_.actor;
  first.actions.push_back(std::move(action));
  auto made = execute(std::move(first));
  if (!made) return refuse(made);
  report_.import = made->actions.at(0).record;
  return {};
}

Command FileImport::command() const {
  Command command;
  command.actor = options_.actor;
  command.origin = report_.import;
  return command;
}

Action FileImport::progress_action(const char* status) const {
  Action action;
  action.verb = Verb::change;
  action.type = "import";
  action.target = report_.import;
  action.fields = {{"rows_done", report_.rows_done},
                   {"rows_rejected", report_.rows_rejected},
                   {"rejected_bytes", rejected_bytes_},
                   {"status", status}};
  return action;
}

// One command that nothing else waits beside, in the ledger or the rehearsal.
Result<Outcome> FileImport::execute(Command command) {
  if (options_.dry_run) return records_.apply(command);
  auto outcome = host_.submit(std::move(command)).get();
  records_.refresh();
  return outcome;
}

Result<void> FileImport::make_pipeline() {
  if (mapping_.stages.empty()) return {};
  for (const Record& pipeline : records_.all(host_.schema.need("pipeline")))
    if (text_in(pipeline.body, "name") == mapping_.pipeline) return {};
  Command setup = command();
  Action pipeline;
  pipeline.type = "pipeline";
  pipeline.fields = {{"name", mapping_.pipeline}};
  pipeline.occurred_unknown = true;
  setup.actions.push_back(std::move(pipeline));
  std::int64_t position = 0;
  for (const StageSetup& stage : mapping_.stages) {
    Action action;
    action.type = "stage";
    action.fields = {
        {"pipeline", json::object{{"new", 0}}}, {"name", stage.name}, {"kind", stage.kind}, {"position", ++position}};
    action.occurred_unknown = true;
    setup.actions.push_back(std::move(action));
  }
  count(setup.actions);
  auto made = execute(std::move(setup));
  if (!made) return refuse(made);
  return {};
}

// Rows may name records that later rows make (an account its parent): for each field that is named in such a way, the
// first row of every name.
void FileImport::find_later_rows(const Planner& planner) {
  std::vector<std::pair<FirstRows*, const ValueSource*>> to_read;
  for (const RecordMapping& record : mapping_.records)
    for (const FieldSource& field : record.fields) {
      if (field.field->type != FieldType::reference || field.source.kind == ValueSource::Kind::record) continue;
      for (const RecordMapping& made : mapping_.records)
        for (const FieldSource& named : made.fields)
          if (made.type == field.field->references && named.field->name == field.source.by) {
            auto& rows = first_rows_[{made.type, named.field->name}];
            to_read.emplace_back(&rows, &named.source);
            waiting_for_.emplace_back(&field.source, &rows);
          }
    }
  if (to_read.empty()) return;
  for (CsvRow row; file_.next(row);)
    if (row.problem.empty())
      for (const auto& [rows, source] : to_read) rows->emplace(planner.text_of(*source, row), row.number);
  file_.rewind();
}

// True while a record that the row names stands in a later row, or in one of the rows that are `open`.
bool FileImport::waits(const Planner& planner, const CsvRow& row, const Rows* open) const {
  if (!row.problem.empty()) return false;
  for (const auto& [source, rows] : waiting_for_) {
    const auto first = rows->find(planner.text_of(*source, row));
    if (first == rows->end() || first->first.empty() || first->second == row.number) continue;
    if (open == nullptr ? first->second > row.number : open->contains(first->second)) return true;
  }
  return false;
}

// Takes every row; those that wait for a later one come after all others, in an order that depends on the file alone,
// so that an import can go on from a number of rows. False when the caller stopped it.
Result<bool> FileImport::take_all(Planner& planner) {
  std::vector<CsvRow> later;
  Rows open;
  CsvRow row;
  while (file_.next(row)) {
    if (waits(planner, row, nullptr) || (!open.empty() && waits(planner, row, &open))) {
      open.insert(row.number);
      later.push_back({row.number, row.raw, {}, {}});
      continue;
    }
    if (auto on = take(planner, row); !on || !*on) return on;
  }
  for (bool progress = true; !later.empty();) {
    std::vector<CsvRow> still;
    const bool force = !progress;  // the rows wait for each other: let their names fail
    progress = false;
    for (CsvRow& waiting : later) {
      file_.again(waiting);
      if (!force && waits(planner, waiting, &open)) {
        still.push_back(std::move(waiting));
        continue;
      }
      progress = true;
      open.erase(waiting.number);
      if (auto on = take(planner, waiting); !on || !*on) return on;
    }
    later = std::move(still);
  }
  if (auto on = hand_over(); !on || !*on) return on;
  if (auto settled = settle(); !settled) return refuse(settled);
  return tell();
}

Result<bool> FileImport::take(Planner& planner, const CsvRow& row) {
  if (to_skip_ > 0) {
    --to_skip_;
    return true;
  }
  PlannedRow planned;
  if (auto problem = planner.plan(row, planned)) {
    chunk_.rejected.push_back({std::move(*problem), row.raw});
  } else if (planned.actions.empty()) {
    ++report_.rows_unchanged;
  } else {
    chunk_.actions += planned.actions.size();
    chunk_.rows.push_back(std::move(planned));
  }
  ++chunk_.taken;
  if (chunk_.taken < static_cast<std::int64_t>(options_.chunk_rows) && chunk_.actions < kChunkActions) return true;
  return hand_over();
}

// The chunk being planned goes to the writer once the one before it is written. False when the caller stopped it.
Result<bool> FileImport::hand_over() {
  if (auto settled = settle(); !settled) return refuse(settled);
  if (!tell()) return false;
  if (chunk_.taken == 0) return true;
  names_.rotate();
  flying_ = std::move(chunk_);
  chunk_ = {};
  report_.rows_done += flying_.taken;
  if (options_.dry_run)
    rehearse();
  else
    launch();
  return true;
}

bool FileImport::tell() {
  if (!options_.progress) return true;
  ImportProgress progress{report_.file, report_.rows_done, report_.rows, report_.rows_rejected, 0, 0};
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  const std::int64_t done = report_.rows_done - done_at_start_;
  if (seconds > 0) progress.rows_per_second = static_cast<double>(done) / seconds;
  if (done > 0)
    progress.seconds_left = static_cast<double>(report_.rows - report_.rows_done) * seconds / static_cast<double>(done);
  return options_.progress(progress);
}

}  // namespace traction
