#include "http/adapter/loop.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "http/adapter/head.h"

namespace traction::adapter {
namespace {

constexpr std::size_t kReadAtOnce = 64 * 1024;
constexpr std::chrono::milliseconds kLongestPause{1'000}, kShortestPause{10};

}  // namespace

Loop::Loop(const ServerOptions& options) : buffer_(kReadAtOnce) {
  const auto shortest = std::min({options.header_time, options.body_time, options.idle_time});
  pause_ = std::clamp(shortest / 4, kShortestPause, kLongestPause);
  look_over_later();
  thread_ = std::thread([this] { io_.run(); });
}

Loop::~Loop() { finish(); }

void Loop::tell(Caller::Why why) {
  boost::asio::post(io_, [this, why] {
    ending_ = true;
    for (Caller& connection : connections_) connection.interrupt(why);
  });
}

void Loop::finish() {
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this] {
    ending_ = true;
    timer_.cancel();
    work_.reset();
  });
  thread_.join();
}

const std::string& Loop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_of_) {
    date_ = http_date(now);
    date_of_ = now;
  }
  return date_;
}

void Loop::look_over_later() {
  timer_.expires_after(pause_);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    look_over();
    if (work_.owns_work()) look_over_later();
  });
}

void Loop::look_over() {
  const SteadyTime now = std::chrono::steady_clock::now();
  std::vector<pollfd> polled;
  std::vector<Caller*> watched;
  for (Caller& connection : connections_) {
    if (connection.deadline_ < now) {
      connection.deadline_ = kNever;
      connection.interrupt(Caller::Why::late);
    } else if (connection.doing_ == Caller::Doing::waiting || connection.doing_ == Caller::Doing::answering ||
               connection.doing_ == Caller::Doing::subscribed) {
      polled.push_back({connection.descriptor_, POLLRDHUP, 0});
      watched.push_back(&connection);
    }
  }
  if (polled.empty() || poll(polled.data(), polled.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i)
    if (polled[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) watched[i]->interrupt(Caller::Why::hung_up);
}

}  // namespace traction::adapter
