// The programs that are measured: Traction's server on a data directory, and nginx beside it. Each runs from its
// construction to its destruction. One thread.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/child.h"
#include "server/client.h"

namespace traction {

class Program {
 public:
  int port() const { return port_; }
  std::string address() const { return fmt::format("http://127.0.0.1:{}", port_); }
  const Child& child() const { return *child_; }

  // Asks it to end, as at a shutdown; anything but exit code 0 is wrong.
  void stop() {
    if (const int code = child_->stop(); code != 0) wrong(fmt::format("a program ended with code {}", code));
  }

 protected:
  int port_ = 0;
  std::unique_ptr<Child> child_;
};

class Traction : public Program {
 public:
  // Ready to answer; with the mart following the ledger in the background, or off.
  Traction(const std::string& data, bool follow) {
    child_ = std::make_unique<Child>(std::vector<std::string>{TRACTION_BINARY, "--data", data, "serve", "--listen",
                                                              "127.0.0.1:0", "--follow", follow ? "true" : "false",
                                                              "--log-level", "warning"});
    while (const auto line = child_->line())
      if (const std::size_t at = line->rfind("http://127.0.0.1:"); at != std::string::npos) {
        port_ = std::stoi(line->substr(at + 17));
        return;
      }
    wrong("traction serve did not start");
  }

  // Waits until the mart holds what the ledger held at the call.
  void wait_for_mart(Id some_deal) const {
    Client client(port());
    const auto sequence = [&](const std::string& path) {
      const HttpAnswer answer = client.ask("GET", path);
      const std::string known = answer.header("traction-sequence");
      if (answer.status != 200 || known.empty()) wrong(fmt::format("{} was answered {}", path, answer.status));
      return std::stoll(known);
    };
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    for (const Id head = sequence(fmt::format("/api/v1/deals/{}", some_deal));
         sequence("/api/v1/deals?sort=-amount_minor&limit=1") < head;) {
      if (std::chrono::steady_clock::now() > patience) wrong("the mart did not come after");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
};

class Nginx : public Program {
 public:
  // Serves `text` at /record out of a new folder.
  Nginx(const std::string& folder, const std::string& text) {
    std::filesystem::create_directories(folder + "/static");
    std::ofstream(folder + "/static/record") << text;
    port_ = free_port();
    std::ifstream form(TRACTION_SOURCE_DIR "/bench/server/nginx.conf");
    std::string settings{std::istreambuf_iterator<char>(form), {}};
    const auto put = [&](const std::string& place, const std::string& value) {
      for (std::size_t at = settings.find(place); at != std::string::npos; at = settings.find(place))
        settings.replace(at, place.size(), value);
    };
    put("@FOLDER@", folder);
    put("@PORT@", std::to_string(port_));
    put("@USER@", geteuid() == 0 ? "user root;" : "");
    std::ofstream(folder + "/nginx.conf") << settings;
    child_ = std::make_unique<Child>(
        std::vector<std::string>{"nginx", "-p", folder, "-e", "stderr", "-c", folder + "/nginx.conf"});
    for (int tries = 0; !serves(text); ++tries) {
      if (tries == 50) wrong("nginx (Debian's package nginx-light) did not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

 private:
  bool serves(const std::string& text) const try {
    return Client(port_).ask("GET", "/record").body == text;
  } catch (const Wrong&) {
    return false;  // not yet
  }

  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                       getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    close(socket);
    if (!bound) wrong("there is no free port");
    return ntohs(address.sin_port);
  }
};

}  // namespace traction
