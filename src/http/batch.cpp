// The operations that are about records of several types: a batch of actions that happens wholly or not at all, search,
// and a record's timeline (timeline.cpp).
#include <fmt/format.h>

#include "app/given.h"
#include "base/text.h"
#include "domain/decide.h"
#include "http/commands.h"
#include "http/found.h"
#include "http/problem.h"
#include "http/routes.h"
#include "http/timeline.h"
#include "ledger/body.h"

namespace traction {
namespace {

constexpr std::uint64_t kMostBatch = 8 << 20;
constexpr std::int64_t kMostFound = 500;

Result<Verb> verb_of(const std::string& word, const std::string& place) {
  static const std::vector<std::pair<std::string, Verb>> kVerbs{{"create", Verb::create}, {"change", Verb::change},
                                                                {"delete", Verb::remove}, {"restore", Verb::restore},
                                                                {"merge", Verb::merge},   {"unmerge", Verb::unmerge}};
  std::vector<std::string> known;
  for (const auto& [name, verb] : kVerbs) {
    if (name == word) return verb;
    known.push_back(name);
  }
  return refuse(word.empty() ? Code::required : Code::unknown, place + "verb",
                fmt::format("\"{}\" is not something to do; there are {}.{}", excerpt(word), enumerate(known),
                            did_you_mean(excerpt(word), known)));
}

// What the action is about: exactly one of "id", "ref" and "new".
Result<void> read_target(Members& members, Action& action) {
  const json::value *id = members.take("id"), *client_ref = members.take("ref"), *made = members.take("new");
  const int named = (id != nullptr) + (client_ref != nullptr) + (made != nullptr);
  if (action.verb == Verb::create) {
    if (named == 0) return {};
    return refuse(Code::invalid, members.place() + "id",
                  "What is created has no id yet; its own name is \"client_ref\".");
  }
  if (named != 1)
    return refuse(named ? Code::invalid : Code::required, members.place() + "id",
                  "Name the record by one of \"id\", \"ref\" and \"new\".");
  if (id && id->is_int64() && id->get_int64() > 0)
    action.target = id->get_int64();
  else if (client_ref && client_ref->is_string())
    action.target = std::string(client_ref->get_string());
  else if (made && made->is_int64() && made->get_int64() >= 0)
    action.target = NewRef{static_cast<std::size_t>(made->get_int64())};
  else
    return refuse(Code::invalid,
                  members.place() + (id           ? "id"
                                     : client_ref ? "ref"
                                                  : "new"),
                  "\"id\" takes an id, \"ref\" a client_ref, \"new\" the place of a creation in this batch, from 0.");
  return {};
}

Result<Action> read_action(const json::value& value, const std::string& place) {
  auto members = Members::of(value, place);
  if (!members) return refuse(members);
  Action action;
  std::string word;
  if (auto good = members->text("verb", word); !good) return refuse(good);
  const auto verb = verb_of(word, place);
  if (!verb) return refuse(verb);
  action.verb = *verb;
  if (auto good = members->text("type", action.type); !good) return refuse(good);
  if (action.type.empty())
    return refuse(Code::required, place + "type", "\"type\" is missing: \"deal\", \"contact\" …");
  if (auto good = read_target(*members, action); !good) return refuse(good);
  if (auto good = members->occurred(action); !good) return refuse(good);
  if (action.verb == Verb::create || action.verb == Verb::change)
    if (auto good = members->object("fields", action.fields); !good) return refuse(good);
  if (action.verb == Verb::create) {
    std::string client_ref;
    if (auto good = members->text("client_ref", client_ref); !good) return refuse(good);
    if (value.get_object().contains("client_ref")) action.client_ref = std::move(client_ref);
  } else {
    std::int64_t version = 0;
    if (auto good = members->whole("version", version); !good) return refuse(good);
    if (value.get_object().contains("version")) action.expected_version = version;
  }
  if (action.verb == Verb::merge) {
    if (auto good = members->ref("into", action.into); !good) return refuse(good);
  }
  if (auto good = members->end(); !good) return refuse(good);
  return action;
}

Result<std::vector<Action>> read_actions(const json::value& body) {
  auto members = Members::of(body, "");
  if (!members) return refuse(members);
  const json::value* list = members->take("actions");
  if (!list) return refuse(Code::required, "actions", "\"actions\" is missing.");
  if (!list->is_array()) return refuse(Code::invalid, "actions", "This must be a list of actions.");
  if (auto good = members->end(); !good) return refuse(good);
  // Too many are told before each is looked at; what else is wrong with their number, decide() says.
  if (list->get_array().size() > kMostActions)
    return refuse(Code::too_large, "actions", fmt::format("A batch has at most {} actions.", kMostActions));
  std::vector<Action> actions;
  for (const json::value& each : list->get_array()) {
    auto action = read_action(each, fmt::format("actions[{}].", actions.size()));
    if (!action) return refuse(action);
    actions.push_back(std::move(*action));
  }
  return actions;
}

Response written(const Outcome& outcome) {
  json::array actions;
  for (const Done& done : outcome.actions)
    actions.emplace_back(json::object{{"id", done.record}, {"version", done.version}});
  Response response = json_response(200, json::object{{"actions", std::move(actions)}, {"sequence", outcome.seq}});
  response.headers.push_back({"Traction-Sequence", std::to_string(outcome.seq)});
  return response;
}

void do_batch(const Context& context, const Reply& reply) {
  const auto hosted = workspace_of(context);
  if (!hosted) return reply(problem(hosted.error()));
  auto actions = read_actions(context.body);
  if (!actions) return reply(problem(actions.error()));
  write(context, *hosted, std::move(*actions), WriteScope::batch, written, reply);
}

Result<Response> search(const Context& context) {
  const auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  const auto schema = (*hosted)->workspace().schema();
  std::int32_t only = 0;
  if (context.has("type")) {
    const auto type = type_named(*schema, context.text("type"));
    if (!type) return refuse(type);
    only = (*type)->number;
  }
  const std::string given = context.text("text");
  const std::string_view text = trim(given);
  if (characters(text) < kShortestSearch)
    return refuse(Code::invalid, "text", "A search needs at least three letters.");
  const auto reader = (*hosted)->workspace().ledger().read();
  const auto limit = static_cast<std::size_t>(context.integer("limit", 50));
  const auto found = reader->search(only, text, INT64_MAX, limit);
  Response response = json_response(200, json::object{{"records", records_json(context, *schema, *reader, found)}});
  response.headers.push_back({"Traction-Sequence", std::to_string(reader->head().seq)});
  return response;
}

}  // namespace

std::vector<Route> batch_routes(const Schema& schema) {
  std::vector<Route> routes{
      {.method = Method::post,
       .path = "/api/v1/batch",
       .policy = kWriter,
       .id = "batch",
       .tag = "Records",
       .summary = "Do several things, wholly or not at all",
       .about =
           fmt::format("At most {} actions, done in order. Each may name what an earlier one creates.", kMostActions),
       .parameters = writing_parameters(),
       .body = {.kind = Body::Kind::json, .schema = "Batch", .most = kMostBatch},
       .answers = {{.status = 200,
                    .about = "All of it was done.",
                    .schema = "BatchWritten",
                    .headers = {"Traction-Sequence"}}},
       .problems = {409, 412, 422},
       .handler = do_batch},
      {.method = Method::get,
       .path = "/api/v1/search",
       .policy = kReader,
       .id = "search",
       .tag = "Records",
       .summary = "Find records by a part of their texts",
       .about = "Newest first. Activities are not searched.",
       .parameters = {workspace_parameter(),
                      {.name = "text",
                       .about = "At least three letters.",
                       .required = true,
                       .max_length = 200,
                       .example = "acme"},
                      {.name = "type", .about = "Only this record type.", .max_length = 60, .example = "account"},
                      limit_parameter(50, kMostFound),
                      titles_parameter()},
       .answers =
           {{.status = 200, .about = "What was found.", .schema = "SearchResult", .headers = {"Traction-Sequence"}}},
       .problems = {422},
       .slow = true,
       .handler = answering(search)}};
  for (Route& route : timeline_routes(schema)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace traction
