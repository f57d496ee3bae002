#include <thread>

#include "http/routes.h"
#include "http/test_api.h"

namespace traction {
namespace {

// A workspace with a pipeline, over the very routes of the server.
class RecordsTest : public ApiTest {
 protected:
  RecordsTest() {
    std::vector<Route> routes = record_routes(schema());
    for (Route& route : batch_routes(schema())) routes.push_back(std::move(route));
    serve(std::move(routes));
    const Received made =
        ask(Method::post, "/api/v1/batch",
            {{"actions",
              {action("pipeline", {{"name", "Sales"}}),
               action("stage", {{"name", "New"}, {"kind", "open"}, {"position", 1}, {"pipeline", {{"new", 0}}}}),
               action("stage", {{"name", "Won"}, {"kind", "won"}, {"position", 2}, {"pipeline", {{"new", 0}}}})}}});
    EXPECT_EQ(made.status, 200) << made.text;
    stage_ = made.body.at("actions").at(1).at("id").as_int64();
    won_ = made.body.at("actions").at(2).at("id").as_int64();
  }

  static json::object action(const std::string& type, json::object fields) {
    return {{"verb", "create"}, {"type", type}, {"fields", std::move(fields)}};
  }

  Received create(const std::string& path, json::object fields, std::vector<Header> headers = {}) {
    return ask(Method::post, "/api/v1/" + path, {{"fields", std::move(fields)}}, std::move(headers));
  }
  Id account(const std::string& name) { return create("accounts", {{"name", name}}).number("id"); }
  std::vector<Id> ids(const json::value& records) {
    std::vector<Id> all;
    for (const json::value& record : records.as_array()) all.push_back(record.at("id").as_int64());
    return all;
  }

  Id stage_ = 0, won_ = 0;
};

TEST_F(RecordsTest, ARecordLivesFromCreationToRestoration) {
  const Received made = create("deals", {{"name", "Forty laptops"}, {"stage", stage_}, {"amount_minor", 120'050}});
  ASSERT_EQ(made.status, 201) << made.text;
  const Id id = made.number("id");
  const std::string path = "/api/v1/deals/" + std::to_string(id);
  EXPECT_EQ(made.header("Location"), path);
  EXPECT_EQ(made.header("ETag"), "\"" + std::to_string(id) + "\"");
  EXPECT_EQ(made.header("Traction-Sequence"), std::to_string(id));
  EXPECT_EQ(made.body, (json::object{{"id", id}, {"type", "deal"}, {"version", id}, {"sequence", id}}));

  const Received read = get(path);
  ASSERT_EQ(read.status, 200);
  EXPECT_EQ(read.header("ETag"), made.header("ETag"));
  EXPECT_EQ(read.header("Cache-Control"), "no-cache");
  EXPECT_EQ(read.body.at("state"), "live");
  EXPECT_EQ(read.body.at("fields").at("amount_minor"), 120'050);
  EXPECT_EQ(read.body.at("fields").at("currency"), "EUR");
  EXPECT_TRUE(parse_instant(read.body.at("fields").at("stage_since").as_string()));
  EXPECT_FALSE(read.body.as_object().contains("titles"));
  EXPECT_EQ(get(path + "?titles=true").body.at("titles").at("stage"), "New");
  for (const std::string& known : {read.header("ETag"), "W/" + read.header("ETag"), std::string("\"x\", *")})
    EXPECT_EQ(get(path, {{"if-none-match", known}}).status, 304) << known;
  EXPECT_EQ(get(path, {{"if-none-match", "\"1\""}}).status, 200);

  const json::object change{{"fields", {{"amount_minor", 5}}}};
  EXPECT_EQ(ask(Method::patch, path, change).status, 428);
  EXPECT_EQ(ask(Method::patch, path, change, {{"if-match", "12"}}).status, 400);
  const Received stale = ask(Method::patch, path, change, {{"if-match", "\"1\""}});
  EXPECT_EQ(stale.status, 412);
  EXPECT_EQ(stale.field(), "If-Match");
  EXPECT_EQ(ask(Method::patch, path, change, {{"if-match", "\"9999999999999999999\""}}).status, 412);
  const Received changed = ask(Method::patch, path, change, {{"if-match", read.header("ETag")}});
  ASSERT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(get(path).header("ETag"), changed.header("ETag"));
  EXPECT_EQ(ask(Method::patch, path, change, {{"if-match", "*"}}).number("version"), changed.number("version"));

  EXPECT_EQ(send(Method::del, path).status, 428);
  ASSERT_EQ(send(Method::del, path, "", {{"if-match", changed.header("ETag")}}).status, 200);
  EXPECT_EQ(get(path).body.at("state"), "deleted");
  EXPECT_EQ(ask(Method::patch, path, change, {{"if-match", "*"}}).code(), "rule");
  ASSERT_EQ(send(Method::post, path + "/restore").status, 200);
  EXPECT_EQ(get(path).body.at("state"), "live");
  EXPECT_EQ(send(Method::post, path + "/restore").code(), "rule");
}

TEST_F(RecordsTest, WhatIsNotThereIsNotFound) {
  const Id id = account("Acme");
  for (const std::string& path :
       {"/api/v1/deals/" + std::to_string(id), std::string("/api/v1/accounts/999999"),
        std::string("/api/v1/accounts/9999999999999999999"), std::string("/api/v1/accounts/ref:nobody")}) {
    EXPECT_EQ(get(path).status, 404) << path;
    EXPECT_EQ(get(path + "/timeline").status, 404) << path;
    const Received gone = send(Method::del, path, "", {{"if-match", "*"}});
    EXPECT_EQ(gone.status, 404) << path;
    EXPECT_EQ(gone.field(), "id");
  }
  for (const char* malformed : {"0", "-1", "x", "1.5", "ref:", "12345678901234567890"})
    EXPECT_EQ(get(std::string("/api/v1/accounts/") + malformed).status, 400) << malformed;
  EXPECT_EQ(get("/api/v1/accounts?workspace=nowhere").status, 404);
  EXPECT_EQ(get("/api/v1/accounts?workspace=../x").status, 400);
}

TEST_F(RecordsTest, RefusesWhatCannotBeWrittenAndWritesNothing) {
  const std::string before = get("/api/v1/accounts").header("Traction-Sequence");
  struct Wrong {
    json::value body;
    int status;
    std::string code, field;
  };
  const json::object good{{"name", "Acme"}};
  const std::vector<Wrong> wrong{
      {json::object{}, 422, "required", "fields"},
      {json::array{}, 422, "invalid", "body"},
      {{{"fields", 1}}, 422, "invalid", "fields"},
      {{{"fields", json::object{}}}, 422, "required", "fields.name"},
      {{{"fields", {{"name", 1}}}}, 422, "invalid", "fields.name"},
      {{{"fields", {{"name", "x"}, {"nmae", "y"}}}}, 422, "unknown", "fields.nmae"},
      {{{"fields", good}, {"occured_at", "unknown"}}, 422, "unknown", "occured_at"},
      {{{"fields", good}, {"occurred_at", "yesterday"}}, 422, "invalid", "occurred_at"},
      {{{"fields", good}, {"occurred_at", 5}}, 422, "invalid", "occurred_at"},
      {{{"fields", good}, {"client_ref", ""}}, 422, "invalid", "client_ref"},
      {{{"fields", good}, {"client_ref", 5}}, 422, "invalid", "client_ref"},
      {{{"fields", {{"name", "x"}, {"parent", 999'999}}}}, 422, "not_found", "fields.parent"},
      {{{"fields", {{"name", "x"}, {"parent", {{"ref", "nobody"}}}}}}, 422, "not_found", "fields.parent"},
      {{{"fields", {{"name", std::string(2'000, 'x')}}}}, 413, "too_large", "fields.name"},
  };
  for (const Wrong& each : wrong) {
    const Received asked = ask(Method::post, "/api/v1/accounts", each.body);
    EXPECT_EQ(asked.status, each.status) << asked.text;
    EXPECT_EQ(asked.code(), each.code) << asked.text;
    EXPECT_EQ(asked.field(), each.field) << asked.text;
  }
  EXPECT_EQ(create("deals", {{"name", "x"}, {"stage", stage_}, {"closed_at", nullptr}}).status, 403);
  EXPECT_EQ(create("accounts", good, {{"traction-actor", "999"}}).field(), "Traction-Actor");
  EXPECT_EQ(create("accounts", good, {{"traction-actor", std::to_string(stage_)}}).status, 422);
  EXPECT_EQ(create("accounts", good, {{"idempotency-key", std::string(201, 'k')}}).status, 400);
  EXPECT_EQ(get("/api/v1/accounts").header("Traction-Sequence"), before);
}

TEST_F(RecordsTest, ActsOnBehalfOfAMember) {
  const Id ada = create("members", {{"name", "Ada"}}).number("id");
  const Id deal =
      create("deals", {{"name", "x"}, {"stage", stage_}}, {{"traction-actor", std::to_string(ada)}}).number("id");
  EXPECT_EQ(get("/api/v1/deals/" + std::to_string(deal)).body.at("fields").at("owner"), ada);
}

TEST_F(RecordsTest, AClientsOwnNameStandsWhereverAnIdDoes) {
  const Received made = ask(Method::post, "/api/v1/accounts", {{"fields", {{"name", "A"}}}, {"client_ref", "a/1 ü"}});
  ASSERT_EQ(made.status, 201) << made.text;
  const std::string path = "/api/v1/accounts/ref:a%2F1%20%C3%BC";
  EXPECT_EQ(get(path).number("id"), made.number("id"));
  EXPECT_EQ(ask(Method::patch, path, {{"fields", {{"name", "B"}}}}, {{"if-match", "*"}}).number("id"),
            made.number("id"));
  EXPECT_EQ(ask(Method::post, "/api/v1/accounts", {{"fields", {{"name", "A"}}}, {"client_ref", "a/1 ü"}}).status, 409);
  const Received below = create("accounts", {{"name", "C"}, {"parent", {{"ref", "a/1 ü"}}}});
  EXPECT_EQ(get("/api/v1/accounts/" + std::to_string(below.number("id"))).body.at("fields").at("parent"),
            made.body.at("id"));
}

TEST_F(RecordsTest, TheSameKeyIsAnsweredAgainNotDoneAgain) {
  const std::vector<Header> key{{"idempotency-key", "k1"}};
  const Received first = create("accounts", {{"name", "Once"}, {"website", "once.example"}}, key);
  ASSERT_EQ(first.status, 201) << first.text;
  (void)account("Between");
  const Received again = create("accounts", {{"website", "once.example"}, {"name", "Once"}}, key);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.header("ETag"), first.header("ETag"));
  EXPECT_EQ(again.header("Location"), first.header("Location"));
  const Received other = create("accounts", {{"name", "Twice"}}, key);
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.code(), "key_reused");
}

TEST_F(RecordsTest, FiftyAtOnceMakeOneRecord) {
  std::vector<Received> answers(50);
  {
    std::vector<std::jthread> clients;
    for (Received& answer : answers)
      clients.emplace_back([&] {
        do {
          answer = create("accounts", {{"name", "Once"}}, {{"idempotency-key", "fifty"}});
          EXPECT_EQ(answer.header("Retry-After"), answer.status == 409 ? "1" : "");
        } while (answer.status == 409 && answer.code() == "in_flight");
      });
  }
  for (const Received& answer : answers) {
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.text, answers.front().text);
  }
  EXPECT_EQ(get("/api/v1/accounts").body.at("records").as_array().size(), 1u);
}

TEST_F(RecordsTest, ABatchHappensWhollyOrNotAtAll) {
  const Received made =
      ask(Method::post, "/api/v1/batch",
          {{"actions",
            {{{"verb", "create"}, {"type", "account"}, {"client_ref", "acme"}, {"fields", {{"name", "Acme"}}}},
             action("contact", {{"name", "Ann"}, {"account", {{"new", 0}}}}),
             {{"verb", "change"}, {"type", "account"}, {"new", 0}, {"fields", {{"name", "Acme Corp"}}}},
             {{"verb", "delete"}, {"type", "contact"}, {"new", 1}, {"occurred_at", "2024-05-31T09:30:00Z"}},
             {{"verb", "restore"}, {"type", "contact"}, {"new", 1}}}}},
          {{"idempotency-key", "b"}});
  ASSERT_EQ(made.status, 200) << made.text;
  const Id first = made.body.at("actions").at(0).at("id").as_int64();
  EXPECT_EQ(made.body.at("actions").at(2), (json::object{{"id", first}, {"version", first + 2}}));
  EXPECT_EQ(made.number("sequence"), first + 4);
  EXPECT_EQ(get("/api/v1/accounts/ref:acme").body.at("fields").at("name"), "Acme Corp");

  const std::string before = get("/api/v1/accounts").header("Traction-Sequence");
  struct Wrong {
    json::value body;
    int status;
    std::string code, field;
  };
  const json::object fine = action("account", {{"name", "x"}});
  const auto after = [&](json::object second) { return json::object{{"actions", {fine, std::move(second)}}}; };
  const std::vector<Wrong> wrong{
      {after(action("account", {})), 422, "required", "actions[1].fields.name"},
      {after(action("acount", {{"name", "x"}})), 422, "unknown", "actions[1].type"},
      {after({{"verb", "crate"}, {"type", "account"}}), 422, "unknown", "actions[1].verb"},
      {after({{"verb", "erase"}, {"type", "contact"}, {"id", first + 1}}), 422, "unknown", "actions[1].verb"},
      {after({{"type", "account"}}), 422, "required", "actions[1].verb"},
      {after({{"verb", "change"}, {"type", "account"}, {"fields", json::object{}}}), 422, "required", "actions[1].id"},
      {after({{"verb", "delete"}, {"type", "account"}, {"id", first}, {"new", 0}}), 422, "invalid", "actions[1].id"},
      {after({{"verb", "delete"}, {"type", "account"}, {"id", 999'999}}), 422, "not_found", "actions[1].id"},
      {after({{"verb", "delete"}, {"type", "account"}, {"new", 7}}), 422, "invalid", "actions[1].id"},
      {after({{"verb", "delete"}, {"type", "account"}, {"id", first}, {"version", 1}}), 412, "stale",
       "actions[1].version"},
      {after({{"verb", "create"}, {"type", "account"}, {"client_ref", "acme"}, {"fields", {{"name", "x"}}}}), 409,
       "duplicate", "actions[1].client_ref"},
      {after({{"verb", "merge"}, {"type", "account"}, {"id", first}}), 422, "required", "actions[1].into"},
      {after({{"verb", "create"}, {"type", "account"}, {"field", json::object{}}}), 422, "required",
       "actions[1].fields"},
      {{{"actions", json::array{}}}, 422, "required", "actions"},
      {{{"actions", json::object{}}}, 422, "invalid", "actions"},
      {{{"actions", {1}}}, 422, "invalid", "actions[0]"},
      {json::object{}, 422, "required", "actions"},
      {{{"actions", json::array(10'001, json::value(nullptr))}}, 413, "too_large", "actions"}};
  for (const Wrong& each : wrong) {
    const Received asked = ask(Method::post, "/api/v1/batch", each.body);
    EXPECT_EQ(asked.status, each.status) << asked.text;
    EXPECT_EQ(asked.code(), each.code) << asked.text;
    EXPECT_EQ(asked.field(), each.field) << asked.text;
  }
  EXPECT_EQ(get("/api/v1/accounts").header("Traction-Sequence"), before);
}

TEST_F(RecordsTest, ListsPageByPageWhileOthersWrite) {
  std::vector<Id> made;
  for (int i = 0; i < 10; ++i) made.push_back(account("Account " + std::to_string(i)));
  std::ranges::reverse(made);
  for (const std::string& order :
       {std::string("limit=3"), std::string("limit=3&sort=-name"), std::string("limit=3&where=name~account")}) {
    std::vector<Id> seen;
    std::string cursor;
    do {
      const Received page = get("/api/v1/accounts?" + order + (cursor.empty() ? "" : "&cursor=" + cursor),
                                {{"traction-sequence", std::to_string(made.front())}});
      ASSERT_EQ(page.status, 200) << page.text;
      EXPECT_GE(std::stoll(page.header("Traction-Sequence")), made.front());
      for (const Id id : ids(page.body.at("records"))) seen.push_back(id);
      cursor = page.string("next");
      (void)account("Zz meanwhile");
    } while (!cursor.empty());
    std::erase_if(seen, [&](Id id) { return std::ranges::find(made, id) == made.end(); });
    EXPECT_EQ(seen, made) << order;
  }
}

TEST_F(RecordsTest, FiltersAndSorts) {
  const Id small = create("deals", {{"name", "Small"}, {"stage", stage_}, {"amount_minor", 100}}).number("id");
  const Id big = create("deals", {{"name", "Big"}, {"stage", stage_}, {"amount_minor", 900}}).number("id");
  const std::vector<Header> now{{"traction-sequence", std::to_string(big)}};
  const auto listed = [&](const std::string& query) { return get("/api/v1/deals?" + query, now); };
  EXPECT_EQ(ids(listed("sort=amount_minor").body.at("records")), (std::vector<Id>{small, big}));
  EXPECT_EQ(ids(listed("where=amount_minor%3E%3D500&where=stage.kind=open").body.at("records")),
            (std::vector<Id>{big}));
  EXPECT_EQ(listed("titles=true&limit=1").body.at("records").at(0).at("titles").at("stage"), "New");
  EXPECT_EQ(listed("where=nothing").field(), "where");
  EXPECT_EQ(listed("where=nothing=1").status, 422);
  EXPECT_EQ(listed("where=owner=Nobody").status, 422);
  EXPECT_EQ(listed("sort=nothing").status, 422);
  EXPECT_EQ(listed("cursor=x").status, 422);
  EXPECT_EQ(listed("limit=0").status, 400);
  EXPECT_EQ(get("/api/v1/deals", {{"traction-sequence", "999999"}}).status, 422);
}

TEST_F(RecordsTest, TellsARecordsStory) {
  const Received made = ask(Method::post, "/api/v1/deals",
                            {{"fields", {{"name", "x"}, {"stage", stage_}}}, {"occurred_at", "2024-01-01T00:00:00Z"}});
  const Id deal = made.number("id");
  const auto activity = [&](const std::string& kind, const std::string& at) {
    const Received asked =
        ask(Method::post, "/api/v1/activities", {{"fields", {{"kind", kind}, {"deal", deal}}}, {"occurred_at", at}});
    EXPECT_EQ(asked.status, 201) << asked.text;
    return asked.number("id");
  };
  (void)activity("call", "2024-02-01T00:00:00Z");
  (void)activity("email", "unknown");
  const Id last = activity("meeting", "2024-04-01T00:00:00Z");
  const std::string path = "/api/v1/deals/" + std::to_string(deal);
  const Received won =
      ask(Method::patch, path, {{"fields", {{"stage", won_}}}, {"occurred_at", "2024-03-01T00:00:00Z"}},
          {{"if-match", "*"}});
  ASSERT_EQ(won.status, 200) << won.text;
  std::vector<std::string> story;
  std::string cursor;
  do {
    const Received page = get(path + "/timeline?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor),
                              {{"traction-sequence", won.header("Traction-Sequence")}});
    ASSERT_EQ(page.status, 200) << page.text;
    for (const json::value& item : page.body.at("items").as_array())
      story.emplace_back(item.at("kind") == "entry" ? item.at("entry").at("kind").as_string()
                                                    : item.at("activity").at("fields").at("kind").as_string());
    cursor = page.string("next");
  } while (!cursor.empty());
  EXPECT_EQ(story, (std::vector<std::string>{"meeting", "changed", "call", "created", "email"}));
  EXPECT_GT(last, deal);
  EXPECT_EQ(get(path + "/timeline?cursor=x").status, 422);
}

TEST_F(RecordsTest, MergesAndTakesItBack) {
  const Id kept = account("Acme"), alias = account("ACME");
  const std::string path = "/api/v1/accounts/" + std::to_string(alias);
  EXPECT_EQ(ask(Method::post, path + "/merge", json::object{}).field(), "into");
  EXPECT_EQ(ask(Method::post, path + "/merge", {{"into", 999'999}}).status, 422);
  ASSERT_EQ(ask(Method::post, path + "/merge", {{"into", kept}}).status, 200);
  EXPECT_EQ(get(path).body.at("state"), "merged");
  EXPECT_EQ(get(path).number("merged_into"), kept);
  ASSERT_EQ(send(Method::post, path + "/unmerge").status, 200);
  EXPECT_EQ(get(path).body.at("state"), "live");
  EXPECT_EQ(ask(Method::post, "/api/v1/deals/1/merge", {{"into", kept}}).status, 404);
}

TEST_F(RecordsTest, ErasesAPerson) {
  const Id ann = create("contacts", {{"name", "Ann Secret"}, {"title", "Buyer"}}).number("id");
  const std::string path = "/api/v1/contacts/" + std::to_string(ann);
  const std::vector<Header> key{{"idempotency-key", "erase"}};
  const Received erased = send(Method::post, path + "/erase", "", key);
  ASSERT_EQ(erased.status, 200) << erased.text;
  EXPECT_EQ(get(path).text.find("Secret"), std::string::npos);
  EXPECT_EQ(get(path).body.at("fields").at("title"), "Buyer");
  EXPECT_EQ(get("/api/v1/search?text=Secret").body.at("records").as_array().size(), 0u);
  EXPECT_EQ(send(Method::post, path + "/erase", "", key).text, erased.text);
  EXPECT_EQ(send(Method::post, "/api/v1/contacts/999999/erase").status, 404);
  EXPECT_EQ(host_->directory().control().erasures().size(), 1u);
}

TEST_F(RecordsTest, Searches) {
  const Id acme = account("Acme Corporation");
  EXPECT_EQ(ids(get("/api/v1/search?text=corpo").body.at("records")), (std::vector<Id>{acme}));
  EXPECT_EQ(ids(get("/api/v1/search?text=corpo&type=contact").body.at("records")), (std::vector<Id>{}));
  EXPECT_EQ(get("/api/v1/search?text=co").status, 422);
  EXPECT_EQ(get("/api/v1/search?text=corpo&type=x").status, 422);
  EXPECT_EQ(get("/api/v1/search").status, 400);
}

TEST_F(RecordsTest, SettingsAreOneRecord) {
  const Received read = get("/api/v1/settings");
  ASSERT_EQ(read.status, 200) << read.text;
  EXPECT_EQ(read.body.at("fields").at("currency"), "EUR");
  const json::object change{{"fields", {{"zone", "Europe/Berlin"}}}};
  EXPECT_EQ(ask(Method::patch, "/api/v1/settings", change).status, 428);
  EXPECT_EQ(ask(Method::patch, "/api/v1/settings", change, {{"if-match", read.header("ETag")}}).status, 200);
  EXPECT_EQ(get("/api/v1/settings").body.at("fields").at("zone"), "Europe/Berlin");
  EXPECT_EQ(ask(Method::patch, "/api/v1/settings", {{"fields", {{"zone", "Mars"}}}}, {{"if-match", "*"}}).field(),
            "fields.zone");
  EXPECT_EQ(get("/api/v1/workspaces").status, 404);
}

TEST_F(RecordsTest, AWorkspacesOwnFieldsAreThereAtOnce) {
  ASSERT_EQ(
      create("custom-fields", {{"record_type", "account"}, {"name", "visited_at"}, {"field_type", "instant"}}).status,
      201);
  const Id id = create("accounts", {{"name", "x"}, {"visited_at", "2024-05-31T11:30:00+02:00"}}).number("id");
  EXPECT_EQ(get("/api/v1/accounts/" + std::to_string(id)).body.at("fields").at("visited_at"), "2024-05-31T09:30:00Z");
}

}  // namespace
}  // namespace traction
