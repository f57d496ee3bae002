#include "http/server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdint>
#include <future>
#include <utility>
#include <vector>

#include "http/adapter/listener.h"
#include "http/adapter/session.h"

namespace traction {
namespace {

using namespace adapter;

constexpr std::chrono::milliseconds kLastCall{400};  // for requests that were asked to stop, until they are broken off

// Open files that are not for connections: the ledger, the mart and answers that read files fail when there are none
// left.
constexpr rlim_t kOtherFiles = 1'000;

constexpr std::size_t kOwnersConnections = 100;  // over the socket in the data directory, beyond those of the network

// How many connections there is room for: every one is an open file, and what most systems allow at first is too
// little.
std::size_t allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return SIZE_MAX;
  const rlim_t at_first = std::exchange(limit.rlim_cur, limit.rlim_max);
  if (limit.rlim_cur != at_first && setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = at_first;
  if (limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return limit.rlim_cur - std::min(limit.rlim_cur / 2, kOtherFiles + kOwnersConnections);
}

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, Service& service, TlsContext tls) : common_(std::move(options), service) {
    common_.tls = std::move(tls);
    for (int i = 0; i < std::max(1, common_.options.threads); ++i)
      loops_.push_back(std::make_unique<Loop>(common_.options));
  }

  ~BeastServer() override {
    stop();
    common_.background.join();
  }

  void listen(const Listening& listening, Via via) {
    if (via == Via::tcp) {
      port_ = listening.port;
      address_ = fmt::format("{}://{}:{}", common_.tls ? "https" : "http", listening.address, listening.port);
    } else {
      file_ = std::make_unique<SocketFile>(listening.path);
    }
    listeners_.push_back(
        std::make_shared<Listener>(*loops_.front(), listening, [this, via](int got) { accepted(got, via); }));
    listeners_.back()->run();
  }

  int port() const override { return port_; }
  std::string address() const override { return address_; }

  ServerCounts counts() const override {
    return {.accepted = common_.accepted,
            .requests = common_.requests,
            .refused_connections = common_.refused_connections,
            .open = common_.open,
            .subscribers = common_.subscribers};
  }

  void stop() override {
    const std::lock_guard once(stopping_);
    if (stopped_) return;
    stopped_ = true;
    const auto until = std::chrono::steady_clock::now() + common_.options.stop_time;
    std::promise<void> closed;
    boost::asio::post(loops_.front()->io(), [&] {
      for (const auto& listener : listeners_) listener->close();
      closed.set_value();
    });
    closed.get_future().wait();
    file_.reset();
    tell(Caller::Why::ending);
    if (!all_closed_by(until)) {
      tell(Caller::Why::last_call);
      if (!all_closed_by(until + kLastCall)) tell(Caller::Why::aborted);
    }
    {
      // What waits for a disk or a compression ends soon, all else has been broken off.
      std::unique_lock lock(common_.mutex);
      common_.all_closed.wait(lock, [this] { return common_.open == 0; });
    }
    listeners_.clear();
    for (const auto& loop : loops_) loop->finish();
  }

 private:
  void accepted(int descriptor, Via via) {
    ++common_.accepted;
    if (via == Via::socket && !trusted_peer(descriptor)) {
      ++common_.refused_connections;
      close(descriptor);
      return;
    }
    const bool encrypted = via == Via::tcp && common_.tls;
    // The owner gets through also when strangers hold all the others.
    const std::size_t most = common_.options.most_connections + (via == Via::socket ? kOwnersConnections : 0);
    if (common_.open >= static_cast<std::int64_t>(most)) {
      ++common_.refused_connections;
      if (!encrypted) excuse(descriptor);
      close(descriptor);
      return;
    }
    if (via == Via::tcp) {
      const int on = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Session::begin(common_, *loops_[next_++ % loops_.size()], {descriptor, via, encrypted});
  }

  // Says why, as well as that goes without waiting.
  void excuse(int descriptor) {
    Response answer = common_.service.trouble(503, "The server has as many connections as it can hold. Try again.");
    std::string text = head_text(answer, {.length = 0, .close = true}, loops_.front()->date());
    if (const auto* body = std::get_if<std::string>(&answer.body))
      text = head_text(answer, {.length = body->size(), .close = true}, loops_.front()->date()) + *body;
    send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(descriptor, SHUT_WR);
    char unread[4096];
    while (recv(descriptor, unread, sizeof unread, MSG_DONTWAIT) > 0) continue;
  }

  void tell(Caller::Why why) {
    for (const auto& loop : loops_) loop->tell(why);
  }

  bool all_closed_by(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(common_.mutex);
    return common_.all_closed.wait_until(lock, until, [this] { return common_.open == 0; });
  }

  Common common_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::unique_ptr<SocketFile> file_;
  std::size_t next_ = 0;  // of the loops; on the first one's thread
  int port_ = 0;
  std::string address_;
  std::mutex stopping_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Service& service) {
  if (options.certificate.empty() != options.private_key.empty())
    return refuse(Code::required, options.certificate.empty() ? "certificate" : "private_key",
                  "A certificate and its private key are given together. Name both files, or none to go without TLS.");
  adapter::TlsContext tls;
  if (!options.certificate.empty()) {
    auto loaded = adapter::load_tls(options.certificate, options.private_key);
    if (!loaded) return refuse(loaded);
    tls = std::move(*loaded);
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without asking for silence
  }
  options.most_connections = std::min(options.most_connections, allow_many_files());
  Result<adapter::Listening> tcp, local;
  if (!options.listen.empty() && !(tcp = adapter::open_tcp(options.listen))) return refuse(tcp);
  if (!options.socket.empty() && !(local = adapter::open_unix(options.socket))) {
    if (tcp->descriptor >= 0) close(tcp->descriptor);
    return refuse(local);
  }
  auto server = std::make_unique<BeastServer>(std::move(options), service, std::move(tls));
  if (tcp->descriptor >= 0) server->listen(*tcp, Via::tcp);
  if (local->descriptor >= 0) server->listen(*local, Via::socket);
  return server;
}

}  // namespace traction
