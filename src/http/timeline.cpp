#include "http/timeline.h"

#include <fmt/format.h>

#include "app/record_json.h"
#include "app/timeline.h"
#include "base/text.h"
#include "http/commands.h"
#include "http/found.h"
#include "http/problem.h"
#include "http/routes.h"

namespace traction {
namespace {

constexpr std::int64_t kMostItems = 500;

json::object item_json(const Schema& schema, const RecordType& type, const TimelineItem& item, Titles* titles) {
  json::object out{{"kind", item.entry ? "entry" : "activity"}, {"at", nullptr}};
  if (item.at) out["at"] = to_string(*item.at);
  if (item.entry) out["entry"] = entry_json(type, *item.entry);
  if (item.activity) out["activity"] = record_json(schema.need("activity"), *item.activity, titles);
  return out;
}

Result<Response> read_timeline(const Context& context, const std::string& type_name) {
  const auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  Workspace& workspace = (*hosted)->workspace();
  const auto demanded = demanded_sequence(context, **hosted);
  if (!demanded) return refuse(demanded);
  const auto schema = workspace.schema();
  const RecordType& type = schema->need(type_name);
  const auto record = find_record(*workspace.ledger().read(), type, target_of(context));
  if (!record) return refuse(Code::not_found, "id", fmt::format("There is no such {}.", lower(type.label)));
  const auto page = timeline(workspace, *schema, *record, static_cast<std::size_t>(context.integer("limit", 50)),
                             context.text("cursor"), *demanded);
  if (!page) return refuse(page);
  const auto reader = workspace.ledger().read();
  Titles titles(*reader, *schema);
  json::array items;
  for (const TimelineItem& item : page->items)
    items.emplace_back(item_json(*schema, type, item, context.flag("titles") ? &titles : nullptr));
  Response response = json_response(200, json::object{{"items", std::move(items)}, {"next", page->next}});
  response.headers.push_back({"Traction-Sequence", std::to_string(page->known)});
  return response;
}

}  // namespace

std::vector<Route> timeline_routes(const Schema& schema) {
  std::vector<Route> routes;
  for (const RecordType& type : schema.types()) {
    if (type.single) continue;
    routes.push_back(
        {.method = Method::get,
         .path = collection_path(type) + "/{id}/timeline",
         .policy = kReader,
         .id = "timeline_of_" + type.name,
         .tag = "Timelines",
         .summary = fmt::format("What happened to a {} and around it", lower(type.label)),
         .about = "Its own entries and the activities that refer to it, newest first.",
         .parameters = {id_parameter(), workspace_parameter(), limit_parameter(50, kMostItems), cursor_parameter(),
                        titles_parameter(), sequence_parameter()},
         .answers = {{.status = 200, .about = "A page.", .schema = "Timeline", .headers = {"Traction-Sequence"}}},
         .problems = {422},
         .slow = true,
         .handler = answering([name = type.name](const Context& context) { return read_timeline(context, name); })});
  }
  return routes;
}

}  // namespace traction
