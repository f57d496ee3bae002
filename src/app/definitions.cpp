#include "app/definitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/fault.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

bool holds_definitions(const fs::path& directory) {
  std::error_code ignored;
  return fs::is_directory(directory / "records", ignored);
}

}  // namespace

Result<std::string> find_definitions() {
  if (const char* given = std::getenv("TRACTION_DEFINITIONS"); given && *given) {
    if (holds_definitions(given)) return std::string(given);
    return refuse(Code::not_found, "TRACTION_DEFINITIONS",
                  fmt::format("TRACTION_DEFINITIONS says {}, but there is no folder \"records\" in it.", given));
  }
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed).parent_path();
  const fs::path installed = program.parent_path() / "share/traction/definitions";
  if (!failed && holds_definitions(installed)) return installed.string();
  // A program in a build tree stands some folders below the source tree.
  for (fs::path up = program; !failed && up.has_relative_path(); up = up.parent_path())
    if (holds_definitions(up / "definitions")) return (up / "definitions").string();
  return refuse(Code::not_found, "definitions",
                fmt::format("The definitions are neither in {} nor in a folder above {}. Install them there, or set "
                            "TRACTION_DEFINITIONS to where they are.",
                            installed.string(), program.string()));
}

std::vector<DefinitionFile> read_definitions(const std::string& directory, const std::string& folder,
                                             const std::string& extension) {
  std::vector<DefinitionFile> files;
  const fs::path where = fs::path(directory) / folder;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(where, missing)) {
    if (entry.path().extension() != extension) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) throw Fault(Fault::Kind::disk, fmt::format("{} cannot be read.", entry.path().string()));
    files.push_back({folder + "/" + entry.path().filename().string(), std::move(text)});
  }
  std::ranges::sort(files, {}, &DefinitionFile::path);
  return files;
}

Result<std::shared_ptr<const Definitions>> load_definitions(const std::string& directory) {
  auto definitions = std::make_shared<Definitions>();
  definitions->directory = directory;
  auto schema = Schema::load(read_definitions(directory, "records", ".toml"));
  if (!schema) return refuse(schema);
  definitions->schema = std::move(*schema);
  auto facts = load_facts(read_definitions(directory, "facts", ".sql"));
  if (!facts) return refuse(facts);
  definitions->facts = std::move(*facts);
  auto catalogue =
      Catalogue::load(read_definitions(directory, "metrics", ".toml"), definitions->facts, definitions->schema);
  if (!catalogue) return refuse(catalogue);
  definitions->catalogue = std::move(*catalogue);
  return definitions;
}

}  // namespace traction
