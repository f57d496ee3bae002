// Answers that are made while they are sent, answers that go on, and clients that leave.
#include <atomic>
#include <thread>

#include "http/adapter/wire.h"
#include "http/server.h"

namespace traction {
namespace {

using wire::Answer;
using wire::Client;
using wire::get;
using wire::serve;
using wire::Small;
using wire::soon;

// A source that the test feeds.
class Feed : public Source {
 public:
  void put(std::string text) {
    std::function<void()> more;
    {
      std::lock_guard lock(mutex_);
      held_.push_back(std::make_shared<const std::string>(std::move(text)));
      more.swap(more_);
    }
    if (more) more();
  }
  std::shared_ptr<const std::string> next() override {
    std::lock_guard lock(mutex_);
    if (held_.empty()) return nullptr;
    auto text = held_.front();
    held_.erase(held_.begin());
    return text;
  }
  void when_more(std::function<void()> more) override {
    {
      std::lock_guard lock(mutex_);
      if (held_.empty()) {
        more_ = std::move(more);
        return;
      }
    }
    more();
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<const std::string>> held_;
  std::function<void()> more_;
};

Response with(Response answer, decltype(Response::body) body) {
  answer.body = std::move(body);
  return answer;
}

TEST(ServerStreamsTest, SendsWhatAProducerMakes) {
  Small service;
  service.handling = [](auto request, Reply reply) {
    if (request->path == "/empty") return reply(with(Small::text(""), Producer([](Sink&) {})));
    reply(with(Small::text(""), Producer([](Sink& sink) {
                 for (int i = 0; i < 3'000; ++i) EXPECT_TRUE(sink.write(std::string(1'000, 'a' + i % 26)));
               })));
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  for (int i = 0; i < 2; ++i) {
    client.send(get("/") + get("/empty"));
    const Answer answer = client.answer();
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body.size(), 3'000'000u);
    EXPECT_EQ(answer.body[2'000], 'c');
    const Answer empty = client.answer();
    EXPECT_TRUE(empty.whole);
    EXPECT_EQ(empty.body, "");
  }
}

TEST(ServerStreamsTest, AProducerWaitsForASlowClientAndLearnsThatItLeft) {
  Small service;
  std::atomic<std::size_t> written = 0;
  std::atomic<bool> ended = false;
  service.handling = [&](auto, Reply reply) {
    reply(with(Small::text(""), Producer([&](Sink& sink) {
                 while (sink.write(std::string(10'000, 'x'))) written += 10'000;
                 ended = true;
               })));
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  // It stands still once the sockets' buffers and its own are full.
  std::size_t before = 0;
  ASSERT_TRUE(soon([&] {
    const std::size_t now = written;
    usleep(50'000);
    return now > 0 && now == std::exchange(before, written);
  }));
  EXPECT_FALSE(ended);
  EXPECT_LT(written, 50'000'000u);
  client.hang_up();
  EXPECT_TRUE(soon([&] { return ended.load(); }));
  EXPECT_TRUE(soon([&] { return server->counts().open == 0; }));
}

TEST(ServerStreamsTest, AProducerThatFailsIsNotTakenForWhole) {
  Small service;
  service.handling = [](auto request, Reply reply) {
    const bool at_once = request->path == "/at_once";
    reply(with(Small::text(""), Producer([at_once](Sink& sink) {
                 if (!at_once) sink.write(std::string(1'000, 'x'));
                 if (!at_once) usleep(20'000);
                 throw std::runtime_error("on purpose");
               })));
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  const Answer broken = client.answer();
  EXPECT_EQ(broken.status, 200);
  EXPECT_FALSE(broken.whole);
  Client other = Client::tcp(server->port());
  other.send(get("/at_once"));
  EXPECT_EQ(other.answer().status, 500);
  Client old = Client::tcp(server->port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(old.answer().whole);
}

TEST(ServerStreamsTest, RunsNoMoreProducersThanItMay) {
  Small service;
  std::atomic<bool> go = false;
  service.handling = [&](auto, Reply reply) {
    reply(with(Small::text(""), Producer([&](Sink& sink) {
                 sink.write("x");
                 while (!go) usleep(1'000);
               })));
  };
  const auto server = serve(service);
  std::vector<Client> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(Client::tcp(server->port()));
    clients.back().send(get("/"));
    EXPECT_EQ(clients.back().head().status, 200);
  }
  Client one_more = Client::tcp(server->port());
  one_more.send(get("/"));
  EXPECT_EQ(one_more.answer().status, 503);
  go = true;
  for (Client& client : clients) {
    EXPECT_EQ(client.piece(), "x");
    EXPECT_EQ(client.piece(), "");
    EXPECT_TRUE(client.ended());
  }
}

TEST(ServerStreamsTest, SendsEachPieceOfASourceAtOnce) {
  Small service;
  const auto feed = std::make_shared<Feed>();
  service.handling = [&](auto request, Reply reply) {
    if (request->path == "/other") return reply(Small::text("other"));
    reply(with(Small::text(""), std::shared_ptr<Source>(feed)));
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  EXPECT_EQ(client.head().status, 200);
  for (int i = 0; i < 10; ++i) {
    feed->put("event " + std::to_string(i));
    EXPECT_EQ(client.piece(), "event " + std::to_string(i));
  }
  EXPECT_EQ(server->counts().subscribers, 1);
  feed->put("");
  EXPECT_EQ(client.piece(), "");
  EXPECT_TRUE(client.ended());
  client.send(get("/other"));
  EXPECT_EQ(client.answer().body, "other");
  EXPECT_EQ(server->counts().subscribers, 0);
}

TEST(ServerStreamsTest, ASourceEndsWhenItsClientLeavesOrTheServerStops) {
  Small service;
  std::weak_ptr<Feed> last;
  service.handling = [&](auto, Reply reply) {
    const auto feed = std::make_shared<Feed>();
    last = feed;
    reply(with(Small::text(""), std::shared_ptr<Source>(feed)));
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  EXPECT_EQ(client.head().status, 200);
  EXPECT_TRUE(soon([&] { return server->counts().subscribers == 1; }));
  client.hang_up();
  EXPECT_TRUE(soon([&] { return server->counts().subscribers == 0 && last.expired(); }));
  Client other = Client::tcp(server->port());
  other.send(get("/"));
  EXPECT_EQ(other.head().status, 200);
  server->stop();
  EXPECT_EQ(other.piece(), "");
  EXPECT_TRUE(other.ended());
  EXPECT_TRUE(last.expired());
}

TEST(ServerStreamsTest, TellsARequestThatItsClientHasGone) {
  Small service;
  std::stop_token gone;
  std::atomic<int> asked = 0;
  Reply reply;
  service.handling = [&](auto request, Reply given) {
    gone = request->gone;
    reply = std::move(given);
    ++asked;
  };
  const auto server = serve(service);
  Client client = Client::tcp(server->port());
  client.send(get("/"));
  ASSERT_TRUE(soon([&] { return asked == 1; }));
  EXPECT_FALSE(gone.stop_requested());
  client.half_close();
  EXPECT_TRUE(soon([&] { return gone.stop_requested(); }));
  // It may have closed its side alone: what there is is still sent.
  reply(Small::text("still"));
  EXPECT_EQ(client.answer().body, "still");
  EXPECT_TRUE(client.closed());
}

TEST(ServerStreamsTest, SharesALongTextAmongManyClients) {
  Small service;
  const auto text = std::make_shared<const std::string>(std::string(5'000'000, 'z'));
  service.handling = [&](auto, Reply reply) { reply(with(Small::text(""), text)); };
  const auto server = serve(service);
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(Client::tcp(server->port()));
    clients.back().send(get("/") + get("/"));
  }
  for (int round = 0; round < 2; ++round)
    for (Client& client : clients) EXPECT_EQ(client.answer().body.size(), text->size());
}

}  // namespace
}  // namespace traction
