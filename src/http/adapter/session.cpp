#include "http/adapter/session.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "http/log.h"

namespace traction::adapter {
namespace {

constexpr std::uint64_t kMostDiscarded = 64 * 1024;  // of a body nobody wants, so that the connection can go on
// Before a connection is closed in the middle of a request: a client that still sends would lose the answer to a reset.
constexpr std::size_t kMostDrained = 16 * 1024 * 1024;
constexpr std::chrono::milliseconds kDrainTime{2'000};  // the same

// The reply that a service holds. When it lets go of the last copy without an answer, that is one too.
class Answering {
 public:
  Answering(std::shared_ptr<Session> session, std::uint64_t number) : session_(std::move(session)), number_(number) {}
  ~Answering() { session_->answered(number_, std::nullopt); }
  void operator()(Response answer) const { session_->answered(number_, std::move(answer)); }

 private:
  const std::shared_ptr<Session> session_;
  const std::uint64_t number_;
};

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

void Session::begin(Common& common, Loop& loop, Accepted accepted) {
  ++common.open;
  boost::asio::post(loop.io(), [&common, &loop, accepted] {
    auto session = std::make_shared<Session>(common, loop, accepted);
    loop.add(*session);
    if (loop.ending()) session->interrupt(Why::ending);
    boost::asio::co_spawn(
        loop.io(), [session] { return session->run(); }, boost::asio::detached);
  });
}

Session::Session(Common& common, Loop& loop, Accepted accepted) : common_(common), loop_(loop), accepted_(accepted) {
  descriptor_ = accepted.descriptor;
  socket_.emplace(loop.io());
  // Of the protocol Asio needs no more than that it is a stream.
  socket_->assign({accepted.via == Via::tcp ? AF_INET : AF_UNIX, 0}, accepted.descriptor);
}

Task<> Session::run() {
  try {
    bool open = true;
    if (accepted_.encrypted) {
      stream_ = tls_stream(descriptor_, common_.tls);
      const SteadyTime until = now() + common_.options.header_time;
      Attempt shaken = stream_->handshake();
      while ((shaken.end == Attempt::End::read || shaken.end == Attempt::End::write) &&
             co_await ready(shaken.end, until))
        shaken = stream_->handshake();
      open = shaken.end == Attempt::End::done;
    } else {
      stream_ = plain_stream(descriptor_);
    }
    while (open) open = co_await one();
    if (!cut_ || *cut_ != Why::aborted) co_await part();
  } catch (const std::exception& failure) {
    log(LogLevel::error, std::string("A connection broke off: ") + failure.what());
  }
  close();
}

Task<bool> Session::one() {
  if (loop_.ending()) co_return false;
  doing_ = Doing::idle;
  keep_ = modern_ = true;
  if (input().empty() && !co_await more(now() + common_.options.idle_time, false)) co_return false;
  doing_ = Doing::head;
  const SteadyTime until = now() + common_.options.request_time;
  auto parser = RequestParser::make(common_.options.most_header);
  if (!co_await read_head(*parser)) co_return false;
  ++common_.requests;

  std::shared_ptr<Request> request = parser->request();
  if (!gone_.stop_possible()) gone_ = std::stop_source();
  request->gone = gone_.get_token();
  request->via = accepted_.via;
  request->encrypted = accepted_.encrypted;
  request->body_size = parser->length().value_or(0);
  keep_ = parser->keep_alive() && !loop_.ending();
  modern_ = parser->modern();

  Service::Admission admission;
  bool looked = false;
  try {
    admission = common_.service.admit(*request);
    looked = true;
  } catch (const std::exception& failure) {
    log(LogLevel::error, std::string("A request could not be admitted: ") + failure.what());
  }
  if (!looked) co_return co_await trouble(500, "The server failed to look at the request.");
  const bool head_only = request->method == Method::head;
  if (admission.refusal) {
    if (!parser->done() && !co_await discard_body(*parser)) keep_ = false, unread_ = true;
    if (cut_ == Why::late) cut_.reset();  // the answer is there all the same
    if (cut()) co_return false;
    Response refusal = *admission.refusal;
    const Coding coding = coding_for(*request, refusal);
    co_return co_await send(std::move(refusal), coding, head_only);
  }

  std::shared_ptr<Spool> spool;
  if (!parser->done()) {
    if (!admission.spool.empty()) spool = make_spool(admission.spool);
    const Reading reading = co_await read_body(*parser, admission.most_body, spool, until);
    switch (reading.end) {
      case Reading::End::whole:
        break;
      case Reading::End::cut:
        co_return false;
      case Reading::End::late:
        co_return co_await trouble(408, "The rest of the request did not come in time.");
      case Reading::End::garbled:
        co_return co_await trouble(parser->trouble(), parser->sentence());
      case Reading::End::disk:
        co_return co_await trouble(507, "There is no room to keep what was sent. Free some space and send it again.");
      case Reading::End::too_long:
        co_return co_await trouble(413, "The request's body is longer than is taken here.");
    }
  }
  if (spool)
    request->body_file = spool->path();
  else
    request->body = std::move(parser->body());
  request->body_size = parser->body_size();
  parser.reset();

  Response answer = co_await ask(request);
  if (cut()) co_return false;
  const Coding coding = coding_for(*request, answer);
  request.reset();  // an answer may go on for long
  admission = {};
  co_return co_await send(std::move(answer), coding, head_only);
}

Task<bool> Session::read_head(RequestParser& parser) {
  const SteadyTime until = now() + common_.options.header_time;
  bool begun = false;
  for (;;) {
    // Empty lines before a request are allowed to be there.
    while (!begun && input().starts_with("\r\n")) used(2);
    begun = begun || (!input().empty() && input() != "\r");
    if (begun) used(parser.put(input()));
    if (parser.trouble()) co_return co_await trouble(parser.trouble(), parser.sentence());
    if (parser.head_done()) co_return true;
    if (co_await more(until, false)) continue;
    if (cut_ == Why::late) co_return co_await trouble(408, "The head of the request did not come in time.");
    if (cut_ == Why::ending) co_return co_await trouble(503, "The server is ending. Try again in a moment.");
    co_return false;
  }
}

Task<bool> Session::trouble(int status, std::string_view sentence) {
  if (cut_ == Why::late || cut_ == Why::ending) cut_.reset();
  keep_ = false;
  unread_ = true;
  Response answer;
  try {
    answer = common_.service.trouble(status, sentence);
  } catch (const std::exception& failure) {
    log(LogLevel::error, std::string("No words for a request that failed: ") + failure.what());
    answer.status = status;
  }
  co_await send(std::move(answer), Coding::identity, false);
  co_return false;
}

Task<Response> Session::ask(std::shared_ptr<const Request> request) {
  doing_ = Doing::waiting;
  std::uint64_t number = 0;
  {
    std::lock_guard lock(mutex_);
    number = ++number_;
    has_answer_ = false;
    answer_.reset();
  }
  try {
    const auto answering = std::make_shared<const Answering>(shared_from_this(), number);
    common_.service.handle(std::move(request), [answering](Response answer) { (*answering)(std::move(answer)); });
  } catch (const std::exception& failure) {
    log(LogLevel::error, std::string("A request could not be handled: ") + failure.what());
    answered(number, std::nullopt);
  }
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (has_answer_ || cut_) {
        ++number_;  // what comes now comes too late
        if (answer_) {
          Response answer = std::move(*answer_);
          answer_.reset();
          co_return answer;
        }
        break;
      }
    }
    co_await bell();
  }
  co_return common_.service.trouble(500, "The server did not answer the request.");
}

void Session::answered(std::uint64_t number, std::optional<Response> answer) {
  {
    std::lock_guard lock(mutex_);
    if (number != number_ || has_answer_) return;
    has_answer_ = true;
    answer_ = std::move(answer);
  }
  ring();
}

Task<> Session::part() {
  doing_ = Doing::closing;
  stream_->leave();
  shutdown(descriptor_, SHUT_WR);
  // Closing while input is unread would make the kernel throw away what the client has not read of the answer.
  if ((!unread_ && input().empty()) || loop_.ending()) co_return;
  const SteadyTime until = now() + kDrainTime;
  std::size_t drained = input().size();
  cut_.reset();
  while (drained < kMostDrained && co_await more(until, true)) {
    drained += input().size();
    used(input().size());
  }
}

void Session::close() {
  loop_.remove(*this);
  stream_.reset();
  socket_.reset();
  gone_ = std::stop_source(std::nostopstate);
  {
    std::lock_guard lock(mutex_);
    connected_ = false;
  }
  std::lock_guard lock(common_.mutex);
  if (--common_.open == 0) common_.all_closed.notify_all();
}

Task<bool> Session::discard_body(RequestParser& parser) {
  if (parser.expects() || parser.length().value_or(0) > kMostDiscarded) co_return false;
  const auto reading = co_await read_body(parser, kMostDiscarded, nullptr, now() + common_.options.body_time);
  co_return reading.end == Reading::End::whole;
}

}  // namespace traction::adapter
