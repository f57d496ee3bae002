#include "http/openapi.h"

#include <gtest/gtest.h>

#include <set>

#include "app/definitions.h"
#include "http/docs.h"

namespace traction {
namespace {

const Schema& schema() {
  static const auto definitions = *load_definitions(TRACTION_SOURCE_DIR "/definitions");
  return definitions->schema;
}

Route read_deal() {
  Route route{.method = Method::get,
              .path = "/api/v1/deals/{id}",
              .policy = kReader,
              .id = "read_deal",
              .tag = "Deals",
              .summary = "Read a deal"};
  route.parameters = {{.name = "id", .about = "Its id.", .in = Parameter::In::path},
                      {.name = "where", .about = "A condition.", .many = true},
                      workspace_parameter()};
  route.answers = {{.status = 200, .about = "It.", .schema = "Deal", .headers = {"ETag"}}};
  return route;
}

Route change_deal() {
  Route route{.method = Method::patch,
              .path = "/api/v1/deals/{id}",
              .policy = kWriter,
              .id = "change_deal",
              .tag = "Deals",
              .summary = "Change a deal"};
  route.parameters = {{.name = "id", .about = "Its id.", .in = Parameter::In::path},
                      {.name = "If-Match", .about = "Its version.", .in = Parameter::In::header, .required = true}};
  route.body = {.kind = Body::Kind::json, .schema = "DealChange"};
  route.answers = {{.status = 200, .about = "Done.", .schema = "Written"}};
  return route;
}

// Every "$ref" in a document.
void references(const json::value& value, std::set<std::string>& found) {
  if (value.is_array())
    for (const json::value& each : value.get_array()) references(each, found);
  if (!value.is_object()) return;
  for (const auto& [key, each] : value.get_object()) {
    if (key == "$ref") found.insert(std::string(each.get_string()));
    references(each, found);
  }
}

void expect_resolved(const json::object& document) {
  std::set<std::string> found;
  references(document, found);
  const json::value whole(document);
  for (const std::string& reference : found) {
    boost::system::error_code missing;
    EXPECT_NE(whole.find_pointer(reference.substr(1), missing), nullptr) << reference;
  }
}

const json::object& at(const json::object& object, std::initializer_list<const char*> way) {
  const json::object* place = &object;
  for (const char* step : way) place = &place->at(step).as_object();
  return *place;
}

TEST(OpenApi, NamesOnlyWhatIsThere) {
  const std::vector<Route> routes{read_deal(), change_deal()};
  const json::object document = openapi(routes, schema());
  EXPECT_EQ(document.at("openapi"), "3.1.0");
  expect_resolved(document);
}

TEST(OpenApi, SaysOfARouteWhatTheRouteSays) {
  const std::vector<Route> routes{read_deal(), change_deal()};
  const json::object document = openapi(routes, schema());
  const json::object& item = at(document, {"paths", "/api/v1/deals/{id}"});
  const json::object& get = at(item, {"get"});
  EXPECT_EQ(get.at("operationId"), "read_deal");
  EXPECT_EQ(get.at("parameters").as_array().at(0).at("required"), true);
  EXPECT_EQ(get.at("parameters").as_array().at(1).at("schema").at("type"), "array");
  EXPECT_TRUE(at(get, {"responses", "200", "headers", "ETag"}).contains("schema"));
  EXPECT_TRUE(at(get, {"responses"}).contains("404"));
  EXPECT_FALSE(at(get, {"responses"}).contains("415"));
  const json::object& patch = at(item, {"patch"});
  for (const char* status : {"200", "400", "404", "412", "413", "415", "422", "428"})
    EXPECT_TRUE(at(patch, {"responses"}).contains(status)) << status;
}

TEST(Components, FollowTheRecordTypes) {
  const json::object all = components(schema());
  expect_resolved({{"components", json::object{{"schemas", all}}}});
  const json::object& create = at(all, {"DealCreate", "properties", "fields"});
  EXPECT_EQ(create.at("required"), (json::array{"name", "stage"}));
  EXPECT_FALSE(at(create, {"properties"}).contains("pipeline"));  // follows from the stage
  EXPECT_EQ(at(all, {"DealFields", "properties", "pipeline"}).at("readOnly"), true);
  EXPECT_EQ(at(all, {"DealFields", "properties", "amount_minor"}).at("type"), "integer");
  EXPECT_EQ(at(all, {"DealFields", "properties", "closed_at"}).at("format"), "date-time");
  EXPECT_EQ(at(all, {"ActivityFields", "properties", "kind"}).at("enum").as_array().size(), 7U);
  // A person's name may have been erased.
  EXPECT_FALSE(at(all, {"ContactFields"}).contains("required"));
  EXPECT_TRUE(all.contains("Settings"));
  EXPECT_FALSE(all.contains("SettingsCreate"));
}

TEST(Components, HoldAWorkspacesOwnFields) {
  Field own;
  own.name = "mood";
  own.label = "Mood";
  own.type = FieldType::choice;
  own.choices = {"good", "bad"};
  own.custom = true;
  const json::object all = components(*schema().with_field("deal", own));
  EXPECT_TRUE(at(all, {"DealFields", "properties"}).contains("mood"));
  EXPECT_TRUE(at(all, {"DealCreate", "properties", "fields", "properties"}).contains("mood"));
}

TEST(DocumentRoutes, DescribeThemselves) {
  const std::vector<Route> routes = document_routes({read_deal()});
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_EQ(routes[0].path, "/openapi.json");
  EXPECT_TRUE(routes[0].handler);
}

}  // namespace
}  // namespace traction
