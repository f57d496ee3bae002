// The API's description, without a server: for programs that are generated from it.
#include "http/openapi.h"

#include "cli/commands.h"
#include "cli/session.h"
#include "http/events.h"
#include "http/routes.h"

namespace traction {
namespace {

Result<int> print_openapi(CommandSession& session) {
  const auto definitions = session.definitions();
  if (!definitions) return refuse(definitions);
  const Schema& schema = (*definitions)->schema;
  Events events;
  session.print_json(openapi(api_routes(schema, events), schema));
  return 0;
}

}  // namespace

std::vector<Subcommand> openapi_commands() {
  return {{"openapi",
           "Server",
           "Print the description of the API, OpenAPI 3.1",
           "traction openapi > openapi.json",
           {},
           {},
           print_openapi,
           true}};
}

}  // namespace traction
