// Client: one kept connection over which the bench asks a question and waits for the answer, to look at answers and to
// write; the load itself comes from wrk. It knows as much of HTTP as that takes. One thread.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/text.h"
#include "server/wrong.h"

namespace traction {

// A new connection to this machine's own port.
inline int connect_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) wrong("no more connections can be made here; is the limit of open files (ulimit -n) too low?");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket);
    wrong(fmt::format("nobody accepts a connection at port {}", port));
  }
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return socket;
}

inline void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) wrong("the server does not take a request");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

inline std::string request_text(std::string_view method, std::string_view path, std::string_view headers = "",
                                std::string_view body = "") {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}", method, path, headers);
  if (!body.empty() && headers.find("Content-Type") == std::string_view::npos)
    text += "Content-Type: application/json\r\n";
  if (!body.empty()) text += fmt::format("Content-Length: {}\r\n", body.size());
  return text += fmt::format("\r\n{}", body);
}

struct HttpAnswer {
  int status = 0;
  std::string head;  // in lower case
  std::string body;

  // The value of a (lower-case) header; "" when there is none.
  std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// Takes the answer at the beginning of `bytes` away; false while it is not whole.
inline bool take_answer(std::string& bytes, HttpAnswer& answer) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  answer.head = lower(bytes.substr(0, end + 2));
  const std::string length = answer.header("content-length");
  if (!answer.head.starts_with("http/1.1 ") || length.empty()) wrong("no answer with a length: " + answer.head);
  const std::size_t size = end + 4 + std::stoul(length);
  if (bytes.size() < size) return false;
  answer.status = std::stoi(answer.head.substr(9));
  answer.body = bytes.substr(end + 4, size - end - 4);
  bytes.erase(0, size);
  return true;
}

class Client {
 public:
  explicit Client(int port) : socket_(connect_to(port)) {}
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  HttpAnswer ask(std::string_view method, std::string_view path, std::string_view headers = "",
                 std::string_view body = "") {
    send_all(socket_, request_text(method, path, headers, body));
    HttpAnswer answer;
    char buffer[16 * 1024];
    while (!take_answer(bytes_, answer)) {
      const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) wrong(fmt::format("the server hung up on {} {}", method, path));
      bytes_.append(buffer, static_cast<std::size_t>(got));
    }
    return answer;
  }

  // The JSON of an answer that must be of this status.
  json::value must(int status, std::string_view method, std::string_view path, std::string_view headers = "",
                   std::string_view body = "") {
    const HttpAnswer answer = ask(method, path, headers, body);
    if (answer.status != status)
      wrong(fmt::format("{} {} was answered {} instead of {}: {}", method, path, answer.status, status, answer.body));
    return json::parse(answer.body);
  }

 private:
  int socket_;
  std::string bytes_;
};

}  // namespace traction
