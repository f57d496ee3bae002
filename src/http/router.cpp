#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <charconv>
#include <chrono>
#include <latch>
#include <set>

#include "base/check.h"
#include "base/priority.h"
#include "base/text.h"
#include "http/counts.h"
#include "http/guard.h"
#include "http/parameters.h"
#include "http/paths.h"
#include "http/problem.h"

namespace traction {
namespace {

using Steady = std::chrono::steady_clock;

// More than these wait for a worker only when something is very wrong.
constexpr int kMostWaiting = 10'000;
constexpr std::size_t kSlowWorkers = 4;  // what they do waits for disks and other threads
constexpr int kPolite = 10;              // commits come first, and the mart that must reach them

bool allowed(Policy policy, const Principal& principal) { return principal.rank >= policy.who(); }

bool has_header(const Response& response, std::string_view wanted) {
  return std::ranges::find(response.headers, wanted, &Header::name) != response.headers.end();
}

std::string allow_header(const Paths::Places& places) {
  std::vector<std::string> names{"OPTIONS"};
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!places[i]) continue;
    names.emplace_back(name(static_cast<Method>(i)));
    if (static_cast<Method>(i) == Method::get) names.emplace_back("HEAD");
  }
  std::ranges::sort(names);
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : ", ") + each;
  return text;
}

bool is_api(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

std::string_view problem_code(int status) {
  switch (status) {
    case 408:
      return "timeout";
    case 413:
      return "too_large";
    case 431:
      return "header_too_large";
    case 503:
      return "unavailable";
    default:
      return status < 500 ? "malformed" : "internal";
  }
}

// Whether the request carries a body, as far as its head tells.
struct Announced {
  bool body = false;
  std::uint64_t bytes = 0;
};

Announced announced(const Request& request) {
  Announced found{request.body_size > 0 || !request.body.empty() || request.header("transfer-encoding") != nullptr,
                  std::max<std::uint64_t>(request.body_size, request.body.size())};
  if (const std::string* length = request.header("content-length")) {
    std::uint64_t bytes = 0;
    std::from_chars(length->data(), length->data() + length->size(), bytes);
    found.bytes = std::max(found.bytes, bytes);
    found.body |= bytes > 0;
  }
  return found;
}

bool is_json(const std::string* content_type) {
  if (!content_type) return false;
  const std::vector<std::string> parts = split(lower(*content_type), ';');
  if (parts.empty() || trim(parts.front()) != "application/json") return false;
  return std::ranges::all_of(parts.begin() + 1, parts.end(), [](std::string_view parameter) {
    parameter = trim(parameter);
    return !parameter.starts_with("charset=") || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\"";
  });
}

// What is wrong with the body, as far as the head tells.
std::optional<Response> check_body(const Body& body, const Request& request) {
  const Announced sent = announced(request);
  if (!sent.body) {
    if (body.kind == Body::Kind::none || !body.required) return std::nullopt;
    return problem(400, "required", "body", "This request needs a body.");
  }
  if (body.kind == Body::Kind::none)
    return problem(400, "malformed", "body", fmt::format("A {} here takes no body.", name(request.method)));
  if (body.kind == Body::Kind::json && !is_json(request.header("content-type")))
    return problem(415, "media_type", "Content-Type",
                   "The body must be JSON in UTF-8: Content-Type: application/json.");
  if (sent.bytes > body.most)
    return problem(413, "too_large", "body", fmt::format("The body may have at most {} bytes.", body.most));
  return std::nullopt;
}

// A request that is being answered: sees to it that it is answered once, with the headers that every answer has, and
// counted.
class Pending {
 public:
  Pending(Reply reply, std::shared_ptr<RequestCounts> counts, std::size_t row, bool cached)
      : reply_(std::move(reply)), counts_(std::move(counts)), row_(row), cached_(cached), began_(Steady::now()) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  // Whoever was to answer has gone, as when the workspace is closed.
  ~Pending() { answer(problem(503, "unavailable", "", "The server stopped before this was answered. Ask again.")); }

  void answer(Response response) {
    if (answered_.exchange(true)) return;
    dress(response, cached_);
    counts_->add(row_, response.status, Steady::now() - began_);
    reply_(std::move(response));
  }

  static void dress(Response& response, bool cached) {
    response.headers.push_back({"X-Content-Type-Options", "nosniff"});
    if (!cached && !has_header(response, "Cache-Control"))
      response.headers.push_back({"Cache-Control", has_header(response, "ETag") ? "no-cache" : "no-store"});
  }

 private:
  const Reply reply_;
  const std::shared_ptr<RequestCounts> counts_;  // an answer may come after the router's end
  const std::size_t row_;
  const bool cached_;  // the answer says itself how long it may be kept
  const Steady::time_point began_;
  std::atomic<bool> answered_{false};
};

}  // namespace

std::vector<Route> health_routes(std::shared_ptr<const std::atomic<bool>> ready) {
  const auto fine = [] {
    Response response;
    response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    response.body = std::string("ok\n");
    return response;
  };
  const std::vector<Answered> answers{{.status = 200, .about = "Yes.", .content_type = "text/plain"}};
  return {{.method = Method::get,
           .path = "/healthz",
           .policy = kAnyone,
           .id = "health",
           .tag = "Server",
           .summary = "Is the server alive?",
           .answers = answers,
           .handler = answering([fine](const Context&) -> Result<Response> { return fine(); })},
          {.method = Method::get,
           .path = "/readyz",
           .policy = kAnyone,
           .id = "ready",
           .tag = "Server",
           .summary = "Does the server take requests?",
           .about = "No from the moment it is told to stop, so that a load balancer goes elsewhere.",
           .answers = answers,
           .problems = {503},
           .handler = answering([fine, ready = std::move(ready)](const Context&) -> Result<Response> {
             return *ready ? fine() : problem(503, "unavailable", "", "The server is stopping.");
           })}};
}

class Router::Impl {
 public:
  Impl(Host& host, std::vector<Route> routes, RouterOptions options)
      : host_(host),
        options_(std::move(options)),
        ready_(std::make_shared<std::atomic<bool>>(true)),
        routes_(std::move(routes)),
        workers_(static_cast<std::size_t>(options_.workers)),
        slow_workers_(kSlowWorkers) {
    be_polite();
    for (Route& route : health_routes(ready_)) routes_.push_back(std::move(route));
    std::vector<std::string> names;
    std::set<std::string> ids;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
      CHECK(ids.insert(routes_[i].id).second);
      CHECK(routes_[i].handler != nullptr);
      paths_.add(routes_[i].method, routes_[i].path, i);
      readers_.push_back(std::make_unique<ParameterReader>(routes_[i]));
      names.push_back(routes_[i].id);
    }
    names.emplace_back("page");
    names.emplace_back("none");
    counts_ = std::make_shared<RequestCounts>(std::move(names));
  }
  ~Impl() {
    workers_.join();
    slow_workers_.join();
  }

  Admission admit(const Request& head) {
    Look look = look_at(head);
    Admission admission;
    if (look.answer) {
      Pending::dress(*look.answer, false);
      counts_->add(look.row, look.answer->status, {});
      admission.refusal = std::make_shared<Response>(std::move(*look.answer));
    } else if (look.row < routes_.size()) {
      const Body& body = routes_[look.row].body;
      admission.most_body = body.kind == Body::Kind::none ? 0 : body.most;
      if (body.kind == Body::Kind::file) admission.spool = options_.spool;
    }
    return admission;
  }

  void handle(std::shared_ptr<const Request> request, Reply reply) {
    Look look = look_at(*request);
    const bool page = look.row == page_row() && !look.answer;
    auto pending = std::make_shared<Pending>(std::move(reply), counts_, look.row, page);
    if (look.answer) return pending->answer(std::move(*look.answer));
    if (page) return pending->answer(options_.otherwise(*request));
    if (waiting_.fetch_add(1) >= kMostWaiting) {
      --waiting_;
      return pending->answer(problem(503, "busy", "", "The server has more to do than it can. Try again in a moment."));
    }
    auto& workers = routes_[look.row].slow ? slow_workers_ : workers_;
    boost::asio::post(workers, [this, look = std::move(look), request = std::move(request), pending] {
      --waiting_;
      run(look, request, pending);
    });
  }

  const std::vector<Route>& routes() const { return routes_; }
  void not_ready() { *ready_ = false; }
  const RequestCounts& counts() const { return *counts_; }

 private:
  // Each of them takes one of as many tasks, since none ends before all began.
  void be_polite() {
    const auto all = std::make_shared<std::latch>(kSlowWorkers);
    for (std::size_t i = 0; i < kSlowWorkers; ++i)
      boost::asio::post(slow_workers_, [all] {
        give_way(kPolite);
        all->arrive_and_wait();
      });
  }

  // What a request comes to before anything is done: the row of its route, or the answer.
  struct Look {
    std::size_t row = 0;
    std::vector<std::string_view> segments;  // of Request::path
    Principal principal;
    std::optional<Response> answer;
  };
  std::size_t page_row() const { return routes_.size(); }
  std::size_t none_row() const { return routes_.size() + 1; }

  Look look_at(const Request& request) const {
    Look look;
    look.row = none_row();
    if (look.answer = guard(request, options_.hosts); look.answer) return look;
    const Method method = request.method == Method::head ? Method::get : request.method;
    Paths::Found found = paths_.find(request.path);
    if (!found.places) {
      if (method == Method::get && options_.otherwise && !is_api(request.path))
        look.row = page_row();
      else
        look.answer =
            problem(404, "not_found", "path",
                    fmt::format("There is nothing at {}. /docs tells what there is.", excerpt(request.path, 200)));
      if (!look.answer) look.answer = check_body({}, request);
      return look;
    }
    const auto place = (*found.places)[static_cast<std::size_t>(method)];
    if (!place) {
      look.answer = without_method(request, *found.places);
      return look;
    }
    look.row = *place;
    look.segments = std::move(found.segments);
    const Route& route = routes_[look.row];
    if (!allowed(route.policy, look.principal))
      look.answer = problem(403, "forbidden", "", "This is not yours to do. Ask whoever keeps this server.");
    else
      look.answer = check_body(route.body, request);
    return look;
  }

  static Response without_method(const Request& request, const Paths::Places& places) {
    Response response;
    if (request.method == Method::options)
      response.status = 204;
    else
      response = problem(405, "method_not_allowed", "method", fmt::format("This takes {}.", allow_header(places)));
    response.headers.push_back({"Allow", allow_header(places)});
    return response;
  }

  void run(const Look& look, const std::shared_ptr<const Request>& request, const std::shared_ptr<Pending>& pending) {
    try {
      const Route& route = routes_[look.row];
      Context context;
      context.request = request;
      context.route = &route;
      context.host = &host_;
      context.principal = look.principal;
      if (auto wrong = readers_[look.row]->read(*request, look.segments, context))
        return pending->answer(std::move(*wrong));
      context.principal.member = context.integer("Traction-Actor");
      if (route.body.kind == Body::Kind::json && !request->body.empty()) {
        auto body = parse_json(request->body);
        if (!body) return pending->answer(problem(400, "malformed", body.error().field, body.error().sentence));
        context.body = std::move(*body);
      }
      route.handler(std::move(context), [pending](Response response) { pending->answer(std::move(response)); });
    } catch (...) {
      pending->answer(problem(std::current_exception()));
    }
  }

  Host& host_;
  const RouterOptions options_;
  const std::shared_ptr<std::atomic<bool>> ready_;
  std::vector<Route> routes_;
  std::vector<std::unique_ptr<ParameterReader>> readers_;
  Paths paths_;
  std::shared_ptr<RequestCounts> counts_;
  std::atomic<int> waiting_{0};
  boost::asio::thread_pool workers_, slow_workers_;
};

Router::Router(Host& host, std::vector<Route> routes, RouterOptions options)
    : impl_(std::make_unique<Impl>(host, std::move(routes), std::move(options))) {}

Router::~Router() = default;

Service::Admission Router::admit(const Request& head) { return impl_->admit(head); }

void Router::handle(std::shared_ptr<const Request> request, Reply reply) {
  impl_->handle(std::move(request), std::move(reply));
}

Response Router::trouble(int status, std::string_view sentence) {
  Response response = problem(status, problem_code(status), "", sentence);
  Pending::dress(response, false);
  return response;
}

const std::vector<Route>& Router::routes() const { return impl_->routes(); }

void Router::not_ready() { impl_->not_ready(); }

std::string Router::counts() const { return impl_->counts().text(); }

}  // namespace traction
