// The metrics as the API has them: which there are, what one comes to, the cases behind it, its passport.
#include <fmt/format.h>

#include "app/ask.h"
#include "app/asked.h"
#include "app/given.h"
#include "app/key_metrics.h"
#include "app/report_json.h"
#include "http/problem.h"
#include "http/routes.h"
#include "ledger/chain.h"

namespace traction {
namespace {

constexpr std::int64_t kMostRows = 10'000;

// The mart, knowing at least what the request demands. As of an instant, what was recorded by then may be its last
// entries.
Result<Mart*> mart_for(const Context& context, Hosted& hosted, bool all_recorded) {
  const auto demanded = demanded_sequence(context, hosted);
  if (!demanded) return refuse(demanded);
  return hosted.workspace().mart_at(all_recorded ? kHead : hosted.at_least(*demanded));
}

// A number may change with every entry, and with the time while something is open.
std::string tag_of(const Request& request, Seq as_of, Instant now) {
  return fmt::format("W/\"{}-{:x}-{}\"", as_of, short_digest(request.path + "?" + request.query),
                     now.micros / (60 * kSecond));
}

struct Inquiry {
  std::shared_ptr<Hosted> hosted;
  std::shared_ptr<const Schema> schema;
  std::shared_ptr<const Catalogue> catalogue;
  Mart* mart = nullptr;
  Query query;
  Instant now;
};

// What the request asks, or its problem. An unknown metric is a path that leads nowhere.
Result<Inquiry> inquiry_of(const Context& context) {
  auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  Workspace& workspace = (*hosted)->workspace();
  const auto text = [&](const char* parameter) {
    return context.has(parameter) ? std::optional(context.text(parameter)) : std::nullopt;
  };
  auto query = query_of({context.text("name"), context.all("by"), context.all("where"), text("grain"), text("from"),
                         text("to"), text("at"), text("as_of"), text("compare"), context.flag("converted")},
                        workspace);
  if (!query) return refuse(query);
  const auto mart = mart_for(context, **hosted, query->as_of.has_value());
  if (!mart) return refuse(mart);
  auto catalogue = query->as_of ? workspace.catalogue_at((*mart)->recorded_by(*query->as_of)) : workspace.catalogue();
  if (const auto known = catalogue->find(context.text("name")); !known) return refuse(known);
  return Inquiry{*hosted, workspace.schema(), std::move(catalogue),
                 *mart,   std::move(*query),  context.host->clock().now()};
}

using Tell = std::function<Result<Response>(const Context&, const Inquiry&)>;

Handler asked(Tell tell) {
  return answering([tell = std::move(tell)](const Context& context) -> Result<Response> {
    const auto inquiry = inquiry_of(context);
    if (!inquiry && inquiry.error().field == "metric" && inquiry.error().code == Code::unknown)
      return problem(404, name(inquiry.error().code), "name", inquiry.error().sentence);
    if (!inquiry) return refuse(inquiry);
    const std::string tag = tag_of(*context.request, inquiry->mart->applied(), inquiry->now);
    if (const std::string* held = context.request->header("if-none-match"); held && *held == tag) {
      Response same;
      same.status = 304;
      same.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}};
      return same;
    }
    return tell(context, *inquiry);
  });
}

Response told(const Context& context, const Inquiry& inquiry, const json::object& body, Seq as_of) {
  Response response = json_response(200, body);
  response.headers.push_back({"Traction-Sequence", std::to_string(as_of)});
  response.headers.push_back({"ETag", tag_of(*context.request, as_of, inquiry.now)});
  response.headers.push_back({"Cache-Control", "no-cache"});
  return response;
}

Result<Response> tell_answer(const Context& context, const Inquiry& inquiry) {
  const auto answer = ask(*inquiry.mart, *inquiry.catalogue, *inquiry.schema, inquiry.query, inquiry.now);
  if (!answer) return refuse(answer);
  return told(context, inquiry, to_json(*answer), answer->passport.as_of);
}

Result<Response> tell_passport(const Context& context, const Inquiry& inquiry) {
  const auto answer = ask(*inquiry.mart, *inquiry.catalogue, *inquiry.schema, inquiry.query, inquiry.now);
  if (!answer) return refuse(answer);
  return told(context, inquiry, to_json(answer->passport), answer->passport.as_of);
}

Result<Response> tell_rows(const Context& context, const Inquiry& inquiry) {
  const auto& instant = inquiry.query.as_of;
  const Seq as_of = instant ? inquiry.mart->recorded_by(*instant) : inquiry.mart->applied();
  const auto cases = ask_cases(*inquiry.mart, *inquiry.catalogue, *inquiry.schema, inquiry.query, inquiry.now,
                               static_cast<std::size_t>(context.integer("limit", 100)));
  if (!cases) return refuse(cases);
  return told(context, inquiry, to_json(*cases), as_of);
}

Result<Response> list_metrics(const Context& context) {
  const auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  return json_response(200, to_json(*(*hosted)->workspace().catalogue()));
}

Result<Response> tell_key_metrics(const Context& context) {
  const auto hosted = workspace_of(context);
  if (!hosted) return refuse(hosted);
  Workspace& workspace = (*hosted)->workspace();
  const auto key = key_metrics(*workspace.ledger().read(), *workspace.schema(), *workspace.catalogue(),
                               context.integer("member"), context.integer("team"));
  if (!key) return refuse(key);
  return json_response(200, to_json(*key));
}

// What a question may say, in the order in which the command line has it.
std::vector<Parameter> question_parameters() {
  return {workspace_parameter(),
          sequence_parameter(),
          {.name = "If-None-Match",
           .about = "The ETag of the answer one has: 304 while it is still right.",
           .in = Parameter::In::header},
          {.name = "name",
           .about = "The metric, as GET /api/v1/metrics lists it.",
           .in = Parameter::In::path,
           .required = true,
           .max_length = 100,
           .example = "win_rate"},
          {.name = "by",
           .about = "Group by: owner, team, product, stage, owner.team …; several between commas or given again.",
           .many = true,
           .max_length = 200,
           .example = "owner"},
          {.name = "where",
           .about = "FIELD=VALUE or FIELD!=VALUE; the same field again: any of them; an empty value: none.",
           .many = true,
           .example = "team=North"},
          {.name = "grain",
           .about = "One row per day, week, month, quarter or year; fiscal ones begin with the settings' first month.",
           .kind = Parameter::Kind::choice,
           .choices = {"day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"}},
          {.name = "from",
           .about = "First day, in the workspace's zone; a month or year stands for its first day.",
           .max_length = 40,
           .example = "2017-03-01"},
          {.name = "to", .about = "The day after the last.", .max_length = 40, .example = "2018"},
          {.name = "at",
           .about = "As the world stood then: a moment with its offset, or a day or time in the workspace's zone.",
           .max_length = 40,
           .example = "2017-12-31T12:00:00Z"},
          {.name = "as_of",
           .about = "As far as the ledger knew then, with the settings, teams, stages and fields of then; may be "
                    "combined with `at`.",
           .max_length = 40,
           .example = "2018-01-05T08:00:00Z"},
          {.name = "compare",
           .about = "Beside each number that of the period of equal length before, or of the same days a year earlier.",
           .kind = Parameter::Kind::choice,
           .choices = {"previous", "last_year"}},
          {.name = "converted",
           .about = "Amounts in the workspace's currency, by the exchange rates of their days.",
           .kind = Parameter::Kind::boolean}};
}

Route question(std::string path, std::string id, std::string summary, std::string schema, Tell tell) {
  return {.method = Method::get,
          .path = std::move(path),
          .policy = kReader,
          .id = std::move(id),
          .tag = "Metrics",
          .summary = std::move(summary),
          .about =
              "Numbers are computed from what the ledger held at the entry Traction-Sequence names in the answer. "
              "Days are those of the workspace's zone.",
          .parameters = question_parameters(),
          .answers = {{.status = 200,
                       .about = "What it came to.",
                       .schema = std::move(schema),
                       .headers = {"Traction-Sequence", "ETag", "Cache-Control"}},
                      {.status = 304, .about = "Nothing has changed.", .headers = {"ETag", "Cache-Control"}}},
          .problems = {404, 422, 503},
          .slow = true,
          .handler = asked(std::move(tell))};
}

}  // namespace

std::vector<Route> metric_routes(const Schema&) {
  std::vector<Route> routes;
  routes.push_back({.method = Method::get,
                    .path = "/api/v1/metrics",
                    .policy = kReader,
                    .id = "list_metrics",
                    .tag = "Metrics",
                    .summary = "Which metrics there are",
                    .about = "Those of the workspace's own are among them, those it hides are not.",
                    .parameters = {workspace_parameter()},
                    .answers = {{.status = 200, .about = "All of them, by name.", .schema = "MetricList"}},
                    .problems = {404},
                    .handler = answering(list_metrics)});
  routes.push_back(
      {.method = Method::get,
       .path = "/api/v1/key-metrics",
       .policy = kReader,
       .id = "read_key_metrics",
       .tag = "Metrics",
       .summary = "What somebody looks at first",
       .about = "Chosen in the field `key_metrics` of a member, a team or the settings: the nearest choice "
                "holds, from the member through the teams above to the workspace.",
       .parameters = {workspace_parameter(),
                      {.name = "member", .about = "Of this member.", .kind = Parameter::Kind::integer, .min = 1},
                      {.name = "team",
                       .about = "Of this team; with a member, only the member counts.",
                       .kind = Parameter::Kind::integer,
                       .min = 1}},
       .answers = {{.status = 200, .about = "Their names, and whose choice it is.", .schema = "KeyMetrics"}},
       .problems = {404},
       .handler = answering(tell_key_metrics)});
  routes.push_back(question("/api/v1/metrics/{name}", "ask_metric", "What a metric comes to", "Answer", tell_answer));
  Route rows = question("/api/v1/metrics/{name}/rows", "list_metric_rows", "The very cases that were counted", "Rows",
                        tell_rows);
  rows.parameters.push_back({.name = "limit",
                             .about = "At most so many rows; 100 when left out.",
                             .kind = Parameter::Kind::integer,
                             .min = 1,
                             .max = kMostRows});
  routes.push_back(std::move(rows));
  routes.push_back(question("/api/v1/metrics/{name}/passport", "read_metric_passport",
                            "All that there is to know about the number", "Passport", tell_passport));
  return routes;
}

}  // namespace traction
