// Server: accepts connections over TCP (with TLS when it is given a certificate) and over a Unix socket, reads
// requests, and writes what a Service answers. It knows HTTP and nothing of what is served. The only part that knows
// Boost.Beast, which stays inside adapter/. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace traction {

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";  // address:port; port 0 = any free one; "" = not over TCP
  std::string socket;                     // path of the Unix socket; "" = none
  std::string certificate, private_key;   // PEM files; both or neither
  int threads = 2;                        // of I/O, one io_context each
  std::size_t most_header = 16 * 1024;    // bytes
  // Fewer where the process may not open as many files and some more.
  std::size_t most_connections = 20'000;
  std::chrono::milliseconds header_time{10'000};    // from a request's first byte to the end of its head
  std::chrono::milliseconds body_time{30'000};      // without a byte of the body, in either direction
  std::chrono::milliseconds request_time{900'000};  // from its first byte to the last of its body
  std::chrono::milliseconds idle_time{75'000};      // between two requests
  std::chrono::milliseconds stop_time{7'000};       // what stop() gives to requests in flight
};

// Counts since the start, for /metrics.
struct ServerCounts {
  std::uint64_t accepted = 0, requests = 0, refused_connections = 0;
  std::int64_t open = 0, subscribers = 0;
};

class Server {
 public:
  // Begins to listen; requests are answered from now on. Refused with one sentence (field "listen", "socket",
  // "certificate" or "private_key"): an address that is not one or is not this machine's own, a port in use, files that
  // are no certificate or key or do not belong together. `service` outlives the server.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Service& service);
  virtual ~Server() = default;  // stops

  virtual int port() const = 0;             // 0 without TCP
  virtual std::string address() const = 0;  // "http://127.0.0.1:8080", "" without TCP
  virtual ServerCounts counts() const = 0;

  // Accepts nothing more, closes idle connections and subscriptions, lets requests in flight finish for at most
  // `stop_time`, then returns. May be called again.
  virtual void stop() = 0;
};

}  // namespace traction
