// For the adapter's tests: a client on a raw socket, and a service whose every answer the test makes itself. A client
// gives up after ten seconds, so that a test fails instead of hanging. One thread each.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "http/server.h"

namespace traction::wire {

// A GET of the path, with further header lines.
inline std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}

struct Answer {
  int status = 0;                              // 0 = none came
  std::map<std::string, std::string> headers;  // by name in lower case
  std::string body;
  bool whole = false;  // the body ended as its head said
};

class Client {
 public:
  static Client tcp(int port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return Client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  static Client local(const std::string& path) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
    return Client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), held_(std::move(other.held_)) {}
  ~Client() { hang_up(); }

  int fd() const { return fd_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  void half_close() { shutdown(fd_, SHUT_WR); }
  void hang_up() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  // Reads one answer; `bodiless` when it is one to HEAD.
  Answer answer(bool bodiless = false) {
    Answer got = head();
    if (bodiless || got.status == 204 || got.status == 304 || got.status == 100) {
      got.whole = got.status != 0;
      return got;
    }
    if (const auto length = got.headers.find("content-length"); length != got.headers.end()) {
      const auto size = static_cast<std::size_t>(std::stoull(length->second));
      while (held_.size() < size && more()) continue;
      got.whole = held_.size() >= size;
      got.body = take(std::min(size, held_.size()));
    } else if (got.headers.contains("transfer-encoding")) {
      for (;;) {
        const std::string chunk = piece();
        if (chunk.empty()) break;
        got.body += chunk;
      }
      got.whole = ended_;
    } else if (got.status) {
      while (more()) continue;
      got.whole = eof_;
      got.body = take(held_.size());
    }
    return got;
  }
  // The head alone, for bodies that go on.
  Answer head() {
    Answer got;
    std::size_t end;
    while ((end = held_.find("\r\n\r\n")) == held_.npos)
      if (!more()) return got;
    const std::string text = take(end + 4);
    got.status = std::stoi(text.substr(9, 3));
    for (std::size_t at = text.find("\r\n") + 2; at < end;) {
      const std::size_t line = text.find("\r\n", at), colon = text.find(':', at);
      std::string name = text.substr(at, colon - at);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      got.headers[name] = text.substr(colon + 2, line - colon - 2);
      at = line + 2;
    }
    return got;
  }
  // The next chunk of a chunked body; "" at its end (ended()) and when it breaks off.
  std::string piece() {
    std::size_t line;
    while ((line = held_.find("\r\n")) == held_.npos)
      if (!more()) return "";
    const auto size = static_cast<std::size_t>(std::stoull(held_.substr(0, line), nullptr, 16));
    while (held_.size() < line + 2 + size + 2)
      if (!more()) return "";
    take(line + 2);
    std::string chunk = take(size);
    take(2);
    ended_ = size == 0;
    return chunk;
  }
  bool ended() const { return ended_; }

  // Whether the server closes, without another byte.
  bool closed() { return held_.empty() && !more() && (eof_ || reset_); }
  // Bytes at hand, all that comes until the server closes.
  std::string rest() {
    while (more()) continue;
    return take(held_.size());
  }

 private:
  Client(int fd, const sockaddr* to, socklen_t size) : fd_(fd) {
    const timeval patience{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;  // each send is to arrive by itself
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd_, to, size) != 0) ADD_FAILURE() << "no connection: " << std::strerror(errno);
  }
  bool more() {
    char bytes[65536];
    const ssize_t size = recv(fd_, bytes, sizeof bytes, 0);
    if (size == 0) eof_ = true;
    if (size < 0 && errno == ECONNRESET) reset_ = true;
    if (size <= 0) return false;
    held_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  std::string take(std::size_t size) {
    std::string taken = held_.substr(0, size);
    held_.erase(0, size);
    return taken;
  }

  int fd_;
  std::string held_;
  bool ended_ = false, eof_ = false, reset_ = false;
};

// Answers with what the test gives; without that, every path with itself.
class Small : public Service {
 public:
  std::function<Admission(const Request&)> admitting;
  std::function<void(std::shared_ptr<const Request>, Reply)> handling;

  Admission admit(const Request& head) override {
    if (admitting) return admitting(head);
    Admission admission;
    admission.most_body = 1 << 20;
    return admission;
  }
  void handle(std::shared_ptr<const Request> request, Reply reply) override {
    if (handling) return handling(std::move(request), std::move(reply));
    reply(text(request->path));
  }
  Response trouble(int status, std::string_view sentence) override { return text(std::string(sentence), status); }

  static Response text(std::string body, int status = 200) {
    Response answer;
    answer.status = status;
    answer.headers.push_back({"Content-Type", "text/plain"});
    answer.body = std::move(body);
    return answer;
  }
};

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "traction-http-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  std::string string() const { return path_.string(); }
  bool empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<Server> serve(Service& service, ServerOptions options = {}) {
  if (options.listen == ServerOptions().listen) options.listen = "127.0.0.1:0";
  auto server = Server::start(std::move(options), service);
  EXPECT_TRUE(server) << (server ? "" : to_string(server.error()));
  return server ? std::move(*server) : nullptr;
}

// Whether it comes true within ten seconds.
inline bool soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 2'000; ++i) {
    if (condition()) return true;
    usleep(5'000);
  }
  return false;
}

}  // namespace traction::wire
