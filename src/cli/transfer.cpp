// Data in and out by the file: imports, exports, the demo company.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "app/demo/demo.h"
#include "app/disk.h"
#include "app/export.h"
#include "app/given.h"
#include "app/import/import.h"
#include "app/import/undo.h"
#include "app/own_metrics.h"
#include "app/report_json.h"
#include "app/resolve.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr int kInterrupted = 130;  // what a shell expects of a program that SIGINT ended

// What imports need of a workspace; the schema lives as long.
struct Importing {
  explicit Importing(Workspace& workspace)
      : schema(workspace.schema()),
        host{workspace.ledger(), *schema, workspace.clock(),
             [&workspace](Command command) { return workspace.submit(std::move(command)); },
             metric_check(workspace.definitions().catalogue)} {}
  std::shared_ptr<const Schema> schema;
  ImportHost host;
};

// A mapping is a file, or the name of one of those that come with the definitions.
std::string mapping_path(CommandSession& session, const Definitions& definitions, const std::string& given) {
  const std::string path = session.path(given);
  if (fs::exists(path)) return path;
  const fs::path template_path = fs::path(definitions.directory) / "templates/import" / (given + ".toml");
  return fs::exists(template_path) ? template_path.string() : path;
}

Result<std::vector<ImportSource>> paired_sources(CommandSession& session, const Definitions& definitions,
                                                 const Schema& schema) {
  const Arguments& given = session.arguments();
  const std::vector<std::string> files = given.all("FILE"), maps = given.all("--map");
  if (maps.empty())
    return refuse(Code::required, "--map", "Which mapping tells what the columns mean? See docs/import.md.");
  if (files.size() == 1 && maps.size() == 1 && fs::is_directory(session.path(files[0])))
    return pair_files(session.path(files[0]), mapping_path(session, definitions, maps[0]), schema);
  if (files.size() != maps.size())
    return refuse(
        Code::invalid, "--map",
        fmt::format("{} files and {} mappings: each file needs one, in the same order.", files.size(), maps.size()));
  std::vector<ImportSource> sources;
  for (std::size_t i = 0; i < files.size(); ++i)
    sources.push_back({session.path(files[i]), mapping_path(session, definitions, maps[i])});
  return sources;
}

Result<std::vector<ImportSource>> sources_of(CommandSession& session, const Definitions& definitions,
                                             const Schema& schema) {
  auto sources = paired_sources(session, definitions, schema);
  if (!sources) return sources;
  for (ImportSource& source : *sources) {
    source.file_at = std::exchange(source.file, session.as_typed(source.file));
    source.mapping_at = std::exchange(source.mapping, session.as_typed(source.mapping));
  }
  return sources;
}

std::string counted(const std::map<std::string, std::int64_t>& by_type) {
  std::vector<std::string> parts;
  for (const auto& [type, count] : by_type) parts.push_back(fmt::format("{} {}", type, count));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void print_report(CommandSession& session, const ImportReport& report, bool dry_run) {
  session.print(
      fmt::format("{}: {} rows {}{}{}\n", report.file, report.rows_done, dry_run ? "checked" : "dealt with",
                  report.finished ? "" : fmt::format(" of {}; stopped, the same command goes on", report.rows),
                  report.import ? fmt::format(" (import #{})", report.import) : ""));
  if (!report.created.empty())
    session.print(fmt::format("  {}: {}\n", dry_run ? "to make" : "made", counted(report.created)));
  if (!report.changed.empty())
    session.print(fmt::format("  {}: {}\n", dry_run ? "to change" : "changed", counted(report.changed)));
  if (report.rows_unchanged) session.print(fmt::format("  there already: {} rows\n", report.rows_unchanged));
  if (report.encoding_detected && report.encoding != "utf-8")
    session.print(fmt::format("  read as {}\n", report.encoding));
  if (report.seconds >= 1)
    session.print(fmt::format("  {:.1f} s, {:.0f} rows/s\n", report.seconds,
                              static_cast<double>(report.rows_done) / report.seconds));
  if (!report.rows_rejected) return;
  session.print(fmt::format(
      "  rejected: {} rows{}\n", report.rows_rejected,
      report.rejected_path.empty() ? "" : fmt::format(", in {} to be mended and imported", report.rejected_path)));
  TextTable table{{{"rows", true}, {"first", true}, {"column", false}, {"value", false}, {"reason", false}}, {}};
  for (const ProblemGroup& group : report.groups)
    table.rows.push_back({std::to_string(group.rows), std::to_string(group.first.row), group.first.column,
                          group.first.value, group.first.reason});
  session.print(table);
}

Result<int> import_all(CommandSession& session) {
  const Arguments& given = session.arguments();
  const bool dry_run = given.has("--dry-run");
  const auto definitions = session.definitions();
  if (!definitions) return refuse(definitions);
  // Told before anything is made: what is wrong with files and mappings is found by import_files.
  const auto sources = sources_of(session, **definitions, (*definitions)->schema);
  if (!sources) return refuse(sources);
  const auto workspace = dry_run ? session.rehearsal() : session.workspace(true);
  if (!workspace) return refuse(workspace);
  Importing importing(**workspace);
  ImportOptions options;
  options.dry_run = dry_run;
  options.again = given.has("--again");
  if (given.has("--as")) {
    const auto reader = (*workspace)->ledger().read();
    const auto actor = resolve(*reader, *importing.schema, importing.schema->need("member"), given.one("--as"));
    if (!actor) return refuse(actor);
    options.actor = *actor;
  }
  session.console().catch_interrupts();
  Progress bar;
  std::string file;
  options.progress = [&](const ImportProgress& progress) {
    if (progress.file != file) {
      file = progress.file;
      bar = session.progress(fs::path(file).filename().string());
    }
    if (bar) bar(progress.rows_done, progress.rows);
    return !session.console().interrupted();
  };
  const ImportRun run = import_files(importing.host, *sources, options);
  bar = {};
  std::int64_t rejected = 0;
  bool finished = true;
  for (const ImportReport& report : run.reports) {
    rejected += report.rows_rejected;
    finished = finished && report.finished;
    if (!session.json()) print_report(session, report, dry_run);
  }
  if (session.json()) session.print_json(to_json(run));
  if (run.refusal) return tl::unexpected<Refusal>(*run.refusal);
  if (!finished) return kInterrupted;
  return rejected ? 3 : 0;
}

Result<int> take_back(CommandSession& session) {
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  Importing importing(**workspace);
  const auto id = resolve(*(*workspace)->ledger().read(), *importing.schema, importing.schema->need("import"),
                          session.arguments().one("IMPORT"));
  if (!id) return refuse(id);
  const auto report = undo_import(importing.host, *id, 0, session.progress("Taking back"));
  if (!report) return refuse(report);
  if (session.json()) {
    session.print_json(to_json(*report));
    return 0;
  }
  TextTable table{{{"id", true}, {"type", false}, {"name", false}, {"why it stays", false}}, {}};
  for (const Kept& each : report->kept)
    table.rows.push_back({std::to_string(each.record), each.type, each.title, each.reason});
  session.print(fmt::format("Import #{} is taken back. In the bin: {}.{}\n", report->import,
                            report->removed.empty() ? "nothing" : counted(report->removed),
                            report->restored.empty() ? "" : fmt::format(" As before: {}.", counted(report->restored))));
  if (!table.rows.empty()) session.print(table);
  return 0;
}

Result<int> export_type(CommandSession& session) {
  const Arguments& given = session.arguments();
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  const auto schema = (*workspace)->schema();
  const auto type = type_named(*schema, given.one("TYPE"));
  if (!type) return refuse(type);
  if (given.has("--mapping")) {
    session.print(export_mapping(*schema, **type));
    return 0;
  }
  std::optional<NewFile> file;
  const std::string path = given.one("--output"), lies_at = session.path(path);
  if (!path.empty()) {
    if (fs::exists(lies_at))
      return refuse(Code::duplicate, path, "There is such a file already; it is not overwritten.");
    file.emplace(lies_at);
  }
  const auto reader = (*workspace)->ledger().read();
  const auto written =
      export_records(*reader, *schema, (*type)->name, session.json() ? ExportFormat::json_lines : ExportFormat::csv,
                     locale_of((*workspace)->settings()).currency, [&](std::string_view text) {
                       session.console().check();
                       if (file) {
                         file->write(text);
                       } else {
                         session.print(text);
                       }
                     });
  if (!written) return refuse(written);
  if (file && !file->publish())
    return refuse(Code::duplicate, path, "There is such a file by now; it is not overwritten.");
  session.audit("export", fmt::format("{} {}{}", *written, (*type)->plural, path.empty() ? "" : " to " + path));
  if (file) session.note(fmt::format("{}: {} {}", path, *written, (*type)->plural));
  return 0;
}

Result<std::int64_t> number_of(const Arguments& given, const char* option, std::int64_t otherwise) {
  if (!given.has(option)) return otherwise;
  Field field;
  field.name = option;
  field.type = FieldType::integer;
  const auto value = from_text(field, given.one(option), "");
  if (!value) return refuse(value);
  return value->to_number<std::int64_t>();
}

Result<int> demo(CommandSession& session) {
  const Arguments& given = session.arguments();
  DemoOptions options;
  const auto reps = number_of(given, "--reps", options.reps), months = number_of(given, "--months", options.months),
             activities = number_of(given, "--activities", options.activities),
             seed = number_of(given, "--seed", static_cast<std::int64_t>(options.seed));
  for (const auto& each : {reps, months, activities, seed})
    if (!each) return refuse(each);
  options.reps = static_cast<int>(std::clamp<std::int64_t>(*reps, 0, INT32_MAX));
  options.months = static_cast<int>(std::clamp<std::int64_t>(*months, 0, INT32_MAX));
  options.activities = *activities;
  options.seed = static_cast<std::uint64_t>(*seed);
  const std::string name = given.workspace.empty() ? "demo" : given.workspace;
  DemoReport report;
  const auto made = session.create_workspace(name, demo_settings(), [&](Workspace& empty) -> Result<void> {
    auto told = make_demo(empty.ledger(), *empty.schema(), options, session.clock(), session.random(),
                          session.progress("Demo"));
    if (!told) return refuse(told);
    report = std::move(*told);
    return {};
  });
  if (!made) return refuse(made);
  const auto directory = session.directory();
  if (!directory) return refuse(directory);
  const std::string patterns = (fs::path(session.data_path()) / "w" / name / "patterns.toml").string();
  NewFile file((*directory)->folder(name) + "/patterns.toml");
  file.write(to_toml(report));
  file.publish();
  if (session.json()) {
    session.print_json(to_json(report, name, patterns));
  } else {
    session.print(
        fmt::format("Workspace \"{}\": {} deals and {} activities from {} to {}. What was planted in it: {}\n", name,
                    report.deals, report.activities, to_string(report.from), to_string(report.to), patterns));
  }
  return 0;
}

}  // namespace

std::vector<Subcommand> transfer_commands() {
  const char* group = "Files";
  return {
      {"import",
       group,
       "Bring in CSV files by their mappings (docs/import.md)",
       "traction import deals.csv --map deals.toml --dry-run",
       {{"FILE", "CSV files, or one folder of them", Positional::Count::some}},
       {{"--map", "The mapping of each file, or a folder of them", "MAPPING", true},
        {"--dry-run", "Check every row, write nothing"},
        {"--again", "Import a file that was imported before"},
        {"--as", "The member who does it", "MEMBER"},
        {"--zone", "For a new workspace: its time zone (UTC)", "ZONE"},
        {"--currency", "For a new workspace: its currency (USD)", "CODE"}},
       import_all},
      {"undo-import",
       group,
       "Take back a whole import",
       "traction undo-import 17",
       {{"IMPORT", "Its id, as \"traction list import\" shows it"}},
       {},
       take_back},
      {"export",
       group,
       "Write all records of a type as CSV (or, with --json, JSON lines)",
       "traction export deal --output deals.csv",
       {{"TYPE", "Record type: deal, contact, account, activity …"}},
       {{"--output", "A new file (default: standard output)", "FILE"},
        {"--csv", "Write CSV, as it does unless --json is given"},
        {"--mapping", "Print instead the mapping by which it can be imported"}},
       export_type},
      {"demo",
       group,
       "Invent a company to look at, in a workspace of its own",
       "traction demo --reps 20 --months 24 --activities 100000 --seed 7",
       {},
       {{"--reps", "Salespeople (12)", "N"},
        {"--months", "Length of the history (24)", "N"},
        {"--activities", "How many (60000)", "N"},
        {"--seed", "The same seed makes the same company (1)", "N"}},
       demo},
  };
}

}  // namespace traction
