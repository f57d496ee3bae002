#include "app/import/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/import/cell.h"
#include "app/import/file.h"
#include "base/fault.h"
#include "base/text.h"
#include "ledger/chain.h"

namespace traction {

namespace {

namespace fs = std::filesystem;

const std::string& place(const std::string& name, const std::string& at) { return at.empty() ? name : at; }

Result<Mapping> read_mapping(const std::string& name, const std::string& path, const Schema& schema) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || fs::is_directory(path) || !(text << in.rdbuf()))
    return refuse(Code::not_found, name, "The mapping cannot be opened.");
  return parse_mapping(name, text.str(), schema);
}

// A date without a declared form is taken only as ISO 8601. The first that has another form is shown with the forms it
// could have: whether 3/4 is in March or in April is not ours to guess.
Result<void> check_dates(const PreparedFile& prepared) {
  CsvFile& file = *prepared.file;
  std::vector<std::pair<std::size_t, const CellForm*>> undeclared;
  for (const std::string& column : prepared.mapping.dated_columns()) {
    const CellForm& form = prepared.mapping.form_of(column);
    const auto at = std::find(file.header().begin(), file.header().end(), column) - file.header().begin();
    if (form.date.empty()) undeclared.emplace_back(static_cast<std::size_t>(at), &form);
  }
  if (undeclared.empty()) return {};
  for (CsvRow row; file.next(row);) {
    if (!row.problem.empty()) continue;
    for (const auto& [column, form] : undeclared) {
      const std::string_view cell = plain_cell(*form, row.cells[column]);
      if (cell.empty() || is_iso(cell)) continue;
      const std::string forms = likely_date_forms(cell);
      if (forms.empty()) continue;  // no date at all: that row is rejected in its turn
      return refuse(
          Code::invalid, fmt::format("{}, row {}, column {}", prepared.source.file, row.number, file.header()[column]),
          fmt::format("\"{}\" is a date or time of a form that the mapping does not declare. Add date = {} under "
                      "[column.{}] in {}, whichever it is.",
                      excerpt(cell), forms, file.header()[column], prepared.source.mapping));
    }
  }
  file.rewind();
  return {};
}

Result<std::unique_ptr<PreparedFile>> prepare(const ImportSource& source, const Schema& schema) {
  auto mapping = read_mapping(source.mapping, place(source.mapping, source.mapping_at), schema);
  if (!mapping) return refuse(mapping);
  auto prepared = std::make_unique<PreparedFile>();
  prepared->source = source;
  prepared->mapping = std::move(*mapping);
  auto file = CsvFile::open(place(source.file, source.file_at), prepared->mapping.csv, source.file);
  if (!file) return refuse(file);
  prepared->file = std::move(*file);
  if (auto bound = prepared->mapping.bind(prepared->file->header()); !bound) return refuse(bound);
  if (!prepared->mapping.zone.empty())
    if (auto zone = Zone::find(prepared->mapping.zone); !zone)
      return refuse(zone.error().code, source.mapping, zone.error().sentence);
  if (auto checked = check_dates(*prepared); !checked) return refuse(checked);
  prepared->digest =
      fmt::format("{:016x}{:016x}", short_digest(prepared->file->bytes()), short_digest(prepared->mapping.text));
  return prepared;
}

// Files whose records others name come first; what does not depend on each other, or on each other in a circle, keeps
// the order given.
void put_in_order(std::vector<std::unique_ptr<PreparedFile>>& files) {
  std::vector<std::unique_ptr<PreparedFile>> ordered;
  while (!files.empty()) {
    const auto ready = std::find_if(files.begin(), files.end(), [&](const auto& file) {
      const auto needed = file->mapping.needed_types();
      return std::none_of(files.begin(), files.end(), [&](const auto& other) {
        const auto made = other->mapping.made_types();
        return other != file &&
               std::any_of(needed.begin(), needed.end(), [&](const auto& t) { return made.contains(t); });
      });
    });
    const auto next = ready == files.end() ? files.begin() : ready;
    ordered.push_back(std::move(*next));
    files.erase(next);
  }
  files = std::move(ordered);
}

}  // namespace

ImportRun import_files(const ImportHost& host, const std::vector<ImportSource>& sources, const ImportOptions& options) {
  ImportRun run;
  std::vector<std::unique_ptr<PreparedFile>> files;
  for (const ImportSource& source : sources) {
    auto prepared = prepare(source, host.schema);
    if (!prepared) {
      run.refusal = prepared.error();
      return run;
    }
    files.push_back(std::move(*prepared));
  }
  put_in_order(files);
  Rehearsal records(host.schema, host.ledger, host.clock.now(), host.metrics);
  for (const auto& file : files) {
    auto report = FileImport(host, *file, options, records).run();
    if (!report) {
      run.refusal = report.error();
      return run;
    }
    run.reports.push_back(std::move(*report));
    if (!run.reports.back().finished) return run;
  }
  return run;
}

Result<ImportReport> import_file(const ImportHost& host, const ImportSource& source, const ImportOptions& options) {
  ImportRun run = import_files(host, {source}, options);
  if (run.refusal) return tl::unexpected<Refusal>(std::move(*run.refusal));
  return std::move(run.reports.front());
}

Result<std::vector<ImportSource>> pair_files(const std::string& directory, const std::string& mappings,
                                             const Schema& schema) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(mappings, error))
    if (entry.path().extension() == ".toml") paths.push_back(entry.path().string());
  if (error || paths.empty())
    return refuse(Code::not_found, mappings, "There is no mapping (*.toml) in this directory.");
  std::sort(paths.begin(), paths.end());
  std::vector<ImportSource> sources;
  for (const std::string& path : paths) {
    const auto mapping = read_mapping(path, path, schema);
    if (!mapping) return refuse(mapping);
    if (mapping->file.empty())
      return refuse(Code::required, path,
                    "To be used with a directory, a mapping says under [file] what its file is "
                    "called: name = \"deals.csv\".");
    const fs::path file = fs::path(directory) / mapping->file;
    if (!fs::exists(file, error))
      return refuse(Code::not_found, file.string(),
                    fmt::format("The mapping {} is for this file, which is not there.", path));
    sources.push_back({file.string(), path});
  }
  return sources;
}

std::string rejected_path_of(const std::string& file) {
  fs::path path(file);
  if (lower(path.extension().string()) == ".csv") path.replace_extension();
  return path.string() + ".rejected.csv";
}

}  // namespace traction
