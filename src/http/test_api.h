// For tests of the API without sockets: a Host on a directory of its own with an empty workspace "default", and
// requests put straight to a Router as the adapter would put them. One thread makes it; ask() may be called from any.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <future>

#include "app/system.h"
#include "http/router.h"

namespace traction {

struct Received {
  int status = 0;
  Response response;
  std::string text;
  json::value body;  // null when it is not JSON

  std::string header(std::string_view wanted) const {
    for (const Header& header : response.headers)
      if (header.name == wanted) return header.value;
    return "";
  }
  std::string code() const { return string("code"); }
  std::string field() const { return string("field"); }
  std::string string(std::string_view key) const {
    const json::value* value = body.is_object() ? body.get_object().if_contains(key) : nullptr;
    return value && value->is_string() ? std::string(value->get_string()) : "";
  }
  std::int64_t number(std::string_view key) const { return body.at(key).to_number<std::int64_t>(); }
};

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    std::string path = (std::filesystem::temp_directory_path() / "traction-XXXXXX").string();
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
    const auto definitions = load_definitions(std::string(TRACTION_SOURCE_DIR) + "/definitions");
    host_ = *Host::open(path + "/data", *definitions, {.create = true}, clock_, random_);
    EXPECT_TRUE(host_->create("default", {{"name", "Test"}, {"currency", "EUR"}}));
  }
  ~ApiTest() override {
    router_.reset();
    host_.reset();
    std::filesystem::remove_all(folder_);
  }

  void serve(std::vector<Route> routes, RouterOptions options = {}) {
    router_ = std::make_unique<Router>(*host_, std::move(routes), std::move(options));
  }

  const Schema& schema() const { return host_->definitions()->schema; }

  // A request with whatever body, admitted and answered as by the adapter.
  Received send(Method method, const std::string& target, std::string body = "", std::vector<Header> headers = {}) {
    auto request = std::make_shared<Request>();
    request->method = method;
    const auto question = target.find('?');
    request->path = target.substr(0, question);
    if (question != std::string::npos) request->query = target.substr(question + 1);
    request->headers = std::move(headers);
    if (!request->header("host")) request->headers.push_back({"host", "localhost:8080"});
    if (!body.empty()) request->headers.push_back({"content-length", std::to_string(body.size())});
    Received asked;
    const Service::Admission admission = router_->admit(*request);
    if (admission.refusal) {
      asked.response = std::move(*admission.refusal);
    } else {
      request->body_size = body.size();
      request->body = std::move(body);
      auto promise = std::make_shared<std::promise<Response>>();
      router_->handle(request, [promise](Response response) { promise->set_value(std::move(response)); });
      asked.response = promise->get_future().get();
    }
    asked.status = asked.response.status;
    if (const auto* text = std::get_if<std::string>(&asked.response.body)) asked.text = *text;
    if (auto parsed = parse_json(asked.text)) asked.body = std::move(*parsed);
    return asked;
  }

  // The same with a JSON body.
  Received ask(Method method, const std::string& target, const json::value& body = nullptr,
               std::vector<Header> headers = {}) {
    if (body.is_null()) return send(method, target, "", std::move(headers));
    headers.push_back({"content-type", "application/json"});
    return send(method, target, json::serialize(body), std::move(headers));
  }
  Received get(const std::string& target, std::vector<Header> headers = {}) {
    return send(Method::get, target, "", std::move(headers));
  }

  std::string folder_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Router> router_;
};

}  // namespace traction
