// Loop: one I/O thread with its io_context and the connections that live on it. Once in a while it looks over them: who
// has run out of time, and whose client has hung up while it waits for an answer. So a connection needs no timer and
// no pending read of its own. It knows no HTTP. What is not said to be for any thread is for the loop's own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "http/server.h"

namespace traction::adapter {

using Executor = boost::asio::io_context::executor_type;
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr boost::asio::use_awaitable_t<Executor> kUseTask;

using SteadyTime = std::chrono::steady_clock::time_point;
inline constexpr SteadyTime kNever = SteadyTime::max();

// A connection as its loop sees it; not called so, since the mart has its own.
class Caller : public boost::intrusive::list_base_hook<> {
 public:
  virtual ~Caller() = default;

  enum class Doing {
    idle,        // between requests
    head,        // in the head of one
    body,        // in its body
    waiting,     // for the service's answer
    answering,   // with an answer that ends by itself
    subscribed,  // with an answer that goes on
    closing,
  };
  enum class Why {
    late,       // the deadline has passed
    hung_up,    // the client has closed its side
    ending,     // the server takes no more requests
    last_call,  // the server's patience is over: requests are asked to stop
    aborted,    // it does not wait any longer
  };

  // Takes note and wakes the connection; ends nothing before it returns.
  virtual void interrupt(Why why) = 0;

 protected:
  friend class Loop;
  Doing doing_ = Doing::idle;
  SteadyTime deadline_ = kNever;
  int descriptor_ = -1;
};

class Loop {
 public:
  explicit Loop(const ServerOptions& options);
  ~Loop();  // finish()

  // From any thread.
  boost::asio::io_context& io() { return io_; }
  void tell(Caller::Why why);  // to all its connections, and to those that come later: ending
  void finish();               // after the last connection has gone

  void add(Caller& connection) { connections_.push_back(connection); }
  void remove(Caller& connection) { connections_.erase(connections_.iterator_to(connection)); }
  bool ending() const { return ending_; }
  std::span<char> buffer() { return buffer_; }  // for reading: to be emptied before the next wait
  const std::string& date();                    // for answers' headers

 private:
  void look_over_later();
  void look_over();

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<Executor> work_{io_.get_executor()};
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Executor>
      timer_{io_};
  std::chrono::milliseconds pause_;  // between two looks
  boost::intrusive::list<Caller> connections_;
  std::vector<char> buffer_;
  std::string date_;
  std::time_t date_of_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace traction::adapter
