#include "cli/forward.h"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <filesystem>

#include "base/fault.h"
#include "cli/carry_out.h"

namespace traction {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Socket = asio::local::stream_protocol::socket;
using Request11 = http::request<http::string_body>;

// A server that ends while it answers, or breaks its word.
struct BrokenOff {};

// False when nobody listens there.
bool connect(Socket& socket, const std::string& path) {
  boost::system::error_code failed;
  try {
    socket.connect(asio::local::stream_protocol::endpoint(path), failed);
  } catch (const boost::system::system_error&) {  // a path too long for any socket
    return false;
  }
  return !failed;
}

Request11 request(http::verb verb, const std::string& target, const json::value& body) {
  Request11 made(verb, target, 11);
  made.set(http::field::host, "localhost");
  if (body.is_null()) return made;
  made.set(http::field::content_type, "application/json");
  made.body() = json::serialize(body);
  made.prepare_payload();
  return made;
}

// A question with a short answer, which is null when there is none.
json::value ask(const std::string& path, const Request11& question) {
  asio::io_context io;
  Socket socket(io);
  if (!connect(socket, path)) return nullptr;
  boost::system::error_code failed;
  http::write(socket, question, failed);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> answer;
  if (!failed) http::read(socket, buffer, answer, failed);
  if (failed || answer.result() != http::status::ok) return nullptr;
  auto value = parse_json(answer.body());
  return value ? std::move(*value) : nullptr;
}

// Prints what comes from the server.
class Conversation {
 public:
  Conversation(asio::io_context& io, std::string path, Socket& socket, Console& console, bool json)
      : io_(io), path_(std::move(path)), socket_(socket), console_(console), json_(json) {}

  asio::awaitable<int> run(Request11 question) {
    co_await http::async_write(socket_, question, asio::use_awaitable);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    while (!exit_code_ && !parser.is_done()) {
      co_await http::async_read_some(socket_, buffer, parser, asio::use_awaitable);
      if (!parser.is_header_done()) continue;
      if (parser.get().result() != http::status::ok) {
        if (parser.is_done()) co_return refused(parser.get().body());
        continue;
      }
      waiting_ += parser.get().body();
      parser.get().body().clear();
      take_frames();
    }
    if (!exit_code_) throw BrokenOff();
    co_return *exit_code_;
  }

 private:
  void take_frames() {
    std::string_view left = waiting_;
    while (left.size() >= 5) {
      std::size_t length = 0;
      for (int i = 1; i <= 4; ++i) length = length << 8 | static_cast<unsigned char>(left[static_cast<std::size_t>(i)]);
      if (left.size() < 5 + length) break;
      take(static_cast<Frame>(left[0]), left.substr(5, length));
      left.remove_prefix(5 + length);
    }
    waiting_.erase(0, waiting_.size() - left.size());
  }

  void take(Frame kind, std::string_view text) {
    switch (kind) {
      case Frame::out:
        return console_.out(text);
      case Frame::err:
        return console_.err(text);
      case Frame::catching:
        return pass_on_interrupts(std::stoll(std::string(text)));
      case Frame::ended:
        exit_code_ = std::stoi(std::string(text));
        return;
    }
    throw BrokenOff();
  }

  // The first interrupt is told to the server, which then comes to an end by itself; the second one ends this program.
  void pass_on_interrupts(std::int64_t run) {
    signals_.emplace(io_, SIGINT, SIGTERM);
    signals_->async_wait([this, run](const boost::system::error_code& none, int) {
      if (none) return;
      signals_->clear();
      ask(path_, request(http::verb::post, "/command/stop", json::object{{"run", run}}));
    });
  }

  int refused(const std::string& body) {
    const auto value = parse_json(body);
    const json::object* problem = value ? value->if_object() : nullptr;
    const auto text = [&](const char* key) {
      const json::value* found = problem ? problem->if_contains(key) : nullptr;
      return found && found->is_string() ? std::string(found->get_string()) : "";
    };
    const std::string code = text("code"), sentence = text("detail");
    if (sentence.empty()) throw BrokenOff();
    const bool busy = code == "busy" || code == "unavailable";
    return complain(console_, json_, code, text("field"), sentence, busy ? kBusy : kFault);
  }

  asio::io_context& io_;
  const std::string path_;
  Socket& socket_;
  Console& console_;
  const bool json_;
  std::optional<asio::signal_set> signals_;
  std::string waiting_;
  std::optional<int> exit_code_;
};

// A server that owns the directory would be in the way of these, or could not answer them any better.
bool stays_here(const Arguments& arguments) { return arguments.command->here || arguments.has("--check"); }

json::object told(const std::vector<std::string>& words, const Console::Facts& facts) {
  json::array arguments(words.begin(), words.end());
  std::error_code unknown;
  return {{"arguments", std::move(arguments)}, {"data", facts.data},
          {"workspace", facts.workspace},      {"folder", std::filesystem::current_path(unknown).string()},
          {"columns", facts.columns},          {"colour", facts.colour},
          {"progress", facts.progress}};
}

}  // namespace

std::string socket_of(const std::string& data) { return (std::filesystem::path(data) / "sock").string(); }

std::optional<int> forward(const Arguments& arguments, const std::vector<std::string>& words, Console& console) {
  if (stays_here(arguments)) return std::nullopt;
  const std::string path = socket_of(console.facts().data);
  asio::io_context io(1);
  Socket socket(io);
  if (!connect(socket, path)) return std::nullopt;
  const json::object body = told(words, console.facts());
  if (!is_text(json::serialize(body)))
    return complain(console, arguments.json, "invalid", "",
                    "While a server keeps this data directory, arguments and folders must be UTF-8 text.", kUsage);
  Conversation conversation(io, path, socket, console, arguments.json);
  std::optional<int> exit_code;
  std::exception_ptr failure;
  asio::co_spawn(io, conversation.run(request(http::verb::post, "/command", body)),
                 [&](std::exception_ptr thrown, int code) {
                   failure = thrown;
                   exit_code = code;
                   io.stop();
                 });
  io.run();
  const auto fault = [&](const std::string& sentence) {
    return complain(console, arguments.json, "fault", "", sentence, kFault);
  };
  try {
    if (failure) std::rethrow_exception(failure);
    return exit_code;
  } catch (const Fault& fault_of_ours) {
    return fault(fault_of_ours.what());
  } catch (...) {
    return fault(
        "The server that keeps this data directory ended before it had answered. Whether the command was carried out "
        "is not known: look, and ask again.");
  }
}

std::optional<RunningServer> server_of(const std::string& data) {
  const json::value told = ask(socket_of(data), request(http::verb::get, "/command", nullptr));
  const json::object* object = told.if_object();
  const json::value* process = object ? object->if_contains("process") : nullptr;
  const json::value* address = object ? object->if_contains("address") : nullptr;
  if (!process || !process->is_int64() || !address || !address->is_string()) return std::nullopt;
  return RunningServer{process->get_int64(), std::string(address->get_string())};
}

}  // namespace traction
