#include "http/imports.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "app/demo/demo.h"
#include "app/disk.h"
#include "app/import/mapping.h"
#include "app/import/undo.h"
#include "app/own_metrics.h"
#include "app/report_json.h"
#include "base/text.h"
#include "http/commands.h"
#include "http/uploads.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 100;
constexpr std::size_t kLongestName = 200;  // bytes
constexpr std::size_t kLongestMapping = 100'000;

// What imports need of a workspace; the schema lives as long.
struct Importing {
  explicit Importing(Workspace& workspace)
      : schema(workspace.schema()),
        host{workspace.ledger(), *schema, workspace.clock(),
             [&workspace](Command command) { return workspace.submit(std::move(command)); },
             metric_check(workspace.definitions().catalogue)} {}
  const std::shared_ptr<const Schema> schema;
  const ImportHost host;
};

// The files of an import as they lie in the folder of uploads. Mappings that were sent are files of ours for as long as
// this lives; the uploads stay until used_up(), so that an import that was stopped or refused can be asked for again.
class Sources {
 public:
  Sources() = default;
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;
  ~Sources() {
    for (const std::string& path : mappings_) unlink(path.c_str());
  }

  void add(ImportSource source) { sources.push_back(std::move(source)); }
  void own_mapping(const NewUpload& made, std::string_view text) {
    NewFile file(made.path);
    file.write(text);
    file.publish();
    mappings_.push_back(made.path);
  }
  void used_up() const {
    for (const ImportSource& source : sources) unlink(source.file_at.c_str());
  }

  std::vector<ImportSource> sources;

 private:
  std::vector<std::string> mappings_;
};

std::string text_of_file(const std::string& path) {
  std::string text;
  read_file(path, [&](std::string_view piece) { text += piece; });
  return text;
}

// One that comes with the definitions. Its name is looked for among the files there, never made into a path.
Result<std::string> shipped_mapping(const Definitions& definitions, const std::string& name, const std::string& place) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(fs::path(definitions.directory) / "templates/import", none)) {
    if (entry.path().extension() != ".toml") continue;
    if (entry.path().stem() == name) return entry.path().string();
    names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return refuse(Code::unknown, place,
                fmt::format("There is no mapping \"{}\" here.{} There is {}; or send your own as {{\"toml\": \"…\"}}.",
                            excerpt(name), did_you_mean(excerpt(name), names), enumerate(names)));
}

Result<void> read_mapping(const Context& context, const json::value* given, const std::string& place,
                          const Schema& schema, ImportSource& source, Sources& into) {
  std::string text;
  if (!given) return refuse(Code::required, place, "Which mapping tells what the columns mean? See docs/import.md.");
  if (given->is_string()) {
    const auto path = shipped_mapping(*context.host->definitions(), std::string(given->get_string()), place);
    if (!path) return refuse(path);
    source.mapping = given->get_string();
    source.mapping_at = *path;
    text = text_of_file(*path);
  } else {
    auto members = Members::of(*given, place + ".");
    if (!members) return refuse(members);
    if (auto good = members->text("toml", text); !good) return good;
    if (auto good = members->end(); !good) return good;
    if (text.empty()) return refuse(Code::required, place + ".toml", "The mapping is empty.");
    if (text.size() > kLongestMapping)
      return refuse(Code::too_large, place + ".toml", fmt::format("A mapping has at most {} bytes.", kLongestMapping));
    source.mapping = place;
    const NewUpload made = new_upload(*context.host);
    source.mapping_at = made.path;
    into.own_mapping(made, text);
  }
  const auto mapping = parse_mapping(source.mapping, text, schema);
  if (!mapping) return refuse(mapping);
  return {};
}

Result<void> read_file_of(const Context& context, const json::value& given, std::size_t number, const Schema& schema,
                          Sources& into) {
  const std::string place = fmt::format("files[{}]", number);
  auto members = Members::of(given, place + ".");
  if (!members) return refuse(members);
  ImportSource source;
  std::string upload;
  if (auto good = members->text("upload", upload); !good) return good;
  source.file = fmt::format("upload-{}.csv", number + 1);
  if (auto good = members->text("name", source.file); !good) return good;
  if (source.file.empty() || source.file.size() > kLongestName)
    return refuse(Code::invalid, place + ".name", fmt::format("A name has 1 to {} bytes.", kLongestName));
  const json::value* const mapping = members->take("mapping");
  if (auto good = members->end(); !good) return good;
  if (upload.empty())
    return refuse(Code::required, place + ".upload", "Send the file to /api/v1/uploads first; this is the id it got.");
  const auto found = find_upload(*context.host, upload);
  // What a body names is the body's mistake, not the path's.
  if (!found) return refuse(Code::invalid, place + ".upload", found.error().sentence);
  source.file_at = *found;
  if (auto good = read_mapping(context, mapping, place + ".mapping", schema, source, into); !good) return good;
  into.add(std::move(source));
  return {};
}

Result<void> read_flag(Members& members, std::string_view name, bool& into) {
  const json::value* given = members.take(name);
  if (!given) return {};
  if (!given->is_bool()) return refuse(Code::invalid, std::string(name), "This must be true or false.");
  into = given->get_bool();
  return {};
}

// Rejected rows are files of the job, each under a name of its own.
void hand_over_rejected(const Sources& sources, ImportRun& run, JobControl& control) {
  std::set<std::string> names;
  for (ImportReport& report : run.reports) {
    if (report.rejected_path.empty()) continue;
    const auto source = std::ranges::find(sources.sources, report.file, &ImportSource::file);
    const std::string name = fs::path(report.rejected_path).filename().string();
    report.rejected_path = name;
    for (int i = 2; !names.insert(report.rejected_path).second; ++i)
      report.rejected_path = fmt::format("{}-{}", i, name);
    control.made(rejected_path_of(source->file_at), report.rejected_path);
  }
}

Result<json::object> import_all(Hosted& hosted, const Sources& sources, ImportOptions options, JobControl& control) {
  const Importing importing(hosted.workspace());
  options.progress = [&](const ImportProgress& progress) {
    hosted.keep_pace(control.stop());
    return control.progress(progress.rows_done, progress.rows, progress.file);
  };
  ImportRun run = import_files(importing.host, sources.sources, options);
  hand_over_rejected(sources, run, control);
  control.so_far(to_json(run));
  if (run.refusal) return tl::unexpected<Refusal>(*run.refusal);
  const bool finished = std::ranges::all_of(run.reports, &ImportReport::finished);
  if (finished && !options.dry_run) sources.used_up();
  return to_json(run);
}

}  // namespace

Result<Jobs::Work> import_work(const Context& context, const std::shared_ptr<Hosted>& hosted) {
  if (const auto known = check_actor(context, hosted->workspace()); !known) return refuse(known);
  auto members = Members::of(context.body, "");
  if (!members) return refuse(members);
  ImportOptions options;
  options.actor = context.principal.member;
  const json::value* const files = members->take("files");
  if (auto good = read_flag(*members, "dry_run", options.dry_run); !good) return refuse(good);
  if (auto good = read_flag(*members, "again", options.again); !good) return refuse(good);
  if (auto good = members->end(); !good) return refuse(good);
  if (!files || !files->is_array() || files->get_array().empty())
    return refuse(Code::required, "files", "Name at least one file: {\"upload\": …, \"mapping\": …}.");
  if (files->get_array().size() > kMostFiles)
    return refuse(Code::too_large, "files", fmt::format("At most {} files are imported at once.", kMostFiles));
  const auto schema = hosted->workspace().schema();
  auto sources = std::make_shared<Sources>();
  std::set<std::string> names;
  for (std::size_t i = 0; i < files->get_array().size(); ++i) {
    if (auto good = read_file_of(context, files->get_array()[i], i, *schema, *sources); !good) return refuse(good);
    if (!names.insert(sources->sources.back().file).second)
      return refuse(Code::duplicate, fmt::format("files[{}].name", i), "Two of the files have this name.");
  }
  return [hosted, sources, options](JobControl& control) { return import_all(*hosted, *sources, options, control); };
}

Result<Jobs::Work> undo_import_work(const Context& context, const std::shared_ptr<Hosted>& hosted) {
  if (const auto known = check_actor(context, hosted->workspace()); !known) return refuse(known);
  auto members = Members::of(context.body, "");
  if (!members) return refuse(members);
  std::int64_t import = 0;
  if (auto good = members->whole("import", import); !good) return refuse(good);
  if (auto good = members->end(); !good) return refuse(good);
  if (!context.body.get_object().contains("import"))
    return refuse(Code::required, "import", "Which import? Its id stands in what the import came to.");
  if (import < 1) return refuse(Code::invalid, "import", "This must be the id of an import, a number from 1 on.");
  return [hosted, import, actor = context.principal.member](JobControl& control) -> Result<json::object> {
    const Importing importing(hosted->workspace());
    const auto report = undo_import(importing.host, import, actor,
                                    [&, tell = control.telling()](std::int64_t done, std::int64_t total) {
                                      hosted->keep_pace(control.stop());
                                      tell(done, total);
                                    });
    if (!report) return refuse(report);
    return to_json(*report);
  };
}

Result<Jobs::Work> demo_work(const Context& context, std::string& workspace) {
  auto members = Members::of(context.body, "");
  if (!members) return refuse(members);
  workspace = "demo";
  DemoOptions options;
  std::int64_t reps = options.reps, months = options.months, seed = static_cast<std::int64_t>(options.seed);
  if (auto good = members->text("workspace", workspace); !good) return refuse(good);
  for (const auto& [name, number] :
       {std::pair{"reps", &reps}, {"months", &months}, {"activities", &options.activities}, {"seed", &seed}})
    if (auto good = members->whole(name, *number); !good) return refuse(good);
  if (auto good = members->end(); !good) return refuse(good);
  if (seed < 0) return refuse(Code::invalid, "seed", "The seed is a whole number from 0 on.");
  options.reps = static_cast<int>(std::clamp<std::int64_t>(reps, 0, INT32_MAX));
  options.months = static_cast<int>(std::clamp<std::int64_t>(months, 0, INT32_MAX));
  options.seed = static_cast<std::uint64_t>(seed);
  if (auto good = check(options); !good) return refuse(good);
  if (auto free = context.host->directory().can_be_made(workspace); !free) return refuse(free);
  return [host = context.host, workspace, options](JobControl& control) -> Result<json::object> {
    DemoReport report;
    const auto made = host->create(workspace, demo_settings(), [&](Workspace& empty) -> Result<void> {
      try {
        auto told = make_demo(empty.ledger(), *empty.schema(), options, host->clock(), host->directory().random(),
                              control.telling());
        if (!told) return refuse(told);
        report = std::move(*told);
        return {};
      } catch (const JobStopped& stopped) {
        return refuse(Code::busy, "workspace", stopped.what());  // so that nothing is left of it
      }
    });
    if (!made) return refuse(made);
    const std::string patterns = host->directory().folder(workspace) + "/patterns.toml";
    NewFile file(patterns);
    file.write(to_toml(report));
    file.publish();
    return to_json(report, workspace, patterns);
  };
}

}  // namespace traction
