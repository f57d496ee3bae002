#include "http/route.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "http/problem.h"

namespace traction {

std::string Context::text(std::string_view parameter, std::string_view otherwise) const {
  const auto found = given.find(parameter);
  return std::string(found == given.end() ? otherwise : std::string_view(found->second.front()));
}

std::int64_t Context::integer(std::string_view parameter, std::int64_t otherwise) const {
  const auto found = given.find(parameter);
  if (found == given.end()) return otherwise;
  const std::string& digits = found->second.front();
  std::int64_t number = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

bool Context::flag(std::string_view parameter) const {
  const auto found = given.find(parameter);
  return found != given.end() && found->second.front() == "true";
}

std::vector<std::string> Context::all(std::string_view parameter) const {
  const auto found = given.find(parameter);
  return found == given.end() ? std::vector<std::string>{} : found->second;
}

Handler answering(std::function<Result<Response>(const Context&)> handler) {
  return [handler = std::move(handler)](const Context& context, const Reply& reply) {
    Result<Response> response = handler(context);
    reply(response ? std::move(*response) : problem(response.error()));
  };
}

Response json_response(int status, const json::value& value) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  response.body = json::serialize(value);
  return response;
}

Result<std::shared_ptr<Hosted>> workspace_of(const Context& context) {
  return context.has("workspace") ? context.host->workspace(context.text("workspace"))
                                  : context.host->usual_workspace();
}

Parameter workspace_parameter() {
  return {.name = "workspace",
          .about = "The workspace. Left out: \"default\", else the only one there is.",
          .max_length = 60,
          .pattern = "^[a-z0-9][a-z0-9_-]*$",
          .example = "default"};
}

Parameter sequence_parameter() {
  return {.name = "Traction-Sequence",
          .about = "The entry that the answer must know: the Traction-Sequence of one's own write.",
          .in = Parameter::In::header,
          .kind = Parameter::Kind::integer,
          .min = 0};
}

Result<Seq> demanded_sequence(const Context& context, Hosted& hosted) {
  const Seq demanded = context.integer("Traction-Sequence", 0);
  if (demanded == 0) return 0;
  const Seq head = hosted.workspace().ledger().read()->head().seq;
  if (demanded > head)
    return refuse(Code::invalid, "Traction-Sequence",
                  fmt::format("This workspace's ledger ends at {}; it has no entry {} yet.", head, demanded));
  return demanded;
}

}  // namespace traction
