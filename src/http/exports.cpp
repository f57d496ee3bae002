#include "http/exports.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "app/export.h"
#include "app/given.h"
#include "http/routes.h"

namespace traction {
namespace {

// The client has gone: nothing more needs to be read.
struct Gone {};

void send(Host& host, Workspace& workspace, const std::string& type, ExportFormat format, Sink& sink) {
  const auto schema = workspace.schema();
  const auto note = [&](const std::string& what) {
    host.directory().control().audit({host.clock().now(), "export", workspace.name(), what});
  };
  const std::string& plural = schema->need(type).plural;
  try {
    std::int64_t written = 0;
    {
      const auto reader = workspace.ledger().read();
      const auto all = export_records(*reader, *schema, type, format, locale_of(workspace.settings()).currency,
                                      [&](std::string_view text) {
                                        if (!sink.write(text)) throw Gone();
                                      });
      written = all.value_or(0);
    }
    note(fmt::format("{} {}", written, plural));
  } catch (const Gone&) {
    note(fmt::format("some of the {}; whoever asked hung up", plural));
  }
}

Handler exporting(std::string type) {
  return answering([type = std::move(type)](const Context& context) -> Result<Response> {
    const auto hosted = workspace_of(context);
    if (!hosted) return refuse(hosted);
    const bool csv = context.text("format", "csv") == "csv";
    const std::string& plural = context.host->definitions()->schema.need(type).plural;
    Response response;
    response.headers = {{"Content-Type", csv ? "text/csv; charset=utf-8" : "application/jsonl"},
                        {"Content-Disposition", attachment(plural + (csv ? ".csv" : ".jsonl"))}};
    response.body = Producer([host = context.host, hosted = *hosted, type, csv](Sink& sink) {
      send(*host, hosted->workspace(), type, csv ? ExportFormat::csv : ExportFormat::json_lines, sink);
    });
    return response;
  });
}

Handler mapping(std::string type) {
  return answering([type = std::move(type)](const Context& context) -> Result<Response> {
    const auto hosted = workspace_of(context);
    if (!hosted) return refuse(hosted);
    Response response;
    response.headers = {{"Content-Type", "application/toml"}};
    const auto schema = (*hosted)->workspace().schema();
    response.body = export_mapping(*schema, schema->need(type));
    return response;
  });
}

}  // namespace

std::string attachment(std::string_view name) {
  std::string plain(name.substr(name.rfind('/') + 1));
  for (char& c : plain)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_') c = '_';
  return fmt::format("attachment; filename=\"{}\"", plain);
}

std::vector<Route> export_routes(const Schema& schema) {
  std::vector<Route> routes;
  for (const RecordType& type : schema.types()) {
    const std::string path = collection_path(type);
    const std::string name(type.single ? std::string_view("settings") : std::string_view(type.plural));
    std::string id = name;
    std::ranges::replace(id, ' ', '_');
    routes.push_back({.method = Method::get,
                      .path = path + "/export",
                      .policy = kReader,
                      .id = "export_" + id,
                      .tag = "Export",
                      .summary = fmt::format("All {} as a file, oldest first", name),
                      .parameters = {workspace_parameter(),
                                     {.name = "format",
                                      .about = "csv, or jsonl: an object per line.",
                                      .kind = Parameter::Kind::choice,
                                      .choices = {"csv", "jsonl"}}},
                      .answers = {{.status = 200,
                                   .about = "A header, then a row per record.",
                                   .content_type = "text/csv",
                                   .headers = {"Content-Disposition"}},
                                  {.status = 200,
                                   .about = "A record per line.",
                                   .content_type = "application/jsonl",
                                   .headers = {"Content-Disposition"}}},
                      .problems = {404, 422},
                      .handler = exporting(type.name)});
    routes.push_back(
        {.method = Method::get,
         .path = path + "/export-mapping",
         .policy = kReader,
         .id = fmt::format("export_{}_mapping", id),
         .tag = "Export",
         .summary = fmt::format("The mapping by which exported {} are imported", name),
         .parameters = {workspace_parameter()},
         .answers = {{.status = 200, .about = "TOML (docs/import.md).", .content_type = "application/toml"}},
         .problems = {404, 422},
         .handler = mapping(type.name)});
  }
  return routes;
}

}  // namespace traction
