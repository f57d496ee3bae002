// What all connections of a server share: its options, the service, counts, and the threads for work that blocks. Made
// by the server, outlives its loops. Any thread.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <mutex>

#include "http/adapter/pipe.h"
#include "http/adapter/stream.h"
#include "http/server.h"

namespace traction::adapter {

struct Common {
  Common(ServerOptions given, Service& served) : options(std::move(given)), service(served) {}

  const ServerOptions options;
  Service& service;
  TlsContext tls;  // null without TLS

  std::atomic<std::uint64_t> accepted = 0, requests = 0, refused_connections = 0;
  std::atomic<std::int64_t> subscribers = 0;

  // Connections that are open, which the end of the server waits for.
  std::atomic<std::int64_t> open = 0;
  std::mutex mutex;
  std::condition_variable all_closed;

  // For files and for compression: neither belongs on an I/O thread.
  boost::asio::thread_pool background{2};
  Producers producers;
};

}  // namespace traction::adapter
