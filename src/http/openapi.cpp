#include "http/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "http/router.h"

namespace traction {
namespace {

struct Trouble {
  int status;
  std::string_view about;
  std::string_view header{};  // that the answer carries
};

// What problems may come, by status. Also the names of the shared answers: "Problem404".
constexpr Trouble kTroubles[] = {
    {400, "The request is malformed: an unknown or wrong parameter, a body that is not JSON, a body where none goes."},
    {403, "Not for who asks, or asked by a page of another origin."},
    {404, "There is no such record, workspace or other thing that the path or a parameter names."},
    {405, "The path does not take this method.", "Allow"},
    {408, "The request came too slowly."},
    {409, "Taken: a unique value belongs to another record, or the same Idempotency-Key is being worked on.",
     "Retry-After"},
    {412, "The record has changed since that version."},
    {413, "The body is too large."},
    {415, "The body is not of the content type that is taken here."},
    {421, "This is not the host that was asked for."},
    {422, "Understood and refused: a field, a reference or a rule stands against it."},
    {428, "A change of a record needs If-Match with the version it is meant for."},
    {431, "The head of the request is too large."},
    {500, "A mistake of ours."},
    {503, "Too busy, starting or ending; try again.", "Retry-After"},
    {507, "The disk is full."},
};

struct HeaderForm {
  std::string_view name, about, schema;
  bool always = true;  // carried by every answer that names it
};

constexpr HeaderForm kHeaders[] = {
    {"ETag", "The version, in double quotes: give it back as If-Match or If-None-Match.", R"({"type":"string"})"},
    {"Location", "Where what was made is found.", R"({"type":"string","format":"uri-reference"})"},
    {"Traction-Sequence", "The ledger's entry up to which this is known.",
     R"({"type":"integer","format":"int64","minimum":0})"},
    {"Retry-After", "Seconds to wait before asking again.", R"({"type":"integer","minimum":0})", false},
    {"Allow", "The methods that the path takes.", R"({"type":"string"})", false},
    {"Cache-Control", "How long it may be kept.", R"({"type":"string"})"},
    {"Content-Disposition", "What to call the file.", R"({"type":"string"})"},
};

json::object reference(std::string_view kind, std::string_view name) {
  return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

json::object header_of(std::string_view name) {
  for (const HeaderForm& form : kHeaders) {
    if (form.name != name) continue;
    json::object header{{"description", form.about}, {"schema", json::parse(form.schema)}};
    if (form.always) header["required"] = true;
    return header;
  }
  return {{"schema", json::object{{"type", "string"}}}, {"required", true}};
}

json::object schema_of(const Parameter& parameter) {
  json::object schema;
  switch (parameter.kind) {
    case Parameter::Kind::text:
      schema = {{"type", "string"}, {"maxLength", parameter.max_length}};
      if (!parameter.pattern.empty()) schema["pattern"] = parameter.pattern;
      break;
    case Parameter::Kind::integer:
      schema = {{"type", "integer"}, {"format", "int64"}};
      if (parameter.min) schema["minimum"] = *parameter.min;
      if (parameter.max) schema["maximum"] = *parameter.max;
      break;
    case Parameter::Kind::boolean:
      schema = {{"type", "boolean"}};
      break;
    case Parameter::Kind::choice:
      schema = {{"type", "string"}, {"enum", json::array(parameter.choices.begin(), parameter.choices.end())}};
      break;
  }
  if (!parameter.many) return schema;
  return {{"type", "array"}, {"items", std::move(schema)}};
}

json::object to_json(const Parameter& parameter) {
  static constexpr std::string_view kIn[] = {"path", "query", "header"};
  json::object out{{"name", parameter.name}, {"in", kIn[static_cast<int>(parameter.in)]}};
  if (!parameter.about.empty()) out["description"] = parameter.about;
  if (parameter.required || parameter.in == Parameter::In::path) out["required"] = true;
  out["schema"] = schema_of(parameter);
  if (!parameter.example.empty()) {
    json::value example = json::value(parameter.example);
    if (parameter.kind == Parameter::Kind::integer) example = std::stoll(parameter.example);
    if (parameter.kind == Parameter::Kind::boolean) example = parameter.example == "true";
    out["example"] = parameter.many ? json::value(json::array{std::move(example)}) : std::move(example);
  }
  return out;
}

json::object to_json(const Body& body) {
  json::object media;
  if (body.kind == Body::Kind::json) media["schema"] = reference("schemas", body.schema);
  return {{"required", body.required},
          {"description", fmt::format("At most {} bytes.", body.most)},
          {"content", json::object{{body.content_type, std::move(media)}}}};
}

// Answers of one status make one response, with each content type it may come as.
void add(json::object& responses, const Answered& answer) {
  json::object& response = responses.emplace(std::to_string(answer.status), json::object{{"description", answer.about}})
                               .first->value()
                               .get_object();
  for (const std::string& name : answer.headers) {
    json::value& headers = response.emplace("headers", json::object()).first->value();
    headers.get_object()[name] = header_of(name);
  }
  const bool json = !answer.schema.empty();
  if (!json && answer.content_type == "application/json") return;  // no body
  json::object media{{"schema", json ? reference("schemas", answer.schema) : json::object{{"type", "string"}}}};
  response.emplace("content", json::object()).first->value().get_object()[answer.content_type] = std::move(media);
}

bool takes(const Route& route, std::string_view parameter) {
  return std::ranges::any_of(route.parameters, [&](const Parameter& each) { return each.name == parameter; });
}

// What may go wrong with any operation of this form, and what the route says of itself.
std::set<int> problems_of(const Route& route) {
  std::set<int> problems{400, 421, 431, 500, 503};
  problems.insert(403);
  const bool in_path =
      std::ranges::any_of(route.parameters, [](const Parameter& each) { return each.in == Parameter::In::path; });
  if (in_path || takes(route, "workspace")) problems.insert(404);
  if (takes(route, "workspace")) problems.insert(422);  // which of several?
  if (takes(route, "Idempotency-Key")) problems.insert({409, 422});
  if (takes(route, "If-Match")) problems.insert({412, 428});
  if (route.body.kind != Body::Kind::none) problems.insert({408, 413, 415, 422});
  if (route.method != Method::get && route.method != Method::head) problems.insert(507);
  problems.insert(route.problems.begin(), route.problems.end());
  return problems;
}

json::object operation(const Route& route) {
  static constexpr std::string_view kWho[] = {"anyone", "reader", "writer", "owner"};
  json::object out{{"operationId", route.id}, {"tags", json::array{route.tag}}, {"summary", route.summary}};
  if (!route.about.empty()) out["description"] = route.about;
  out["x-policy"] = kWho[static_cast<int>(route.policy.who())];
  if (!route.parameters.empty()) {
    json::array parameters;
    for (const Parameter& parameter : route.parameters) parameters.emplace_back(to_json(parameter));
    out["parameters"] = std::move(parameters);
  }
  if (route.body.kind != Body::Kind::none) out["requestBody"] = to_json(route.body);
  json::object responses;
  for (const Answered& answer : route.answers) add(responses, answer);
  for (const int status : problems_of(route))
    if (!responses.contains(std::to_string(status)))
      responses[std::to_string(status)] = reference("responses", fmt::format("Problem{}", status));
  out["responses"] = std::move(responses);
  return out;
}

json::object problem_responses() {
  json::object all;
  for (const Trouble& trouble : kTroubles) {
    json::object response{{"description", trouble.about}};
    if (!trouble.header.empty()) response["headers"] = json::object{{trouble.header, header_of(trouble.header)}};
    response["content"] =
        json::object{{"application/problem+json", json::object{{"schema", reference("schemas", "Problem")}}}};
    all[fmt::format("Problem{}", trouble.status)] = std::move(response);
  }
  return all;
}

constexpr std::string_view kAbout =
    "Everything that a sales team's record holds, and the numbers computed from it.\n\n"
    "A request names its workspace by `?workspace=`; without it, \"default\" is meant, or the only one there is. A "
    "change of a record needs `If-Match` with its version, so that nobody overwrites what he has not seen. A write "
    "with an `Idempotency-Key` can be repeated safely. `Traction-Sequence`, which every write answers with, can be "
    "demanded of a read, so that it knows that write. Instants are RFC 3339 in UTC, money is in minor units. "
    "Problems are `application/problem+json`; [what each means](/docs/problems).";

}  // namespace

json::object openapi(std::span<const Route> routes, const Schema& schema) {
  json::object paths;
  json::array tags;
  std::set<std::string> seen;
  const auto describe = [&](const Route& route) {
    if (seen.insert(route.tag).second) tags.emplace_back(json::object{{"name", route.tag}});
    json::value& item = paths.emplace(route.path, json::object()).first->value();
    item.get_object()[lower(name(route.method))] = operation(route);
  };
  std::ranges::for_each(routes, describe);
  std::ranges::for_each(health_routes(), describe);
  return {{"openapi", "3.1.0"},
          {"info", json::object{{"title", "Traction"},
                                {"version", "1"},
                                {"description", kAbout},
                                {"license", json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
          {"servers", json::array{json::object{{"url", "/"}}}},
          {"tags", std::move(tags)},
          {"paths", std::move(paths)},
          {"components", json::object{{"schemas", components(schema)}, {"responses", problem_responses()}}}};
}

}  // namespace traction
