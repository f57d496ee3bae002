// Session: one connection from its first byte to its last: reads requests one after the other, hands each to the
// service, writes what it answers. One coroutine on the thread of its loop, which all is called on unless said
// otherwise. While it waits for a request it holds no buffer.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "http/adapter/common.h"
#include "http/adapter/head.h"
#include "http/adapter/loop.h"
#include "http/adapter/parser.h"
#include "http/adapter/spool.h"

namespace traction::adapter {

// A connection fresh from its listener.
struct Accepted {
  int descriptor = -1;
  Via via = Via::tcp;
  bool encrypted = false;
};

class Session final : public Caller, public std::enable_shared_from_this<Session> {
 public:
  // Takes the connection over onto a loop. Any thread.
  static void begin(Common& common, Loop& loop, Accepted accepted);

  Session(Common& common, Loop& loop, Accepted accepted);
  void interrupt(Why why) override;

  // From any thread: the answer to the request of that number, null when there will be none. Only the first counts.
  void answered(std::uint64_t number, std::optional<Response> answer);
  // From any thread: has the coroutine look again at what it waits for.
  void ring();

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
  using Sleeper = boost::asio::async_result<boost::asio::use_awaitable_t<Executor>, void()>::handler_type;

  // session.cpp: the way of a connection.
  Task<> run();
  Task<bool> one();  // request and answer; false when the connection ends
  Task<bool> read_head(RequestParser& parser);
  Task<bool> trouble(int status, std::string_view sentence);  // tells it, and that the connection ends: false
  Task<Response> ask(std::shared_ptr<const Request> request);
  Task<> part();  // from the client
  void close();

  // session_body.cpp: the body of a request.
  struct Reading {
    enum class End { whole, too_long, late, cut, garbled, disk } end = End::whole;
  };
  Task<Reading> read_body(RequestParser& parser, std::uint64_t most, std::shared_ptr<Spool> spool, SteadyTime until);
  Task<bool> discard_body(RequestParser& parser);
  std::shared_ptr<Spool> make_spool(const std::string& folder);

  // session_answer.cpp: answers on their way out. False when the connection must end.
  Task<bool> send(Response answer, Coding coding, bool head_only);
  Task<bool> send_text(Response& answer, std::string_view text, bool head_only);
  Task<bool> send_produced(Response& answer, Coding coding);
  Task<bool> send_source(Response& answer);
  Task<bool> write(Parts parts);
  Task<bool> write_piece(std::string_view bytes);

  // session_wait.cpp: waiting.
  Task<bool> more(SteadyTime deadline, bool at_once);  // input; false when none comes
  Task<bool> ready(Attempt::End what, SteadyTime deadline);
  Task<> bell();  // until it rings
  template <class Work>
  Task<> in_background(Work work);
  void wake();
  bool cut() const { return cut_.has_value(); }
  Framing framing() const { return {.close = !keep_, .keep_alive = keep_ && !modern_}; }
  std::string_view input() const { return std::string_view(input_).substr(used_); }
  void used(std::size_t bytes);

  Common& common_;
  Loop& loop_;
  const Accepted accepted_;
  std::optional<Socket> socket_;
  std::unique_ptr<Stream> stream_;
  std::string input_;  // what has come and was not used
  std::size_t used_ = 0;
  std::optional<Why> cut_;  // why waiting is over
  bool keep_ = true;        // the connection goes on after this answer
  bool modern_ = true;      // HTTP/1.1: the client understands chunks
  bool unread_ = false;     // there is input that nobody will read
  std::stop_source gone_{std::nostopstate};

  std::optional<Sleeper> sleeper_;
  bool rung_ = false;

  std::mutex mutex_;  // guards what follows, which other threads touch
  bool connected_ = true, ring_posted_ = false;
  std::uint64_t number_ = 0;  // of the request that is being answered
  bool has_answer_ = false;
  std::optional<Response> answer_;
};

template <class Work>
Task<> Session::in_background(Work work) {
  std::atomic<bool> done = false;
  boost::asio::post(common_.background, [&, self = shared_from_this()] {
    work();
    done = true;
    self->ring();
  });
  while (!done) co_await bell();
}

}  // namespace traction::adapter
