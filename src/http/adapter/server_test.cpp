// Requests and answers over real sockets: what is read, what is written, in which order.
#include "http/server.h"

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <thread>

#include "http/adapter/parser.h"
#include "http/adapter/wire.h"

namespace traction {
namespace {

using adapter::RequestParser;
using wire::Answer;
using wire::Client;
using wire::Folder;
using wire::get;
using wire::serve;
using wire::Small;
using wire::soon;

TEST(ServerTest, AnswersManyRequestsOnOneConnection) {
  Small service;
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/" + std::to_string(i)));
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "/" + std::to_string(i));
    EXPECT_FALSE(answer.headers.contains("connection"));
    EXPECT_TRUE(answer.headers.contains("date"));
  }
  EXPECT_EQ(server->counts().requests, 3u);
  EXPECT_EQ(server->counts().open, 1);
  EXPECT_EQ(server->address(), "http://127.0.0.1:" + std::to_string(server->port()));
}

TEST(ServerTest, HandsOnWhatWasAsked) {
  Small service;
  Request got;
  service.handling = [&](auto request, Reply reply) {
    got = *request;
    reply(Small::text("ok"));
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(
      "PATCH /api/v1/deals/1?a=b&c HTTP/1.1\r\nHOST: here\r\nIf-Match:  \"3\" \r\nContent-Length: 4\r\n\r\n{\"a\"");
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_EQ(got.method, Method::patch);
  EXPECT_EQ(got.path, "/api/v1/deals/1");
  EXPECT_EQ(got.query, "a=b&c");
  ASSERT_TRUE(got.header("if-match"));
  EXPECT_EQ(*got.header("if-match"), "\"3\"");
  EXPECT_EQ(*got.header("host"), "here");
  EXPECT_EQ(got.body, "{\"a\"");
  EXPECT_EQ(got.body_size, 4u);
  EXPECT_EQ(got.via, Via::tcp);
  EXPECT_FALSE(got.encrypted);
  client.send("DELETE http://elsewhere/x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_EQ(got.method, Method::del);
  EXPECT_EQ(got.path, "/x");
}

TEST(ServerTest, AnswersPipelinedRequestsInOrder) {
  Small service;
  std::vector<std::jthread> threads;
  service.handling = [&](auto request, Reply reply) {
    threads.emplace_back([request, reply] {
      if (request->path == "/0") usleep(20'000);
      reply(Small::text(request->path + request->body));
    });
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += get("/" + std::to_string(i));
    all += "\r\nPOST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  }
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.answer().body, "/" + std::to_string(i));
    EXPECT_EQ(client.answer().body, "/pabc");
  }
}

TEST(ServerTest, ReadsAChunkedBodyHoweverItIsCut) {
  Small service;
  service.handling = [](auto request, Reply reply) { reply(Small::text(request->body)); };
  const auto server = serve(service);
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=\"x\"\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nHost: b\r\nTrail: er\r\n\r\n";
  Client client = Client::tcp(server->port());
  for (const char byte : request) client.send({&byte, 1});
  EXPECT_EQ(client.answer().body, "hello world");
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    client.send(request.substr(0, cut));
    usleep(500);
    client.send(request.substr(cut));
    EXPECT_EQ(client.answer().body, "hello world");
  }
}

TEST(ServerTest, HeadAndNoContentHaveNoBody) {
  Small service;
  service.handling = [](auto request, Reply reply) {
    Response answer = Small::text("12345", request->path == "/empty" ? 204 : 200);
    if (request->path == "/made") answer.body = Producer([](Sink& sink) { sink.write("x"); });
    reply(answer);
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer head = client.answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "5");
  client.send(get("/empty"));
  const Answer empty = client.answer();
  EXPECT_EQ(empty.status, 204);
  EXPECT_FALSE(empty.headers.contains("content-length"));
  client.send("HEAD /made HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.answer(true).status, 200);
  client.send(get("/"));
  EXPECT_EQ(client.answer().body, "12345");
}

TEST(ServerTest, SpeaksOldHttp) {
  Small service;
  service.handling = [](auto request, Reply reply) {
    Response answer = Small::text("old");
    if (request->path == "/made") answer.body = Producer([](Sink& sink) { sink.write("made"), sink.write("!"); });
    reply(answer);
  };
  const auto server = serve(service);
  Client once = Client::tcp(server->port());
  once.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(once.answer().body, "old");
  EXPECT_TRUE(once.closed());
  Client often = Client::tcp(server->port());
  often.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(often.answer().headers["connection"], "keep-alive");
  often.send("GET /made HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Answer made = often.answer();
  EXPECT_EQ(made.body, "made!");
  EXPECT_EQ(made.headers.count("transfer-encoding"), 0u);
  Client last = Client::tcp(server->port());
  last.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(last.answer().headers["connection"], "close");
  EXPECT_TRUE(last.closed());
}

TEST(ServerTest, SaysContinueOnlyToWhatItTakes) {
  Small service;
  service.admitting = [](const Request& head) {
    Service::Admission admission;
    admission.most_body = 100;
    if (head.path == "/no") admission.refusal = std::make_shared<Response>(Small::text("no", 415));
    return admission;
  };
  service.handling = [](auto request, Reply reply) { reply(Small::text(request->body)); };
  const auto server = serve(service);
  const std::string rest = " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ";
  Client client = Client::tcp(server->port());
  client.send("POST /yes" + rest + "3\r\n\r\n");
  EXPECT_EQ(client.answer().status, 100);
  client.send("abc");
  EXPECT_EQ(client.answer().body, "abc");
  client.send("POST /yes" + rest + "101\r\n\r\n");
  EXPECT_EQ(client.answer().status, 413);
  EXPECT_TRUE(client.closed());
  Client refused = Client::tcp(server->port());
  refused.send("POST /no" + rest + "3\r\n\r\n");
  EXPECT_EQ(refused.answer().status, 415);
  Client odd = Client::tcp(server->port());
  odd.send(get("/", "Expect: miracles\r\n"));
  EXPECT_EQ(odd.answer().status, 417);
}

TEST(ServerTest, GoesOnAfterARefusalWithAShortBody) {
  Small service;
  service.admitting = [](const Request& head) {
    Service::Admission admission;
    if (head.method == Method::post) admission.refusal = std::make_shared<Response>(Small::text("no", 415));
    return admission;
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/after"));
  EXPECT_EQ(client.answer().status, 415);
  EXPECT_EQ(client.answer().body, "/after");
}

TEST(ServerTest, PutsALongBodyIntoAFileThatGoesAfterwards) {
  Small service;
  const Folder folder;
  std::string seen, kept = folder / "kept";
  service.admitting = [&](const Request&) {
    Service::Admission admission;
    admission.most_body = 10'000'000;
    admission.spool = folder / "spool";
    return admission;
  };
  service.handling = [&](auto request, Reply reply) {
    std::ifstream file(request->body_file, std::ios::binary);
    seen.assign(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(request->body_size, seen.size());
    EXPECT_TRUE(request->body.empty());
    if (request->path == "/keep") std::filesystem::rename(request->body_file, kept);
    reply(Small::text("ok"));
  };
  const auto server = serve(service);
  std::string body(3'000'000, '?');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7919 >> 3);
  Client client = Client::tcp(server->port());
  client.send("POST /drop HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + body);
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_TRUE(seen == body);
  EXPECT_TRUE(soon([&] { return std::filesystem::is_empty(folder / "spool"); }));
  client.send("POST /keep HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2dc6c0\r\n" + body +
              "\r\n0\r\n\r\n");
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_TRUE(seen == body);
  EXPECT_TRUE(soon([&] { return std::filesystem::is_empty(folder / "spool"); }));
  EXPECT_EQ(std::filesystem::file_size(kept), body.size());
  // A client that breaks off leaves nothing either.
  client.send("POST /drop HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + body.substr(0, 2'000'000));
  EXPECT_TRUE(soon([&] { return !std::filesystem::is_empty(folder / "spool"); }));
  client.hang_up();
  EXPECT_TRUE(soon([&] { return std::filesystem::is_empty(folder / "spool"); }));
}

TEST(ServerTest, EncodesWhatTheClientTakes) {
  Small service;
  service.handling = [](auto request, Reply reply) {
    Response answer = Small::text(std::string(5'000, 'a'));
    if (request->path == "/short") answer.body = "short";
    if (request->path == "/made") answer.body = Producer([](Sink& sink) { sink.write(std::string(100'000, 'b')); });
    reply(answer);
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/", "Accept-Encoding: gzip, br;q=0.5\r\n"));
  const Answer gzip = client.answer();
  EXPECT_EQ(gzip.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(gzip.headers.at("vary"), "Accept-Encoding");
  EXPECT_LT(gzip.body.size(), 200u);
  EXPECT_EQ(gzip.body.substr(0, 2), "\x1f\x8b");
  client.send(get("/", "Accept-Encoding: gzip, br\r\n"));
  EXPECT_EQ(client.answer().headers.at("content-encoding"), "br");
  client.send(get("/"));
  const Answer plain = client.answer();
  EXPECT_EQ(plain.body.size(), 5'000u);
  EXPECT_EQ(plain.headers.at("vary"), "Accept-Encoding");
  client.send(get("/short", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(client.answer().body, "short");
  client.send(get("/made", "Accept-Encoding: gzip\r\n"));
  const Answer made = client.answer();
  EXPECT_EQ(made.headers.at("content-encoding"), "gzip");
  EXPECT_TRUE(made.whole);
  EXPECT_LT(made.body.size(), 2'000u);
}

TEST(ServerTest, AHeaderCannotBreakOutOfItsLine) {
  Small service;
  service.handling = [](auto, Reply reply) {
    Response answer = Small::text("ok");
    answer.headers.push_back({"Note", "a\r\nEvil: yes"});
    answer.headers.push_back({"Content-Length", "9999"});
    reply(answer);
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  const Answer answer = client.answer();
  EXPECT_EQ(answer.headers.count("evil"), 0u);
  EXPECT_EQ(answer.headers.at("note"), "a  Evil: yes");
  EXPECT_EQ(answer.body, "ok");
}

TEST(ServerTest, OnlyTheFirstAnswerCountsAndNoneIsOneToo) {
  Small service;
  Reply late;
  service.handling = [&](auto request, Reply reply) {
    if (request->path == "/none") return;
    if (request->path == "/throws") throw std::runtime_error("on purpose");
    reply(Small::text(request->path));
    reply(Small::text("second"));
    if (late) late(Small::text("late"));
    late = reply;
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/a") + get("/b") + get("/none") + get("/throws") + get("/c"));
  EXPECT_EQ(client.answer().body, "/a");
  EXPECT_EQ(client.answer().body, "/b");
  EXPECT_EQ(client.answer().status, 500);
  EXPECT_EQ(client.answer().status, 500);
  EXPECT_EQ(client.answer().body, "/c");
}

TEST(ServerTest, AReplyMayOutliveTheServer) {
  Small service;
  Reply late;
  std::atomic<bool> asked = false;
  service.handling = [&](auto, Reply reply) {
    late = std::move(reply);
    asked = true;
  };
  ServerOptions options;
  options.stop_time = std::chrono::milliseconds(50);
  auto server = serve(service, options);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  ASSERT_TRUE(soon([&] { return asked.load(); }));
  server.reset();
  late(Small::text("too late"));
  late = nullptr;
}

// Beast's parser under our wrapper: whatever comes, in whatever pieces, it neither asserts nor loops.
TEST(RequestParserTest, TakesAnythingInAnyPieces) {
  const std::string whole =
      "POST /a?b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n0\r\nA: b\r\n\r\n";
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    for (int changes = static_cast<int>(random() % 4); changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 3);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 8));
          break;
      }
    }
    const auto parser = RequestParser::make(1024);
    std::string held;
    for (std::size_t at = 0; at < text.size() && !parser->done() && !parser->trouble();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 9, text.size() - at);
      held += text.substr(at, size);
      at += size;
      std::size_t taken = 0;
      do {
        taken = parser->put(held);
        ASSERT_LE(taken, held.size());
        held.erase(0, taken);
      } while (taken > 0 && !held.empty() && !parser->done());
    }
    if (text == whole) {
      ASSERT_TRUE(parser->done());
      ASSERT_EQ(parser->body(), "abcd");
    }
  }
}

}  // namespace
}  // namespace traction
