#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/import/cell.h"
#include "app/import/file.h"
#include "base/text.h"

namespace traction {

namespace {

constexpr std::size_t kMostGroups = 10'000;

std::int64_t creations(const PlannedRow& row) {
  return std::count_if(row.actions.begin(), row.actions.end(),
                       [](const Action& action) { return action.verb == Verb::create; });
}

}  // namespace

std::optional<std::size_t> refused_action(std::string_view place) {
  constexpr std::string_view kStart = "actions[";
  std::size_t index = 0;
  if (!place.starts_with(kStart)) return std::nullopt;
  place.remove_prefix(kStart.size());
  if (std::from_chars(place.data(), place.data() + place.size(), index).ec != std::errc()) return std::nullopt;
  return index;
}

void FileImport::rehearse() {
  Made made;
  for (const PlannedRow& row : flying_.rows) {
    if (auto tried = try_row(records_, row, made); !tried) {
      flying_.rejected.push_back({problem_of(row, tried.error()), row.raw});
      give_up(row);
    } else {
      count(row.actions);
    }
  }
  for (const auto& [place, id] : made.ids) names_.settle(place, id);
  report_rejected();
  flying_ = {};
}

// Sends the flying chunk off, with the progress that is true once it is written. The rejected rows are in their file
// before.
void FileImport::launch() {
  Made made;
  Command chunk = command();
  chunk.actions.reserve(flying_.actions + 1);
  std::erase_if(flying_.rows, [&](const PlannedRow& row) {
    if (bind(row, made, chunk.actions)) return false;
    flying_.rejected.push_back(
        {{row.number, "", "", "It refers to a record of another row that was rejected."}, row.raw});
    give_up(row);
    return true;
  });
  report_rejected();
  rejected_bytes_ = rejects_->flush();
  chunk.actions.push_back(progress_action("running"));
  answer_ = host_.submit(std::move(chunk));
}

// Waits until the flying chunk is written. Rows that the rules refuse are rejected and the others sent again.
Result<void> FileImport::settle() {
  while (answer_.valid()) {
    const auto outcome = answer_.get();
    records_.refresh();
    if (!outcome) {
      if (!drop_refused(outcome.error())) return refuse(outcome);
      launch();
      continue;
    }
    auto done = outcome->actions.begin();
    for (const PlannedRow& row : flying_.rows) {
      std::int64_t made = row.made;
      for (const Action& action : row.actions) {
        if (action.verb == Verb::create) names_.settle(made++, done->record);
        ++done;
      }
      count(row.actions);
    }
    flying_ = {};
  }
  return {};
}

// Takes out the rows for which a chunk was refused: all that a rehearsal refuses, else the one the refusal names. False
// when it was for none of them.
bool FileImport::drop_refused(const Refusal& refusal) {
  Rehearsal rehearsal(host_.schema, host_.ledger, host_.clock.now(), host_.metrics);
  Made made;
  bool any = false;
  const auto drop = [&](const PlannedRow& row, const Refusal& why) {
    flying_.rejected.push_back({problem_of(row, why), row.raw});
    give_up(row);
    return any = true;
  };
  std::erase_if(flying_.rows, [&](const PlannedRow& row) {
    const auto tried = try_row(rehearsal, row, made);
    return !tried && drop(row, tried.error());
  });
  const auto index = refused_action(refusal.field);
  if (any || !index) return any;
  std::size_t before = 0;
  std::erase_if(flying_.rows, [&](const PlannedRow& row) {
    const std::size_t first = before;
    before += row.actions.size();
    return *index >= first && *index < before && drop(row, refusal);
  });
  return any;
}

// Appends the row's actions with the records they name as they are called in the command being put together. False,
// with nothing appended, when one of them was given up.
bool FileImport::bind(const PlannedRow& row, Made& made, std::vector<Action>& actions) const {
  const std::size_t begin = actions.size();
  const std::int64_t own = creations(row);
  const auto resolve = [&](std::int64_t place) -> Ref {
    if (place >= row.made && place < row.made + own)
      return NewRef{made.count + static_cast<std::size_t>(place - row.made)};
    if (const auto here = made.here.find(place); here != made.here.end()) return NewRef{here->second};
    if (const auto id = made.ids.find(place); id != made.ids.end()) return id->second;
    return names_.id_of(place);
  };
  const auto given_up = [](const Ref& ref) {
    const Id* id = std::get_if<Id>(&ref);
    return id != nullptr && *id <= 0;
  };
  for (const Action& planned : row.actions) {
    Action& action = actions.emplace_back(planned);
    bool sound = true;
    if (const NewRef* target = std::get_if<NewRef>(&planned.target)) {
      action.target = resolve(static_cast<std::int64_t>(target->index));
      sound = !given_up(action.target);
    }
    for (auto& [name, value] : action.fields) {
      if (!value.is_object()) continue;
      const Ref ref = resolve(value.get_object().at("new").get_int64());
      sound = sound && !given_up(ref);
      if (const NewRef* here = std::get_if<NewRef>(&ref))
        value.get_object()["new"] = static_cast<std::int64_t>(here->index);
      else
        value = std::get<Id>(ref);
    }
    if (!sound) {
      actions.erase(actions.begin() + static_cast<std::ptrdiff_t>(begin), actions.end());
      return false;
    }
  }
  for (std::int64_t i = 0; i < own; ++i) made.here[row.made + i] = made.count++;
  return true;
}

// The row alone as a command of a rehearsal; on success the ids of its records are in `made`.
Result<void> FileImport::try_row(Rehearsal& rehearsal, const PlannedRow& row, Made& made) const {
  made.here.clear();
  made.count = 0;
  Command alone = command();
  if (!bind(row, made, alone.actions))
    return refuse(Code::rule, "", "It refers to a record of another row that was rejected.");
  const auto outcome = rehearsal.apply(alone);
  made.here.clear();
  if (!outcome) return refuse(outcome);
  std::int64_t place = row.made;
  for (std::size_t i = 0; i < row.actions.size(); ++i)
    if (row.actions[i].verb == Verb::create) made.ids[place++] = outcome->actions.at(i).record;
  return {};
}

void FileImport::give_up(const PlannedRow& row) {
  for (std::int64_t i = 0; i < creations(row); ++i) names_.settle(row.made + i, 0);
}

void FileImport::count(const std::vector<Action>& actions) {
  for (const Action& action : actions) ++(action.verb == Verb::create ? report_.created : report_.changed)[action.type];
}

// A refusal of the rules in the words of the file: the column and cell behind the field it names.
Problem FileImport::problem_of(const PlannedRow& row, const Refusal& refusal) const {
  Problem problem{row.number, "", "", refusal.sentence};
  constexpr std::string_view kFields = "fields.";
  const std::size_t at = refusal.field.rfind(kFields);
  if (at == std::string::npos) return problem;
  problem.column = refusal.field.substr(at + kFields.size());
  CsvRow cells{row.number, row.raw, {}, {}};
  file_.again(cells);
  for (const RecordMapping& record : mapping_.records)
    for (const FieldSource& from : record.fields) {
      if (from.field->name != problem.column || from.source.kind != ValueSource::Kind::column) continue;
      problem.value = plain_cell(*from.source.form, cells.cells.at(static_cast<std::size_t>(from.source.column)));
      problem.column = from.source.text;
      return problem;
    }
  return problem;
}

// Reports the flying chunk's rejected rows, in the order of the file.
void FileImport::report_rejected() {
  std::ranges::stable_sort(flying_.rejected, {}, [](const Rejected& rejected) { return rejected.problem.row; });
  for (const auto& [problem, raw] : flying_.rejected) {
    ++report_.rows_rejected;
    if (!options_.dry_run) rejects_->add(problem, raw);
    if (report_.problems.size() < kMostProblemsKept) report_.problems.push_back(problem);
    const std::pair kind{problem.column, problem.reason};
    if (groups_.size() >= kMostGroups && !groups_.contains(kind)) continue;
    ProblemGroup& group = groups_[kind];
    if (group.rows++ == 0) group.first = problem;
  }
  flying_.rejected.clear();
}

}  // namespace traction
