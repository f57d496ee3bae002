// The operations on records, the same for every type of the schema: list, create, read, change, delete, restore, and
// where the type has it merge, unmerge and erase; of the workspace's settings, of which there is one record, read and
// change.
#include <fmt/format.h>

#include <algorithm>

#include "app/list.h"
#include "app/record_json.h"
#include "base/text.h"
#include "domain/decide.h"
#include "http/commands.h"
#include "http/found.h"
#include "http/openapi.h"
#include "http/problem.h"
#include "http/routes.h"

namespace traction {
namespace {

constexpr const char* kSettingsPath = "/api/v1/settings";

Header sequence_header(Seq seq) { return {"Traction-Sequence", std::to_string(seq)}; }

Response not_there(const RecordType& type) {
  return problem(404, "not_found", "id", fmt::format("There is no such {}.", lower(type.label)));
}

// Whether the client has this version already.
bool has_it(const Context& context, const std::string& tag) {
  for (const std::string& each : split(context.text("If-None-Match"), ',')) {
    std::string_view known = trim(each);
    if (known.starts_with("W/")) known.remove_prefix(2);
    if (known == "*" || known == tag) return true;
  }
  return false;
}

Response read_found(const Context& context, const Schema& schema, Reader& reader, const RecordType& type,
                    const std::optional<StoredRecord>& record) {
  if (!record) return not_there(type);
  const std::string tag = etag(record->version);
  const bool titles = context.flag("titles");
  Response response;
  if (!titles && has_it(context, tag)) {
    response.status = 304;
  } else {
    Titles names(reader, schema);
    response = json_response(200, record_json(type, *record, titles ? &names : nullptr));
  }
  response.headers.push_back({"ETag", tag});
  response.headers.push_back(sequence_header(reader.head().seq));
  return response;
}

Result<Response> read_record(const Context& context, const std::string& type_name) {
  const auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  const auto schema = (*hosted)->workspace().schema();
  const RecordType& type = schema->need(type_name);
  const auto reader = (*hosted)->workspace().ledger().read();
  return read_found(context, *schema, *reader, type, find_record(*reader, type, target_of(context)));
}

Result<Response> read_settings(const Context& context, const std::string& type_name) {
  const auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  const auto schema = (*hosted)->workspace().schema();
  const RecordType& type = schema->need(type_name);
  const auto reader = (*hosted)->workspace().ledger().read();
  auto records = reader->newest(type.number, INT64_MAX, 1);
  return read_found(context, *schema, *reader, type,
                    records.empty() ? std::nullopt : std::optional(std::move(records.front())));
}

Result<Response> list_records(const Context& context, const std::string& type_name) {
  const auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  Workspace& workspace = (*hosted)->workspace();
  const auto demanded = demanded_sequence(context, **hosted);
  if (!demanded) return refuse(demanded);
  ListQuery query;
  query.type = type_name;
  for (const std::string& text : context.all("where")) {
    auto filter = parse_list_filter(text);
    if (!filter) return refuse(Code::invalid, "where", filter.error().sentence);
    query.where.push_back(std::move(*filter));
  }
  query.sort = context.text("sort");
  query.descending = query.sort.starts_with('-');
  if (query.descending) query.sort.erase(0, 1);
  query.limit = static_cast<std::size_t>(context.integer("limit", static_cast<std::int64_t>(query.limit)));
  query.cursor = context.text("cursor");
  query.at_least = *demanded;
  const auto page = list(workspace, query);
  if (!page) return refused(page.error(), WriteScope::batch);
  const auto schema = workspace.schema();
  const auto reader = workspace.ledger().read();
  Response response = json_response(
      200, json::object{{"records", records_json(context, *schema, *reader, page->records)}, {"next", page->next}});
  response.headers.push_back(sequence_header(page->known));
  return response;
}

// The answer to one action: a function of what it came to alone, so that a repeat gets the same.
Shape written(int status, const std::string& type, const std::string& location = "") {
  return [status, type, location](const Outcome& outcome) {
    const Done& done = outcome.actions.front();
    Response response = json_response(
        status,
        json::object{{"id", done.record}, {"type", type}, {"version", done.version}, {"sequence", outcome.seq}});
    response.headers.push_back({"ETag", etag(done.version)});
    response.headers.push_back(sequence_header(outcome.seq));
    if (!location.empty()) response.headers.push_back({"Location", fmt::format(fmt::runtime(location), done.record)});
    return response;
  };
}

// One action on the workspace: `complete` reads what this verb takes.
using Complete = std::function<Result<void>(const Context&, Hosted&, Action&)>;

Handler writing(Verb verb, const std::string& type, const Complete& complete) {
  return [verb, type, complete](const Context& context, const Reply& reply) {
    auto hosted = workspace_of(context);
    if (!hosted) return reply(problem(hosted.error()));
    Action action;
    action.verb = verb;
    action.type = type;
    if (context.has("id")) action.target = target_of(context);
    if (context.has("If-Match")) {
      const std::string version = context.text("If-Match");
      if (version != "*") action.expected_version = version_of(version);
    }
    if (context.has("occurred_at"))
      if (const auto read = read_occurred(context.text("occurred_at"), action); !read)
        return reply(problem(400, name(read.error().code), read.error().field, read.error().sentence));
    if (complete)
      if (const auto completed = complete(context, **hosted, action); !completed)
        return reply(problem(completed.error()));
    const std::string location =
        verb != Verb::create ? ""
                             : fmt::format("{}/{{}}{}", context.route->path,
                                           context.has("workspace") ? "?workspace=" + context.text("workspace") : "");
    std::vector<Action> actions;
    actions.push_back(std::move(action));
    write(context, *hosted, std::move(actions), WriteScope::record,
          written(verb == Verb::create ? 201 : 200, type, location), reply);
  };
}

Result<void> read_create(const Context& context, Hosted&, Action& action) {
  auto body = Members::of(context.body, "");
  if (!body) return refuse(body);
  std::string client_ref;
  if (auto good = body->object("fields", action.fields); !good) return good;
  if (auto good = body->occurred(action); !good) return good;
  if (auto good = body->text("client_ref", client_ref); !good) return good;
  if (context.body.get_object().contains("client_ref")) action.client_ref = std::move(client_ref);
  return body->end();
}

Result<void> read_change(const Context& context, Hosted&, Action& action) {
  auto body = Members::of(context.body, "");
  if (!body) return refuse(body);
  if (auto good = body->object("fields", action.fields); !good) return good;
  if (auto good = body->occurred(action); !good) return good;
  return body->end();
}

Result<void> read_settings_change(const Context& context, Hosted& hosted, Action& action) {
  const auto found =
      hosted.workspace().ledger().read()->newest(hosted.workspace().schema()->need(action.type).number, INT64_MAX, 1);
  if (found.empty()) return refuse(Code::not_found, "id", "This workspace has no settings yet.");
  action.target = found.front().id;
  return read_change(context, hosted, action);
}

Result<void> read_merge(const Context& context, Hosted&, Action& action) {
  auto body = Members::of(context.body, "");
  if (!body) return refuse(body);
  if (auto good = body->ref("into", action.into); !good) return good;
  if (!context.body.get_object().contains("into"))
    return refuse(Code::required, "into", "Name the record that stays: {\"into\": 12}.");
  if (auto good = body->occurred(action); !good) return good;
  return body->end();
}

void erase_record(const Context& context, const Reply& reply, const std::string& type_name) {
  const auto hosted = workspace_of(context);
  if (!hosted) return reply(problem(hosted.error()));
  const auto schema = (*hosted)->workspace().schema();
  const RecordType& type = schema->need(type_name);
  const auto record = find_record(*(*hosted)->workspace().ledger().read(), type, target_of(context));
  if (!record) return reply(not_there(type));
  write_erasure(context, **hosted, type_name, record->id, written(200, type_name), reply);
}

std::vector<Parameter> with(std::vector<Parameter> some, std::vector<Parameter> more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

Parameter if_none_match_parameter() {
  return {.name = "If-None-Match",
          .about = "ETags that are known already; 304 when one of them is still right.",
          .in = Parameter::In::header};
}

std::vector<Parameter> list_parameters() {
  return {workspace_parameter(),
          {.name = "where",
           .about = "A condition: FIELD=VALUE, also != < <= > >= and ~ (contains); `stage.kind` reaches through a "
                    "reference. All of them hold.",
           .many = true,
           .example = "stage.kind=open"},
          {.name = "sort",
           .about = "The field to order by, with \"-\" before it from the greatest. Left out: newest first.",
           .max_length = 200,
           .example = "-id"},
          limit_parameter(50, kLongestPage),
          cursor_parameter(),
          titles_parameter(),
          sequence_parameter()};
}

const std::vector<Answered> kWritten{
    {.status = 200, .about = "Done.", .schema = "Written", .headers = {"ETag", "Traction-Sequence"}}};

// The routes of one type; what they have in common is filled in by route().
class TypeRoutes {
 public:
  TypeRoutes(const RecordType& type, std::vector<Route>& routes)
      : type_(type), path_(collection_path(type)), component_(component_name(type)), routes_(routes) {
    what_ = lower(type.label);
    tag_ = type.plural;
    tag_.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(tag_.front())));
  }

  void settings() {
    tag_ = "Settings";
    read(kSettingsPath, "read_settings", {workspace_parameter()}, read_settings);
    change(kSettingsPath, "change_settings", {}, read_settings_change);
  }

  void collection() {
    Route& all = route(Method::get, path_, kReader, "list_" + plural(), fmt::format("List {}", type_.plural));
    all.about = "Newest first, unless sorted. Pages do not shift while records are added.";
    all.parameters = list_parameters();
    all.answers = {
        {.status = 200, .about = "A page.", .schema = component_ + "Page", .headers = {"Traction-Sequence"}}};
    all.problems = {422};
    all.slow = true;
    all.handler = answering([name = type_.name](const Context& context) { return list_records(context, name); });

    Route& made = route(Method::post, path_, kWriter, "create_" + type_.name, fmt::format("Create a {}", what_));
    made.parameters = writing_parameters();
    made.body = {.kind = Body::Kind::json, .schema = component_ + "Create"};
    made.answers = {{.status = 201,
                     .about = "Created.",
                     .schema = "Written",
                     .headers = {"Location", "ETag", "Traction-Sequence"}}};
    made.problems = {409, 422};
    made.handler = writing(Verb::create, type_.name, read_create);
  }

  void one() {
    const std::string path = path_ + "/{id}";
    read(path, "read_" + type_.name, {id_parameter(), workspace_parameter()}, read_record);
    change(path, "change_" + type_.name, {id_parameter()}, read_change);
  }

  void removing() {
    const std::string path = path_ + "/{id}";
    Route& gone = route(Method::del, path, kWriter, "delete_" + type_.name, fmt::format("Delete a {}", what_));
    gone.about = fmt::format("It can be restored for {} days.", kBinDays);
    gone.parameters = with({id_parameter(), if_match_parameter(), occurred_parameter()}, writing_parameters());
    gone.answers = kWritten;
    gone.problems = {409, 422};
    gone.handler = writing(Verb::remove, type_.name, {});
    verb("restore", Verb::restore, fmt::format("Bring a deleted {} back", what_));
  }

  void merging() {
    Route& merged = route(Method::post, path_ + "/{id}/merge", kWriter, "merge_" + type_.name,
                          fmt::format("Merge a {} into another", what_));
    merged.about = "It becomes an alias of the record that stays; what referred to it now means that one.";
    merged.parameters = with({id_parameter()}, writing_parameters());
    merged.body = {.kind = Body::Kind::json, .schema = "Into"};
    merged.answers = kWritten;
    merged.problems = {409, 422};
    merged.handler = writing(Verb::merge, type_.name, read_merge);
    verb("unmerge", Verb::unmerge, fmt::format("Take a merge of a {} back", what_));
  }

  void erasing() {
    Route& erased = route(Method::post, path_ + "/{id}/erase", kOwner, "erase_" + type_.name,
                          fmt::format("Erase the personal data of a {}", what_));
    erased.about = "For good, also from older backups when they are restored. Numbers stay as they are.";
    erased.parameters = with({id_parameter()}, writing_parameters());
    erased.answers = kWritten;
    erased.problems = {409, 422};
    erased.slow = true;
    erased.handler = [name = type_.name](const Context& context, const Reply& reply) {
      erase_record(context, reply, name);
    };
  }

 private:
  using Reading = Result<Response> (*)(const Context&, const std::string&);

  Route& route(Method method, std::string path, Policy policy, std::string id, std::string summary) {
    return routes_.emplace_back(Route{.method = method,
                                      .path = std::move(path),
                                      .policy = policy,
                                      .id = std::move(id),
                                      .tag = tag_,
                                      .summary = std::move(summary)});
  }

  std::string plural() const {
    std::string name = type_.plural;
    std::ranges::replace(name, ' ', '_');
    return name;
  }

  void read(const std::string& path, const std::string& id, std::vector<Parameter> parameters, Reading reading) {
    Route& one = route(Method::get, path, kReader, id, fmt::format("Read a {}", what_));
    one.parameters = with(std::move(parameters), {titles_parameter(), if_none_match_parameter()});
    one.answers = {
        {.status = 200, .about = "As it is now.", .schema = component_, .headers = {"ETag", "Traction-Sequence"}},
        {.status = 304, .about = "Not changed.", .headers = {"ETag", "Traction-Sequence"}}};
    one.problems = {404};
    one.handler = answering([name = type_.name, reading](const Context& context) { return reading(context, name); });
  }

  void change(const std::string& path, const std::string& id, std::vector<Parameter> parameters,
              const Complete& complete) {
    Route& changed = route(Method::patch, path, kWriter, id, fmt::format("Change fields of a {}", what_));
    changed.about = "Fields that are left out stay as they are; null clears.";
    changed.parameters = with(with(std::move(parameters), {if_match_parameter()}), writing_parameters());
    changed.body = {.kind = Body::Kind::json, .schema = component_ + "Change"};
    changed.answers = kWritten;
    changed.problems = {404, 409, 422};
    changed.handler = writing(Verb::change, type_.name, complete);
  }

  void verb(const std::string& word, Verb verb, const std::string& summary) {
    Route& done = route(Method::post, path_ + "/{id}/" + word, kWriter, word + "_" + type_.name, summary);
    done.parameters = with({id_parameter(), occurred_parameter()}, writing_parameters());
    done.answers = kWritten;
    done.problems = {409, 422};
    done.handler = writing(verb, type_.name, {});
  }

  const RecordType& type_;
  const std::string path_, component_;
  std::string what_, tag_;
  std::vector<Route>& routes_;
};

}  // namespace

std::string collection_path(const RecordType& type) {
  std::string path = "/api/v1/" + type.plural;
  std::ranges::replace(path, ' ', '-');
  return path;
}

std::vector<Route> record_routes(const Schema& schema) {
  std::vector<Route> routes;
  for (const RecordType& type : schema.types()) {
    TypeRoutes of(type, routes);
    if (type.single) {
      of.settings();
      continue;
    }
    of.collection();
    of.one();
    if (allows(Verb::remove, type)) of.removing();
    if (allows(Verb::merge, type)) of.merging();
    if (allows(Verb::erase, type)) of.erasing();
  }
  return routes;
}

}  // namespace traction
