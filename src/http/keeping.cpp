// Keeping the data: workspaces, the doctor, versions. What takes long is a job (jobs.cpp).
#include <fmt/format.h>

#include "app/report_json.h"
#include "http/commands.h"
#include "http/problem.h"
#include "http/routes.h"

namespace traction {
namespace {

Result<Response> list_workspaces(const Context& context) {
  return json_response(200, to_json(context.host->directory().control().workspaces()));
}

// {"workspace": name, "settings": {…}}; the settings' name is the workspace's unless given.
Result<Response> create_workspace(const Context& context) {
  auto members = Members::of(context.body, "");
  if (!members) return refuse(members);
  std::string name;
  json::object settings;
  if (auto good = members->text("workspace", name); !good) return refuse(good);
  if (context.body.get_object().contains("settings"))
    if (auto good = members->object("settings", settings); !good) return refuse(good);
  members->take("settings");
  if (auto good = members->end(); !good) return refuse(good);
  if (!context.body.get_object().contains("workspace"))
    return refuse(Code::required, "workspace", "Name the workspace: lower-case letters, digits, \"-\" and \"_\".");
  if (!settings.contains("name")) settings["name"] = name;
  const auto made = context.host->create(name, std::move(settings));
  if (!made) {
    Refusal refusal = made.error();
    for (const std::string_view prefix : {"actions[0].fields.", "actions[0]."})
      if (refusal.field.starts_with(prefix)) refusal.field = "settings." + refusal.field.substr(prefix.size());
    return tl::unexpected<Refusal>(std::move(refusal));
  }
  Response response =
      json_response(201, json::object{{"workspace", name}, {"settings", (*made)->workspace().settings()}});
  response.headers.push_back({"Location", "/api/v1/settings?workspace=" + name});
  return response;
}

Result<Response> look_over(const Context& context) { return json_response(200, to_json(examine(*context.host))); }

Result<Response> tell_versions(const Context&) { return json_response(200, versions_json()); }

Route keeping_route(Method method, std::string path, Policy policy, std::string id, std::string summary,
                    Answered answer, Result<Response> (*handler)(const Context&)) {
  return {.method = method,
          .path = std::move(path),
          .policy = policy,
          .id = std::move(id),
          .tag = "Keeping",
          .summary = std::move(summary),
          .answers = {std::move(answer)},
          .slow = true,
          .handler = answering(handler)};
}

}  // namespace

std::vector<Route> keeping_routes(const Schema&) {
  std::vector<Route> routes;
  routes.push_back(
      keeping_route(Method::get, "/api/v1/workspaces", kReader, "list_workspaces", "Which workspaces there are",
                    {.status = 200, .about = "All of them, by name.", .schema = "WorkspaceList"}, list_workspaces));
  Route create = keeping_route(
      Method::post, "/api/v1/workspaces", kOwner, "create_workspace", "Make a workspace",
      {.status = 201, .about = "It is there.", .schema = "WorkspaceMade", .headers = {"Location"}}, create_workspace);
  create.about =
      "Settings that are not given are as the settings' description says: zone UTC, currency USD; the name is the "
      "workspace's own.";
  create.body = {.kind = Body::Kind::json, .schema = "WorkspaceCreate"};
  create.problems = {409, 422, 503};
  routes.push_back(std::move(create));
  routes.push_back(keeping_route(Method::get, "/api/v1/doctor", kOwner, "doctor", "Is everything well?",
                                 {.status = 200, .about = "What was found.", .schema = "Doctor"}, look_over));
  routes.push_back(keeping_route(Method::get, "/api/v1/version", kReader, "version",
                                 "Versions of Traction and its parts",
                                 {.status = 200, .about = "By name.", .schema = "Version"}, tell_versions));
  return routes;
}

}  // namespace traction
