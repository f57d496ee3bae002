#include "http/docs.h"

#include <fmt/format.h>

#include <mutex>

#include "http/openapi.h"
#include "ledger/chain.h"

namespace traction {
namespace {

struct Document {
  std::shared_ptr<const std::string> text;
  std::string tag;
};

// The document as text, made once per schema: it changes only when somebody adds a field.
class Documents {
 public:
  explicit Documents(std::vector<Route> routes) : routes_(std::move(routes)) {}

  Document of(const std::shared_ptr<const Schema>& schema) {
    const std::lock_guard lock(mutex_);
    if (const auto known = made_.find(schema); known != made_.end()) return known->second;
    if (made_.size() >= kMostKept) made_.clear();
    auto text = std::make_shared<const std::string>(json::serialize(openapi(routes_, *schema)));
    std::string tag = fmt::format("\"{:016x}\"", short_digest(*text));
    return made_.emplace(schema, Document{std::move(text), std::move(tag)}).first->second;
  }

 private:
  static constexpr std::size_t kMostKept = 16;
  const std::vector<Route> routes_;
  std::mutex mutex_;  // guards made_
  std::map<std::shared_ptr<const Schema>, Document> made_;
};

// With the fields of the workspace that is meant; where there is none yet, as the definitions have it.
Result<std::shared_ptr<const Schema>> schema_for(const Context& context) {
  const auto hosted = workspace_of(context);
  if (hosted) return (*hosted)->workspace().schema();
  if (context.has("workspace")) return refuse(hosted);
  const auto& definitions = context.host->definitions();
  return std::shared_ptr<const Schema>(definitions, &definitions->schema);
}

}  // namespace

std::vector<Route> document_routes(const std::vector<Route>& others) {
  Route route{.method = Method::get,
              .path = "/openapi.json",
              .policy = kAnyone,
              .id = "read_openapi",
              .tag = "About",
              .summary = "This description",
              .about = "OpenAPI 3.1, with the workspace's own fields."};
  route.parameters = {
      workspace_parameter(),
      {.name = "If-None-Match", .about = "An ETag of before: 304 if it is still that.", .in = Parameter::In::header}};
  route.answers = {{.status = 200, .about = "The document.", .schema = "OpenApi", .headers = {"ETag"}},
                   {.status = 304, .about = "It has not changed.", .headers = {"ETag"}}};
  std::vector<Route> all = others;
  all.push_back(route);
  for (Route& each : all) each.handler = nullptr;
  const auto documents = std::make_shared<Documents>(std::move(all));
  route.handler = answering([documents](const Context& context) -> Result<Response> {
    const auto schema = schema_for(context);
    if (!schema) return refuse(schema);
    const Document document = documents->of(*schema);
    Response response;
    response.headers = {{"ETag", document.tag}, {"Cache-Control", "no-cache"}};
    if (context.text("If-None-Match") == document.tag) {
      response.status = 304;
    } else {
      response.headers.push_back({"Content-Type", "application/json"});
      response.body = document.text;
    }
    return response;
  });
  return {std::move(route)};
}

}  // namespace traction
