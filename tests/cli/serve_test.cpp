// The server as whoever keeps it sees it: how it starts, what it refuses, how it ends.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cli/program.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

using Serve = Program;

// A listening socket on a port of this machine, taken until the end.
class TakenPort {
 public:
  TakenPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
  }
  ~TakenPort() { close(socket_); }
  int number() const { return number_; }

 private:
  int socket_, number_ = 0;
};

TEST_F(Serve, BeginsWithoutDataAndEndsCleanly) {
  const pid_t server = begin_server();
  EXPECT_TRUE(fs::exists(data_ + "/control.db"));
  struct stat state {};
  ASSERT_EQ(stat((data_ + "/sock").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 077, 0u) << "the socket is the owner's alone";
  const Ran ran = end_server(server);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("http://127.0.0.1:"), std::string::npos);
  EXPECT_FALSE(fs::exists(data_ + "/sock"));
  ok({"init"});
}

TEST_F(Serve, EndsWithOneSignalOfEitherKind) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const pid_t server = begin_server();
    kill(server, signal);
    EXPECT_EQ(end(server).exit_code, 0);
  }
}

TEST_F(Serve, TheSecondServerNamesTheFirst) {
  const pid_t first = begin_server();
  const Ran second = run({"serve", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(second.exit_code, 4);
  EXPECT_EQ(second.out, "");
  EXPECT_NE(second.err.find(std::to_string(first)), std::string::npos) << second.err;
  EXPECT_EQ(end_server(first).exit_code, 0);
}

TEST_F(Serve, AServerThatWasKilledIsNotInTheWay) {
  ok({"init"});
  const pid_t killed = begin_server();
  kill(killed, SIGKILL);
  end(killed);
  ASSERT_TRUE(fs::exists(data_ + "/sock"));
  ok({"workspaces"});
  const pid_t server = begin_server();
  ok({"workspaces"});
  EXPECT_EQ(end_server(server).exit_code, 0);
}

TEST_F(Serve, WhatCannotBeServedIsRefusedInOneSentence) {
  const auto wrong = [&](std::vector<std::string> arguments, const std::string& said, int exit_code) {
    arguments.insert(arguments.begin(), "serve");
    const Ran ran = run(std::move(arguments));
    EXPECT_EQ(ran.exit_code, exit_code) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find(said), std::string::npos) << ran.err;
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
  };
  const TakenPort taken;
  wrong({"--listen", fmt::format("127.0.0.1:{}", taken.number())}, std::to_string(taken.number()), 4);
  wrong({"--listen", "0.0.0.0:0"}, "0.0.0.0", 2);
  wrong({"--listen", "[::]:0"}, "::", 2);
  wrong({"--listen", "192.0.2.1:8080"}, "192.0.2.1", 2);
  wrong({"--listen", "nowhere"}, "nowhere", 3);
  wrong({"--listen", "127.0.0.1:99999"}, "99999", 3);
  write(temp("letter.pem"), "Dear all,\n");
  const std::vector<std::string> anywhere{"--listen", "127.0.0.1:0", "--certificate"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), anywhere.begin(), anywhere.end());
    return more;
  };
  wrong(with({temp("letter.pem"), "--private-key", temp("letter.pem")}), "letter.pem", 3);
  wrong(with({temp("none.pem"), "--private-key", temp("none.pem")}), "none.pem", 3);
  wrong(with({temp("letter.pem")}), "key", 3);
  ok({"init"});
}

TEST_F(Serve, AForeignFolderIsLeftAlone) {
  data_ = temp("foreign");
  fs::create_directory(data_);
  write(data_ + "/letter.txt", "dear");
  EXPECT_EQ(refused({"serve", "--listen", "127.0.0.1:0"}), "invalid");
  EXPECT_FALSE(fs::exists(data_ + "/control.db"));
  data_ = temp("foreign") + "/letter.txt";
  EXPECT_EQ(refused({"serve", "--listen", "127.0.0.1:0"}), "invalid");
}

TEST_F(Serve, ADamagedWorkspaceDoesNotKeepTheOthersAway) {
  ok({"init"});
  ok({"init", "--workspace", "north"});
  write(data_ + "/w/north/ledger.db", "This is a letter.");
  const pid_t server = begin_server();
  ok({"list", "account"});
  EXPECT_NE(run({"list", "account", "--workspace", "north"}).exit_code, 0);
  const Ran ran = end_server(server);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_NE(ran.err.find("north"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace traction
