// What the adapter does not put up with: bad bytes, too many, too slow; and how it starts and ends.
#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "http/adapter/wire.h"
#include "http/server.h"

namespace traction {
namespace {

using std::chrono::milliseconds;
using wire::Answer;
using wire::Client;
using wire::Folder;
using wire::get;
using wire::serve;
using wire::Small;
using wire::soon;

TEST(ServerLimitsTest, RefusesWhatIsNotHttpOrHasTwoMeanings) {
  Small service;
  const auto server = serve(service);
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const std::string& bad : {
           std::string("hello\r\n\r\n"),
           std::string("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\n\r\n"),                                              // no host
           std::string("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),                        // two
           std::string("GET / HTTP/1.1\nHost: a\n\n"),                                         // bare line feeds
           std::string("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),                                  // space before the colon
           post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",          // two lengths
           post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",          //
           post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",                        //
           post + "Content-Length: -3\r\n\r\nabc",                                             //
           post + "Content-Length: 99999999999999999999\r\n\r\nabc",                           //
           post + "Transfer-Encoding: gzip\r\n\r\nabc",                                        // unknown codings
           post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",                     //
           post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",                              //
           std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),      // before its time
           post + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",                        // no chunk
           post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",                // a longer one
           post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n",  // one past all bounds
           post + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(70'000, 'x') + "\r\nabc",  // a head without end
       }) {
    Client client = Client::tcp(server->port());
    client.send(bad + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 400) << bad.substr(0, 200);
    EXPECT_EQ(answer.headers.count("connection"), 1u);
    EXPECT_TRUE(client.closed()) << bad.substr(0, 200);
  }
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  EXPECT_EQ(client.answer().status, 200);
}

TEST(ServerLimitsTest, RefusesALongHead) {
  Small service;
  const auto server = serve(service);
  for (const std::string& head :
       {get("/" + std::string(20'000, 'x')), get("/", "Note: " + std::string(20'000, 'x') + "\r\n"),
        "GET / HTTP/1.1\r\nHost: a\r\nNote: " + std::string(1'000'000, 'x')}) {
    Client client = Client::tcp(server->port());
    client.send(head);
    EXPECT_EQ(client.answer().status, 431);
  }
  std::string many;
  for (int i = 0; i < 200; ++i) many += "N: 1\r\n";
  Client client = Client::tcp(server->port());
  client.send(get("/", many));
  EXPECT_EQ(client.answer().status, 431);
}

TEST(ServerLimitsTest, RefusesALongBodyWithoutReadingIt) {
  Small service;
  std::atomic<int> handled = 0;
  service.handling = [&](auto, Reply reply) {
    ++handled;
    reply(Small::text("ok"));
  };
  const auto server = serve(service);
  {
    Client client = Client::tcp(server->port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n" + std::string(100'000, 'x'));
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 413);
    EXPECT_TRUE(answer.whole);
    EXPECT_TRUE(client.closed());
  }
  {
    Client client = Client::tcp(server->port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    for (int i = 0; i < 20; ++i) client.send(chunk);
    EXPECT_EQ(client.answer().status, 413);
  }
  EXPECT_EQ(handled, 0);
}

TEST(ServerLimitsTest, LosesPatience) {
  Small service;
  ServerOptions options;
  options.header_time = options.body_time = options.idle_time = milliseconds(100);
  const auto server = serve(service, options);
  Client idle = Client::tcp(server->port()), head = Client::tcp(server->port()), body = Client::tcp(server->port());
  head.send("GET / HT");
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(head.answer().status, 408);
  EXPECT_TRUE(head.closed());
  EXPECT_EQ(body.answer().status, 408);
  EXPECT_TRUE(body.closed());
  EXPECT_TRUE(soon([&] { return server->counts().open == 0; }));
}

TEST(ServerLimitsTest, ABodyInDribletsEndsToo) {
  Small service;
  ServerOptions options;
  options.body_time = milliseconds(200);
  options.request_time = milliseconds(400);
  const auto server = serve(service, options);
  Client client = Client::tcp(server->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n");
  std::jthread dribble([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && client.send("x")) usleep(20'000);
  });
  EXPECT_EQ(client.answer().status, 408);
}

TEST(ServerLimitsTest, HoldsNoMoreConnectionsThanItMay) {
  Small service;
  const Folder folder;
  ServerOptions options;
  options.socket = folder / "sock";
  options.most_connections = 2;
  const auto server = serve(service, options);
  Client one = Client::tcp(server->port());
  Client two = Client::tcp(server->port());
  ASSERT_TRUE(soon([&] { return server->counts().open == 2; }));
  Client three = Client::tcp(server->port());
  EXPECT_EQ(three.answer().status, 503);
  EXPECT_TRUE(three.closed());
  EXPECT_EQ(server->counts().refused_connections, 1u);
  Client owner = Client::local(options.socket);
  owner.send(get("/"));
  EXPECT_EQ(owner.answer().status, 200) << "who owns the directory gets through";
  owner.hang_up();
  one.hang_up();
  ASSERT_TRUE(soon([&] { return server->counts().open == 1; }));
  Client four = Client::tcp(server->port());
  four.send(get("/"));
  EXPECT_EQ(four.answer().status, 200);
}

TEST(ServerLimitsTest, SaysWhyItCannotListen) {
  Small service;
  const auto refused = [&](const std::string& listen) {
    ServerOptions options;
    options.listen = listen;
    const auto server = Server::start(options, service);
    EXPECT_FALSE(server) << listen;
    if (server) return Code::damaged;
    EXPECT_EQ(server.error().field, "listen");
    return server.error().code;
  };
  for (const char* odd :
       {"nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "example.org:80", "::1:80"})
    EXPECT_EQ(refused(odd), Code::invalid);
  EXPECT_EQ(refused("0.0.0.0:0"), Code::forbidden);
  EXPECT_EQ(refused("192.0.2.1:0"), Code::forbidden);
  const auto server = serve(service);
  EXPECT_EQ(refused("127.0.0.1:" + std::to_string(server->port())), Code::busy);
  ServerOptions again;
  again.listen = "127.0.0.1:" + std::to_string(server->port());
  server->stop();
  EXPECT_TRUE(Server::start(again, service));
}

TEST(ServerLimitsTest, ListensInTheFileSystem) {
  Small service;
  Request got;
  service.handling = [&](auto request, Reply reply) {
    got = *request;
    reply(Small::text("local"));
  };
  const Folder folder;
  ServerOptions options;
  options.listen = "";
  options.socket = folder / "sock";
  {
    // What a killed server leaves behind.
    const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, options.socket.c_str());
    ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(dead);
  }
  auto server = serve(service, options);
  EXPECT_EQ(server->port(), 0);
  EXPECT_EQ(server->address(), "");
  struct stat file {};
  ASSERT_EQ(stat(options.socket.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777u, 0600u);
  Client client = Client::local(options.socket);
  client.send(get("/"));
  EXPECT_EQ(client.answer().body, "local");
  EXPECT_EQ(got.via, Via::socket);
  // A second server there is refused, and the first goes on.
  const auto second = Server::start(options, service);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::busy);
  EXPECT_EQ(second.error().field, "socket");
  client.send(get("/"));
  EXPECT_EQ(client.answer().body, "local");
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(options.socket));
  options.socket = folder / std::string(200, 'x');
  EXPECT_EQ(Server::start(options, service).error().code, Code::too_large);
  options.socket = folder / "file";
  std::ofstream(options.socket) << "mine";
  EXPECT_EQ(Server::start(options, service).error().code, Code::invalid);
  EXPECT_EQ(std::filesystem::file_size(options.socket), 4u);
}

TEST(ServerLimitsTest, FinishesWhatIsInFlightWhenItStops) {
  Small service;
  std::vector<std::jthread> threads;
  std::atomic<int> begun = 0;
  std::atomic<bool> stopping = false;
  service.handling = [&](auto, Reply reply) {
    ++begun;
    threads.emplace_back([&, reply] {
      while (!stopping) usleep(1'000);
      usleep(50'000);
      reply(Small::text("done"));
    });
  };
  const auto server = serve(service);
  Client idle = Client::tcp(server->port()), busy = Client::tcp(server->port()), half = Client::tcp(server->port());
  busy.send(get("/"));
  half.send("GET / HTTP/1.1\r\n");
  ASSERT_TRUE(soon([&] { return begun == 1 && server->counts().open == 3; }));
  std::jthread stop([&] {
    stopping = true;
    server->stop();
  });
  const Answer answer = busy.answer();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(busy.closed());
  EXPECT_TRUE(idle.closed());
  half.rest();
  stop.join();
  EXPECT_EQ(server->counts().open, 0);
  server->stop();  // once more changes nothing
}

TEST(ServerLimitsTest, StopsTheRequestsThatDoNotEnd) {
  Small service;
  std::stop_token gone;
  Reply never;
  std::atomic<bool> begun = false;
  service.handling = [&](auto request, Reply reply) {
    gone = request->gone;
    never = std::move(reply);
    begun = true;
  };
  ServerOptions options;
  options.stop_time = milliseconds(50);
  const auto server = serve(service, options);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  ASSERT_TRUE(soon([&] { return begun.load(); }));
  EXPECT_FALSE(gone.stop_requested());
  server->stop();
  EXPECT_TRUE(gone.stop_requested());
  EXPECT_TRUE(client.closed());
}

// --- TLS

bool make_certificate(const Folder& folder, const std::string& name) {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout " +
      (folder / (name + ".key")) + " -out " + (folder / (name + ".pem")) + " 2>/dev/null";
  return std::system(command.c_str()) == 0;
}

TEST(ServerTlsTest, RefusesFilesThatAreNotWhatTheyShouldBe) {
  Small service;
  const Folder folder;
  ASSERT_TRUE(make_certificate(folder, "a") && make_certificate(folder, "b"));
  std::ofstream(folder / "text") << "no certificate";
  const auto refused = [&](const std::string& certificate, const std::string& key) {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.certificate = certificate;
    options.private_key = key;
    const auto server = Server::start(options, service);
    return server ? Refusal{Code::damaged, "", ""} : server.error();
  };
  const std::string pem = folder / "a.pem", key = folder / "a.key";
  EXPECT_EQ(refused(pem, "").field, "private_key");
  EXPECT_EQ(refused("", key).field, "certificate");
  EXPECT_EQ(refused(folder / "none", key).code, Code::not_found);
  EXPECT_EQ(refused(folder / "text", key).code, Code::invalid);
  EXPECT_EQ(refused(folder / "text", key).field, "certificate");
  EXPECT_EQ(refused(pem, folder / "text").field, "private_key");
  EXPECT_EQ(refused(pem, folder / "b.key").code, Code::invalid);
  EXPECT_EQ(refused(pem, folder / "b.key").field, "private_key");
}

TEST(ServerTlsTest, SpeaksTls) {
  Small service;
  Request got;
  service.handling = [&](auto request, Reply reply) {
    got = *request;
    reply(Small::text(std::string(1'000'000, 'x')));
  };
  const Folder folder;
  ASSERT_TRUE(make_certificate(folder, "a"));
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.certificate = folder / "a.pem";
  options.private_key = folder / "a.key";
  const auto server = serve(service, options);
  EXPECT_EQ(server->address().substr(0, 8), "https://");
  Client plain = Client::tcp(server->port());
  plain.send(get("/"));
  plain.rest();

  Client client = Client::tcp(server->port());
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, client.fd());
  ASSERT_EQ(SSL_connect(ssl), 1);
  for (int i = 0; i < 2; ++i) {
    const std::string post = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    SSL_write(ssl, post.data(), static_cast<int>(post.size()));
    std::string all;
    char bytes[16384];
    while (all.size() < 1'000'000 + 100) {
      const int size = SSL_read(ssl, bytes, sizeof bytes);
      if (size <= 0) break;
      all.append(bytes, static_cast<std::size_t>(size));
      if (const auto end = all.find("\r\n\r\n"); end != all.npos && all.size() == end + 4 + 1'000'000) break;
    }
    EXPECT_EQ(all.substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(got.body, "hello");
    EXPECT_TRUE(got.encrypted);
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
}

}  // namespace
}  // namespace traction
