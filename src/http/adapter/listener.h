// Listener: a socket that accepts connections, over TCP or in the file system, and hands them on. It opens no
// connection itself and knows no HTTP. open_…() on any thread, the rest on the thread of its loop.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/adapter/loop.h"

namespace traction::adapter {

// A socket that listens, not yet accepting.
struct Listening {
  int descriptor = -1;
  int port = 0;         // of TCP
  std::string address;  // of TCP, as in an URL: "127.0.0.1", "[::1]"
  std::string path;     // of a Unix socket
};

// At "address:port", "[address]:port" or "localhost:port". Refused (field "listen"): what is no address, one that
// others can reach, one that is not this machine's, a port in use.
Result<Listening> open_tcp(const std::string& listen);

// At that path, for our own user only; what an ended server left there is removed. Refused (field "socket"): a path
// that is too long, that something else stands at, or that a server answers at.
Result<Listening> open_unix(const std::string& path);

// Removes the socket's file, unless another server's stands there by now.
class SocketFile {
 public:
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  const std::string path_;
  unsigned long device_ = 0, inode_ = 0;
};

// Whether the process at the other end of a Unix socket is our user's or root's.
bool trusted_peer(int descriptor);

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // Owns the descriptor from now on.
  Listener(Loop& loop, const Listening& listening, std::function<void(int)> accepted);
  void run();    // accepts until close()
  void close();  // on the loop's thread

 private:
  void accept_some();
  void wait();
  void rest();

  boost::asio::posix::basic_stream_descriptor<Executor> socket_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Executor>
      pause_;
  const std::function<void(int)> accepted_;
};

}  // namespace traction::adapter
