// Crowd: thousands of connections to the server at once, held by one thread with epoll: each sends the same request and
// then listens. Own code down to the socket, so that it costs little beside the server it measures.
#pragma once

#include <fcntl.h>
#include <sys/epoll.h>

#include <memory>
#include <string_view>
#include <vector>

#include "server/client.h"

namespace traction {

class Crowd {
 public:
  Crowd(int port, int size, std::string_view request) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (int member = 0; member < size; ++member) {
      sockets_.push_back(connect_to(port));
      send(member, request);
      fcntl(sockets_.back(), F_SETFL, O_NONBLOCK);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = static_cast<std::uint32_t>(member);
      epoll_ctl(epoll_, EPOLL_CTL_ADD, sockets_.back(), &event);
    }
  }
  ~Crowd() {
    for (const int socket : sockets_) close(socket);
    close(epoll_);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void send(int member, std::string_view request) { send_all(sockets_[static_cast<std::size_t>(member)], request); }

  // Waits at most so long for bytes and calls got(member, bytes) for each connection that has some. A connection that
  // the server has closed is wrong.
  template <class Got>
  void receive(int milliseconds, const Got& got) {
    epoll_event events[512];
    const int ready = epoll_wait(epoll_, events, 512, milliseconds);
    for (int i = 0; i < ready; ++i) {
      const std::size_t member = events[i].data.u32;
      const ssize_t size = recv(sockets_[member], buffer_.data(), buffer_.size(), 0);
      if (size <= 0) wrong(fmt::format("the server hung up on one of {} connections", sockets_.size()));
      got(member, std::string_view(buffer_.data(), static_cast<std::size_t>(size)));
    }
  }

 private:
  int epoll_;
  std::vector<int> sockets_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace traction
