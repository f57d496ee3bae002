// The places where a session waits: for its socket, for other threads.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>

#include "http/adapter/session.h"

namespace traction::adapter {

using End = Attempt::End;

void Session::interrupt(Why why) {
  switch (why) {
    case Why::late:
      cut_ = why;
      break;
    case Why::hung_up:
      if (gone_.stop_possible()) gone_.request_stop();
      if (doing_ != Doing::subscribed) return;  // it may have closed its side only, and still read the answer
      cut_ = why;
      break;
    case Why::ending:
      if (doing_ == Doing::body || doing_ == Doing::waiting || doing_ == Doing::answering) return;
      cut_ = why;
      break;
    case Why::last_call:
      if (gone_.stop_possible()) gone_.request_stop();
      return;
    case Why::aborted:
      cut_ = why;
      break;
  }
  boost::system::error_code ignored;
  if (socket_) socket_->cancel(ignored);
  ring();
}

void Session::ring() {
  std::lock_guard lock(mutex_);
  if (!connected_ || ring_posted_) return;
  ring_posted_ = true;
  boost::asio::post(loop_.io(), [self = shared_from_this()] { self->wake(); });
}

void Session::wake() {
  {
    std::lock_guard lock(mutex_);
    ring_posted_ = false;
  }
  rung_ = true;
  if (!sleeper_) return;
  Sleeper sleeper = std::move(*sleeper_);
  sleeper_.reset();
  sleeper();
}

Task<> Session::bell() {
  if (!rung_)
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>, void()>(
        [this](Sleeper sleeper) { sleeper_.emplace(std::move(sleeper)); }, kUseTask);
  rung_ = false;
}

Task<bool> Session::ready(End what, SteadyTime deadline) {
  if (cut()) co_return false;
  deadline_ = deadline;
  const auto type = what == End::read ? Socket::wait_read : Socket::wait_write;
  const auto [failed] = co_await socket_->async_wait(type, boost::asio::as_tuple(kUseTask));
  deadline_ = kNever;
  co_return !failed && !cut();
}

Task<bool> Session::more(SteadyTime deadline, bool at_once) {
  End wait = End::read;
  if (input().empty()) std::string().swap(input_), used_ = 0;
  for (;;) {
    if (at_once || stream_->holding()) {
      const Attempt attempt = stream_->read(loop_.buffer());
      if (attempt.end == End::done) {
        input_.erase(0, used_);
        used_ = 0;
        input_.append(loop_.buffer().data(), attempt.size);
        co_return true;
      }
      if (attempt.end == End::closed || attempt.end == End::failed) co_return false;
      wait = attempt.end;
    }
    at_once = true;
    if (!co_await ready(wait, deadline)) co_return false;
  }
}

void Session::used(std::size_t bytes) { used_ += bytes; }

}  // namespace traction::adapter
