#include "http/router.h"

#include <thread>

#include "base/fault.h"
#include "http/counts.h"
#include "http/parameters.h"
#include "http/paths.h"
#include "http/test_api.h"

namespace traction {
namespace {

using testing::Test;

Route route(Method method, std::string path, std::string id, Handler handler) {
  return {.method = method,
          .path = std::move(path),
          .policy = kAnyone,
          .id = std::move(id),
          .tag = "T",
          .summary = "S",
          .handler = std::move(handler)};
}

// Says what it was given.
Handler echo() {
  return answering([](const Context& context) -> Result<Response> {
    json::object given;
    for (const auto& [name, values] : context.given) given[name] = json::array(values.begin(), values.end());
    return json_response(200,
                         json::object{{"given", given}, {"body", context.body}, {"member", context.principal.member}});
  });
}

class RouterTest : public ApiTest {
 protected:
  RouterTest() {
    std::vector<Route> routes;
    Route all = route(Method::get, "/api/things", "list", echo());
    all.parameters = {
        {.name = "where", .about = "…", .many = true},
        {.name = "sort", .about = "…", .max_length = 10, .pattern = "^[a-z]+$"},
        {.name = "limit", .about = "…", .kind = Parameter::Kind::integer, .min = 1, .max = 100},
        {.name = "titles", .about = "…", .kind = Parameter::Kind::boolean},
        {.name = "kind", .about = "…", .kind = Parameter::Kind::choice, .choices = {"call", "email"}},
        {.name = "Traction-Sequence", .about = "…", .in = Parameter::In::header, .kind = Parameter::Kind::integer}};
    routes.push_back(std::move(all));
    Route make = route(Method::post, "/api/things", "make", echo());
    make.body = {.kind = Body::Kind::json, .schema = "Thing", .most = 1'000'000};
    routes.push_back(std::move(make));
    Route maybe = route(Method::put, "/api/things", "maybe", echo());
    maybe.body = {.kind = Body::Kind::json, .schema = "Thing", .required = false};
    routes.push_back(std::move(maybe));
    const Parameter id{.name = "id", .about = "…", .in = Parameter::In::path, .required = true};
    for (const auto& [path, name] :
         {std::pair{"/api/things/{id}", "read"}, std::pair{"/api/things/{id}/story", "story"}}) {
      routes.push_back(route(Method::get, path, name, echo()));
      routes.back().parameters = {id};
    }
    routes.push_back(route(Method::get, "/api/things/export", "export", echo()));
    Route change = route(Method::del, "/api/things/{id}", "delete", echo());
    change.parameters = {id,
                         {.name = "If-Match", .about = "…", .in = Parameter::In::header, .required = true},
                         {.name = "why", .about = "…", .required = true}};
    routes.push_back(std::move(change));
    Route upload = route(Method::post, "/api/files", "upload", echo());
    upload.body = {.kind = Body::Kind::file, .content_type = "*/*", .most = 1u << 30};
    routes.push_back(std::move(upload));
    routes.push_back(route(Method::get, "/api/late", "late", [](const Context&, const Reply& reply) {
      std::thread([reply] { reply(json_response(200, "late")); }).detach();
    }));
    routes.push_back(route(Method::get, "/api/never", "never", [](const Context&, const Reply&) {}));
    routes.push_back(route(Method::get, "/api/twice", "twice", [](const Context&, const Reply& reply) {
      reply(json_response(200, "once"));
      throw std::runtime_error("and then this");
    }));
    for (const auto& [path, kind] :
         {std::pair{"full", Fault::Kind::disk_full}, std::pair{"lost", Fault::Kind::unknown_outcome},
          std::pair{"disk", Fault::Kind::disk}, std::pair{"internal", Fault::Kind::internal}})
      routes.push_back(route(Method::get, std::string("/api/faults/") + path, path,
                             [kind = kind](const Context&, const Reply&) { throw Fault(kind, "/secret/file"); }));
    serve(std::move(routes),
          {.workers = 2, .spool = "/spool", .hosts = {"sales.example"}, .otherwise = [](const Request& request) {
             Response response;
             response.headers = {{"Cache-Control", "max-age=60"}};
             response.body = "page " + request.path;
             return response;
           }});
  }

  std::string operation(Method method, const std::string& path) {
    const std::string before = router_->counts();
    (void)send(method, path);
    for (const Route& each : router_->routes()) {
      const std::string line = "traction_http_request_seconds_count{route=\"" + each.id + "\"}";
      const auto count = [&](const std::string& text) {
        const auto at = text.find(line);
        return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
      };
      if (count(before) != count(router_->counts())) return each.id;
    }
    return "";
  }
};

TEST_F(RouterTest, FindsTheRouteBySegmentsLiteralsFirst) {
  EXPECT_EQ(operation(Method::get, "/api/things"), "list");
  EXPECT_EQ(operation(Method::get, "/api/things/12"), "read");
  EXPECT_EQ(operation(Method::get, "/api/things/export"), "export");
  EXPECT_EQ(operation(Method::get, "/api/things/export/story"), "story");
  EXPECT_EQ(operation(Method::head, "/api/things"), "list");
  EXPECT_EQ(get("/api/things/a%20b").body.at("given").at("id").at(0), "a b");
  EXPECT_EQ(get("/api/things/a+b").body.at("given").at("id").at(0), "a+b");
}

TEST_F(RouterTest, WhatIsNoRouteGoesToThePageUnlessItIsTheApi) {
  for (const char* path : {"/api/nothing", "/api/things/", "/api/things//story", "/api/things/1/2/3", "/api"}) {
    const Received asked = get(path);
    EXPECT_EQ(asked.status, 404) << path;
    EXPECT_EQ(asked.code(), "not_found");
    EXPECT_EQ(asked.header("Content-Type"), "application/problem+json");
  }
  EXPECT_EQ(get("/deals").text, "page /deals");
  EXPECT_EQ(get("/deals").header("Cache-Control"), "max-age=60");
  EXPECT_EQ(get("/deals").header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(send(Method::post, "/deals").status, 404);
}

TEST_F(RouterTest, SaysWhichMethodsAPathTakes) {
  const Received asked = send(Method::patch, "/api/things");
  EXPECT_EQ(asked.status, 405);
  EXPECT_EQ(asked.header("Allow"), "GET, HEAD, OPTIONS, POST, PUT");
  const Received options = send(Method::options, "/api/things/1");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "DELETE, GET, HEAD, OPTIONS");
  EXPECT_EQ(send(Method::other, "/api/things").status, 405);
}

TEST_F(RouterTest, DecodesAndChecksParameters) {
  const Received asked =
      get("/api/things?where=a%3D1&where=n%C3%B6+x&limit=7&titles=true&kind=call", {{"traction-sequence", "12"}});
  ASSERT_EQ(asked.status, 200);
  EXPECT_EQ(asked.body.at("given"), (json::object{{"Traction-Sequence", {"12"}},
                                                  {"kind", {"call"}},
                                                  {"limit", {"7"}},
                                                  {"titles", {"true"}},
                                                  {"where", {"a=1", "nö x"}}}));
  const std::vector<std::tuple<std::string, std::string, std::string>> wrong{
      {"limt=7", "unknown", "limt"},
      {"limit=7&limit=8", "invalid", "limit"},
      {"limit=0", "invalid", "limit"},
      {"limit=101", "invalid", "limit"},
      {"limit=seven", "invalid", "limit"},
      {"limit=", "invalid", "limit"},
      {"limit=99999999999999999999", "invalid", "limit"},
      {"titles=1", "invalid", "titles"},
      {"kind=cal", "unknown", "kind"},
      {"sort=ABC", "invalid", "sort"},
      {"sort=abcdefghijk", "too_large", "sort"},
      {"where=%", "malformed", "where"},
      {"where=%zz", "malformed", "where"},
      {"where=%ff", "malformed", "where"},
      {"where=%00", "malformed", "where"},
      {"%ff=1", "malformed", "query"}};
  for (const auto& [query, code, field] : wrong) {
    const Received refused = get("/api/things?" + query);
    EXPECT_EQ(refused.status, 400) << query;
    EXPECT_EQ(refused.code(), code) << query;
    EXPECT_EQ(refused.field(), field) << query;
  }
  EXPECT_EQ(get("/api/things", {{"traction-sequence", "x"}}).field(), "Traction-Sequence");
  EXPECT_EQ(get("/api/things/%ff").status, 400);
}

TEST_F(RouterTest, AsksForWhatIsRequired) {
  EXPECT_EQ(send(Method::del, "/api/things/1?why=x").status, 428);
  EXPECT_EQ(send(Method::del, "/api/things/1", "", {{"if-match", "*"}}).code(), "required");
  EXPECT_EQ(send(Method::del, "/api/things/1?why=x", "", {{"if-match", "*"}}).status, 200);
}

TEST_F(RouterTest, TakesABodyOnlyWhereAndAsItShould) {
  const std::vector<Header> is_json{{"content-type", "application/json"}};
  EXPECT_EQ(send(Method::post, "/api/things", "{\"a\":1}", is_json).body.at("body"), (json::object{{"a", 1}}));
  EXPECT_EQ(send(Method::post, "/api/things", "{}", {{"content-type", "Application/JSON; charset=UTF-8"}}).status, 200);
  for (const char* type : {"text/plain", "application/json; charset=latin1", "application/jsonx", ""})
    EXPECT_EQ(send(Method::post, "/api/things", "{}", {{"content-type", type}}).status, 415) << type;
  EXPECT_EQ(send(Method::post, "/api/things", "{}").status, 415);
  EXPECT_EQ(send(Method::post, "/api/things").status, 400);
  EXPECT_EQ(send(Method::put, "/api/things").status, 200);
  EXPECT_EQ(send(Method::get, "/api/things", "{}", is_json).status, 400);
  EXPECT_EQ(send(Method::head, "/api/things", "{}", is_json).status, 400);
  EXPECT_EQ(send(Method::del, "/api/things/1?why=x", "{}", {{"if-match", "*"}}).status, 400);
  EXPECT_EQ(send(Method::get, "/deals", "{}", is_json).status, 400);
  EXPECT_EQ(send(Method::post, "/api/things", std::string(1'000'001, ' '), is_json).status, 413);
  for (const std::string& text : {std::string("{"), std::string("{\"a\":1,\"a\":2}"), std::string("[1e400]"),
                                  std::string("\"\xff\""), std::string("{} x"), std::string(100'000, '[')}) {
    const Received asked = send(Method::post, "/api/things", text, is_json);
    EXPECT_EQ(asked.status, 400) << text.substr(0, 20);
    EXPECT_EQ(asked.code(), "malformed");
  }
}

TEST_F(RouterTest, AdmitsByTheHeadAlone) {
  const auto head = [](Method method, std::string path, std::vector<Header> headers) {
    Request request;
    request.method = method;
    request.path = std::move(path);
    request.headers = std::move(headers);
    return request;
  };
  const auto file = router_->admit(head(Method::post, "/api/files", {{"transfer-encoding", "chunked"}}));
  EXPECT_EQ(file.refusal, nullptr);
  EXPECT_EQ(file.spool, "/spool");
  EXPECT_EQ(file.most_body, 1u << 30);
  const auto body = router_->admit(
      head(Method::post, "/api/things", {{"content-type", "application/json"}, {"content-length", "12"}}));
  EXPECT_EQ(body.refusal, nullptr);
  EXPECT_EQ(body.spool, "");
  EXPECT_EQ(body.most_body, 1'000'000u);
  EXPECT_EQ(router_->admit(head(Method::get, "/api/things", {})).most_body, 0u);
  const auto large = router_->admit(
      head(Method::post, "/api/things", {{"content-type", "application/json"}, {"content-length", "67108864"}}));
  ASSERT_NE(large.refusal, nullptr);
  EXPECT_EQ(large.refusal->status, 413);
}

TEST_F(RouterTest, LetsNoForeignPageOrNameIn) {
  for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1:8080", "127.3.2.1", "[::1]:80", "sales.example"})
    EXPECT_EQ(get("/api/things", {{"host", host}}).status, 200) << host;
  for (const char* host :
       {"evil.example", "localhost.evil.example", "10.0.0.1", "[2001:db8::1]", "", "[", "127.0.0.1.x"})
    EXPECT_EQ(get("/api/things", {{"host", host}}).status, 421) << host;
  EXPECT_EQ(get("/deals", {{"host", "evil.example"}}).status, 421);
  const auto from = [&](const char* origin) {
    return get("/api/things", {{"host", "localhost:8080"}, {"origin", origin}}).status;
  };
  EXPECT_EQ(from("http://localhost:8080"), 200);
  for (const char* origin :
       {"http://evil.example", "null", "http://localhost:81", "http://localhost:8080.evil.example"})
    EXPECT_EQ(from(origin), 403) << origin;
  Request local;
  local.via = Via::socket;
  local.path = "/api/things";
  local.headers = {{"host", "evil.example"}, {"origin", "null"}};
  EXPECT_EQ(router_->admit(local).refusal, nullptr);
}

TEST_F(RouterTest, AnswersOnceWhateverTheHandlerDoes) {
  EXPECT_EQ(get("/api/late").status, 200);
  EXPECT_EQ(get("/api/never").status, 503);
  EXPECT_EQ(get("/api/twice").status, 200);
  EXPECT_EQ(get("/api/faults/full").status, 507);
  EXPECT_EQ(get("/api/faults/lost").status, 503);
  EXPECT_EQ(get("/api/faults/lost").code(), "unknown_outcome");
  EXPECT_EQ(get("/api/faults/disk").status, 503);
  EXPECT_EQ(get("/api/faults/internal").status, 500);
  EXPECT_EQ(get("/api/faults/internal").text.find("secret"), std::string::npos);
}

TEST_F(RouterTest, SaysThatNothingIsToBeKept) {
  EXPECT_EQ(get("/api/things").header("Cache-Control"), "no-store");
  EXPECT_EQ(get("/api/nothing").header("Cache-Control"), "no-store");
  EXPECT_EQ(get("/api/things").header("X-Content-Type-Options"), "nosniff");
}

TEST_F(RouterTest, IsReadyUntilItIsTold) {
  EXPECT_EQ(get("/readyz").status, 200);
  router_->not_ready();
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/api/things").status, 200);
}

TEST_F(RouterTest, CountsByRouteAndStatus) {
  (void)get("/api/things");
  (void)get("/api/things");
  (void)get("/api/things?limit=x");
  (void)get("/api/nothing");
  const std::string counts = router_->counts();
  for (const char* line : {"traction_http_requests_total{route=\"list\",status=\"200\"} 2\n",
                           "traction_http_requests_total{route=\"list\",status=\"400\"} 1\n",
                           "traction_http_requests_total{route=\"none\",status=\"404\"} 1\n",
                           "traction_http_request_seconds_bucket{route=\"list\",le=\"+Inf\"} 3\n",
                           "traction_http_request_seconds_count{route=\"list\"} 3\n"})
    EXPECT_NE(counts.find(line), std::string::npos) << line;
  EXPECT_EQ(counts.find("route=\"make\""), std::string::npos);
}

TEST_F(RouterTest, GivesTroubleAsAProblem) {
  const Response trouble = router_->trouble(431, "Too much.");
  EXPECT_EQ(trouble.status, 431);
  EXPECT_EQ(json::parse(std::get<std::string>(trouble.body)).at("code"), "header_too_large");
}

TEST(RequestCountsTest, PutsTimesIntoBuckets) {
  RequestCounts counts({"a"});
  counts.add(0, 200, std::chrono::milliseconds(5));
  counts.add(0, 200, std::chrono::milliseconds(6));
  counts.add(0, 299, std::chrono::seconds(60));
  const std::string text = counts.text();
  for (const char* line :
       {"_bucket{route=\"a\",le=\"0.0025\"} 0\n", "_bucket{route=\"a\",le=\"0.005\"} 1\n",
        "_bucket{route=\"a\",le=\"0.01\"} 2\n", "_bucket{route=\"a\",le=\"5\"} 2\n",
        "_bucket{route=\"a\",le=\"+Inf\"} 3\n", "_sum{route=\"a\"} 60.011000\n", "status=\"other\"} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(PathsDeathTest, TwoRoutesForOneRequestAreAMistake) {
  Paths paths;
  paths.add(Method::get, "/a/{b}", 0);
  paths.add(Method::put, "/a/{c}", 1);
  EXPECT_DEATH(paths.add(Method::get, "/a/{c}", 2), "");
}

}  // namespace
}  // namespace traction
