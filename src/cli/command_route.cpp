// The server's end of forwarding: carries out the commands of other command lines, on the server's host.
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <mutex>

#include "cli/carry_out.h"
#include "cli/commands.h"
#include "cli/forward.h"
#include "cli/session.h"
#include "http/problem.h"

namespace traction {
namespace {

// The commands that are being carried out and can be interrupted, by number.
class Runs {
 public:
  explicit Runs(std::stop_token ending) : ending_(std::move(ending)) {}

  bool ending() const { return ending_.stop_requested(); }
  std::int64_t add(std::stop_source stop) {
    const std::lock_guard lock(mutex_);
    stops_.emplace(++last_, std::move(stop));
    return last_;
  }
  void remove(std::int64_t run) {
    const std::lock_guard lock(mutex_);
    stops_.erase(run);
  }
  void stop(std::int64_t run) {
    const std::lock_guard lock(mutex_);
    if (const auto found = stops_.find(run); found != stops_.end()) found->second.request_stop();
  }

 private:
  const std::stop_token ending_;  // of the server
  std::mutex mutex_;
  std::int64_t last_ = 0;
  std::map<std::int64_t, std::stop_source> stops_;
};

// A terminal at the other end of the socket.
class FarConsole : public Console {
 public:
  FarConsole(Facts facts, Sink& sink, std::stop_token gone, Runs& runs)
      : Console(std::move(facts)), sink_(sink), gone_(std::move(gone)), runs_(runs) {}
  ~FarConsole() override { runs_.remove(run_); }

  void out(std::string_view text) override { send(Frame::out, text); }
  void err(std::string_view text) override { send(Frame::err, text); }
  void end(int exit_code) { send(Frame::ended, std::to_string(exit_code)); }

  void catch_interrupts() override {
    run_ = runs_.add(stop_);
    send(Frame::catching, std::to_string(run_));
  }
  bool interrupted() override { return runs_.ending() || gone_.stop_requested() || stop_.stop_requested(); }
  void check() override {
    if (run_ == 0 && gone_.stop_requested()) throw HungUp();
  }

 private:
  void send(Frame kind, std::string_view text) {
    std::string bytes(1, static_cast<char>(kind));
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(text.size() >> shift & 0xFF);
    if (!sink_.write(bytes.append(text))) throw HungUp();
  }

  Sink& sink_;
  const std::stop_token gone_;
  Runs& runs_;
  std::int64_t run_ = 0;
  std::stop_source stop_;
};

struct Asked {
  std::vector<std::string> words;
  Console::Facts facts;
};

Asked asked_of(const json::value& body) {
  Asked asked;
  for (const json::value& word : body.at("arguments").as_array()) asked.words.emplace_back(word.as_string());
  asked.facts = {.data = std::string(body.at("data").as_string()),
                 .workspace = std::string(body.at("workspace").as_string()),
                 .folder = std::string(body.at("folder").as_string()),
                 .columns = body.at("columns").to_number<std::size_t>(),
                 .colour = body.at("colour").as_bool(),
                 .progress = body.at("progress").as_bool()};
  return asked;
}

int carry_out_far(Asked asked, FarConsole& console, Host& host) {
  std::string program = "traction";
  std::vector<char*> argv{program.data()};
  for (std::string& word : asked.words) argv.push_back(word.data());
  argv.push_back(nullptr);
  auto parsed = parse_arguments(static_cast<int>(argv.size()) - 1, argv.data(), all_commands());
  if (const Said* said = std::get_if<Said>(&parsed)) {
    said->exit_code == kOk ? console.out(said->text) : console.err(said->text);
    return said->exit_code;
  }
  CommandSession session(std::get<Arguments>(std::move(parsed)), console, &host);
  return carry_out(session);
}

// The socket is for the owner's command line; over the network there is no such thing.
bool is_ours(const Context& context) { return context.request->via == Via::socket; }

Response nothing_here(const Context& context) {
  return problem(404, "not_found", "path", fmt::format("There is nothing at {}.", context.request->path));
}

Handler carrying_out(std::shared_ptr<Runs> runs) {
  return [runs](Context context, Reply reply) {
    if (!is_ours(context)) return reply(nothing_here(context));
    Asked asked;
    try {
      asked = asked_of(context.body);
    } catch (const std::exception&) {
      return reply(problem(400, "malformed", "body", "This command line is of another version than the server."));
    }
    Response response;
    response.headers = {{"Content-Type", "application/octet-stream"}};
    response.body = Producer([runs, asked, request = context.request, host = context.host](Sink& sink) {
      FarConsole console(asked.facts, sink, request->gone, *runs);
      try {
        console.end(carry_out_far(asked, console, *host));
      } catch (const HungUp&) {  // nobody is left to be told
      }
    });
    reply(std::move(response));
  };
}

}  // namespace

std::vector<Route> command_routes(std::function<std::string()> address, std::stop_token ending) {
  const auto runs = std::make_shared<Runs>(std::move(ending));
  const std::string path = "/command";
  const Body takes{.kind = Body::Kind::json, .most = 4 << 20};
  return {{.method = Method::get,
           .path = path,
           .policy = kOwner,
           .id = "command_line_server",
           .tag = "Command line",
           .summary = "Who serves here?",
           .handler = answering([address = std::move(address)](const Context& context) -> Result<Response> {
             if (!is_ours(context)) return nothing_here(context);
             return json_response(200, json::object{{"process", getpid()}, {"address", address()}});
           })},
          {.method = Method::post,
           .path = path,
           .policy = kOwner,
           .id = "command_line",
           .tag = "Command line",
           .summary = "Carry out a command",
           .body = takes,
           .handler = carrying_out(runs)},
          {.method = Method::post,
           .path = path + "/stop",
           .policy = kOwner,
           .id = "command_line_stop",
           .tag = "Command line",
           .summary = "Interrupt a command",
           .body = takes,
           .handler = answering([runs](const Context& context) -> Result<Response> {
             if (!is_ours(context)) return nothing_here(context);
             const json::object* body = context.body.if_object();
             const json::value* run = body ? body->if_contains("run") : nullptr;
             if (run && run->is_int64()) runs->stop(run->get_int64());
             return json_response(200, json::object{});
           })}};
}

}  // namespace traction
