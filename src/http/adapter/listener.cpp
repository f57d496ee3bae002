#include "http/adapter/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace traction::adapter {
namespace {

namespace asio = boost::asio;

constexpr int kBacklog = 4096;
constexpr int kAtOnce = 64;  // connections accepted before others on the loop get their turn
constexpr std::chrono::milliseconds kRest{100};

// Closes the socket unless it is released.
class Held {
 public:
  explicit Held(int descriptor) : descriptor_(descriptor) {}
  ~Held() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

tl::unexpected<Refusal> not_an_address(const std::string& listen) {
  return refuse(
      Code::invalid, "listen",
      fmt::format("\"{}\" is no address to listen at. Give an address and a port, such as 127.0.0.1:8080.", listen));
}

}  // namespace

Result<Listening> open_tcp(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == listen.npos) return not_an_address(listen);
  std::string host = listen.substr(0, colon);
  std::uint16_t port = 0;
  const char* end = listen.data() + listen.size();
  const auto [read, failed] = std::from_chars(listen.data() + colon + 1, end, port);
  if (failed != std::errc() || read != end) return not_an_address(listen);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != host.npos)
    return not_an_address(listen);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code unread;
  const auto ip = asio::ip::make_address(host, unread);
  if (unread) return not_an_address(listen);
  if (!ip.is_loopback())
    return refuse(Code::forbidden, "listen",
                  fmt::format("{} can be reached from other machines, and there is no access control yet. Listen at "
                              "127.0.0.1 and let a proxy that knows its users stand before it.",
                              host));

  Address address{};
  socklen_t size = 0;
  if (ip.is_v4()) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    address.v4.sin_addr.s_addr = htonl(ip.to_v4().to_uint());
    size = sizeof address.v4;
  } else {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    const auto bytes = ip.to_v6().to_bytes();
    std::memcpy(&address.v6.sin6_addr, bytes.data(), bytes.size());
    size = sizeof address.v6;
  }
  Held held(socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (held.get() >= 0) setsockopt(held.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // else a restart waits
  if (held.get() < 0 || bind(held.get(), &address.any, size) != 0 || ::listen(held.get(), kBacklog) != 0) {
    switch (errno) {
      case EADDRINUSE:
        return refuse(Code::busy, "listen",
                      fmt::format("Another program listens at {} already. End it, or choose another port.", listen));
      case EADDRNOTAVAIL:
        return refuse(Code::invalid, "listen",
                      fmt::format("{} is not an address of this machine. Use 127.0.0.1.", host));
      case EACCES:
        return refuse(Code::forbidden, "listen",
                      fmt::format("Port {} needs more rights than this program has. Choose one above 1023.", port));
      default:
        return refuse(Code::invalid, "listen",
                      fmt::format("{} cannot be listened at: {}.", listen, std::strerror(errno)));
    }
  }
  size = sizeof address;
  getsockname(held.get(), &address.any, &size);
  Listening listening;
  listening.port = ntohs(ip.is_v4() ? address.v4.sin_port : address.v6.sin6_port);
  listening.address = ip.is_v4() ? host : fmt::format("[{}]", host);
  listening.descriptor = held.release();
  return listening;
}

Result<Listening> open_unix(const std::string& path) {
  Address address{};
  address.local.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.local.sun_path)
    return refuse(Code::too_large, "socket",
                  fmt::format("The path of the socket, {}, is longer than the {} bytes that the system takes. Keep the "
                              "data in a directory with a shorter path.",
                              path, sizeof address.local.sun_path - 1));
  std::memcpy(address.local.sun_path, path.c_str(), path.size() + 1);

  struct stat there {};
  if (lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode))
      return refuse(Code::invalid, "socket",
                    fmt::format("{} is not a socket. Move it away, or choose another path.", path));
    const Held probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (probe.get() >= 0 && (connect(probe.get(), &address.any, sizeof address.local) == 0 || errno == EAGAIN))
      return refuse(Code::busy, "socket", fmt::format("Another server answers at {}. End it first.", path));
    unlink(path.c_str());
  }
  Held held(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The mode set here is that of the file from its first moment.
  if (held.get() < 0 || fchmod(held.get(), 0600) != 0 || bind(held.get(), &address.any, sizeof address.local) != 0)
    return refuse(Code::invalid, "socket",
                  fmt::format("The socket {} cannot be made: {}.", path, std::strerror(errno)));
  if (chmod(path.c_str(), 0600) != 0 || ::listen(held.get(), kBacklog) != 0) {
    const int failed = errno;
    unlink(path.c_str());
    return refuse(Code::invalid, "socket",
                  fmt::format("The socket {} cannot be used: {}.", path, std::strerror(failed)));
  }
  Listening listening;
  listening.path = path;
  listening.descriptor = held.release();
  return listening;
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat ours {};
  if (lstat(path_.c_str(), &ours) == 0) device_ = ours.st_dev, inode_ = ours.st_ino;
}

SocketFile::~SocketFile() {
  struct stat there {};
  if (lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_) unlink(path_.c_str());
}

bool trusted_peer(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == geteuid() || peer.uid == 0;
}

Listener::Listener(Loop& loop, const Listening& listening, std::function<void(int)> accepted)
    : socket_(loop.io(), listening.descriptor), pause_(loop.io()), accepted_(std::move(accepted)) {}

void Listener::run() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->accept_some(); });
}

void Listener::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

void Listener::accept_some() {
  if (!socket_.is_open()) return;
  for (int i = 0; i < kAtOnce; ++i) {
    const int descriptor = accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      accepted_(descriptor);
      continue;
    }
    switch (errno) {
      case EAGAIN:
        return wait();
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return rest();  // there will be room when others have gone
      default:
        break;  // of one connection that broke before it was taken
    }
  }
  wait();
}

void Listener::wait() {
  socket_.async_wait(asio::posix::descriptor_base::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& failed) {
                       if (!failed) self->accept_some();
                     });
}

void Listener::rest() {
  pause_.expires_after(kRest);
  pause_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed) self->accept_some();
  });
}

}  // namespace traction::adapter
