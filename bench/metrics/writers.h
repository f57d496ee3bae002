// Writers: a sales team at work over HTTP: so many durable commands a second, each a request of its own as programs
// send them, over deals that are open. In a hundred there are 90 new activities, 3 that happened up to a month ago, 2
// edits of activities, 4 new amounts of deals and 1 move to another stage. Commands are sent when they are due, whether
// or not those before were answered; one thread, with as many connections as wait for an answer.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <random>
#include <string>
#include <vector>

#include "base/instant.h"
#include "domain/entry.h"
#include "server/client.h"
#include "server/crowd.h"

namespace traction {

using Steady = std::chrono::steady_clock;

struct Acknowledged {
  Seq seq = 0;
  Steady::time_point at;
};

// What the writers wrote. By its acknowledgements it tells how old a number is.
class Written {
 public:
  Written(std::vector<Acknowledged> all, std::int64_t touches, double seconds)
      : all_(std::move(all)), touches_(touches), seconds_(seconds) {
    std::ranges::sort(all_, {}, &Acknowledged::seq);
    oldest_.resize(all_.size());
    for (std::size_t i = all_.size(); i-- > 0;)
      oldest_[i] = i + 1 < all_.size() ? std::min(all_[i].at, oldest_[i + 1]) : all_[i].at;
  }

  const std::vector<Acknowledged>& all() const { return all_; }
  std::int64_t touches() const { return touches_; }  // new ones
  double per_second() const { return static_cast<double>(all_.size()) / seconds_; }

  // Seconds from the acknowledgement of the oldest entry that is not among those up to `known`, to `now`; 0 when all
  // that were acknowledged by then are.
  double age(Seq known, Steady::time_point now) const {
    const auto next = std::ranges::upper_bound(all_, known, {}, &Acknowledged::seq);
    if (next == all_.end()) return 0;
    const auto since = oldest_[static_cast<std::size_t>(next - all_.begin())];
    return std::max(0.0, std::chrono::duration<double>(now - since).count());
  }

 private:
  std::vector<Acknowledged> all_;           // by seq
  std::vector<Steady::time_point> oldest_;  // acknowledgement among this one and those with a greater seq
  const std::int64_t touches_;
  const double seconds_;
};

class Writers {
 public:
  static constexpr int kConnections = 64;

  // Looks for the newest open deals, and for activities of theirs to edit.
  Writers(int port, std::size_t deals) : port_(port) {
    Client client(port);
    const json::value stages = client.must(200, "GET", "/api/v1/stages?limit=500");
    for (const json::value& stage : stages.at("records").as_array()) {
      const std::string kind(stage.at("fields").at("kind").as_string());
      if (kind == "lead" || kind == "qualified" || kind == "open") stages_.push_back(stage.at("id").as_int64());
    }
    page(client, "deals", deals, [&](Id id, const json::object& fields) {
      if (std::ranges::find(stages_, fields.at("stage").as_int64()) == stages_.end()) return deals_.size();
      deals_.push_back({id, fields.at("owner").as_int64(), fields.at("contact").as_int64()});
      return deals_.size();
    });
    page(client, "activities", deals, [&](Id id, const json::object& fields) {
      if (std::ranges::binary_search(deals_, fields.at("deal").as_int64(), std::greater{}, &Deal::id))
        activities_.push_back(id);
      return activities_.size();
    });
  }

  Id some_deal() const { return deals_.front().id; }

  // Writes until the end is asked for; on a thread of its own.
  void begin(double per_second) {
    ending_ = false;
    writing_ = std::async(std::launch::async, [this, per_second] { return write(per_second); });
  }
  Written end() {
    ending_ = true;
    return writing_.get();
  }
  ~Writers() { ending_ = true; }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

 private:
  struct Deal {
    Id id = 0, owner = 0, contact = 0;
  };

  // Calls take(id, fields) for records from the newest on until it gives `enough`.
  template <class Take>
  static void page(Client& client, const std::string& plural, std::size_t enough, const Take& take) {
    for (std::string cursor;;) {
      const json::object list =
          client.must(200, "GET", fmt::format("/api/v1/{}?limit=500{}", plural, cursor)).as_object();
      for (const json::value& record : list.at("records").as_array())
        if (take(record.at("id").as_int64(), record.at("fields").as_object()) >= enough) return;
      const auto* next = list.at("next").if_string();
      if (!next || next->empty()) return;
      cursor = fmt::format("&cursor={}", next->c_str());
    }
  }

  Written write(double per_second) {
    Crowd crowd(port_, kConnections, request_text("GET", "/api/v1/stages?limit=1"));
    std::vector<std::string> bytes(kConnections);
    std::vector<int> free;
    const auto receive = [&](const auto& answered) {
      crowd.receive(1, [&](std::size_t member, std::string_view more) {
        HttpAnswer answer;
        bytes[member] += more;
        if (!take_answer(bytes[member], answer)) return;
        if (answer.status >= 300) wrong(fmt::format("a command was answered {}: {}", answer.status, answer.body));
        free.push_back(static_cast<int>(member));
        answered(answer);
      });
    };
    while (free.size() < kConnections) receive([](const HttpAnswer&) {});

    std::vector<Acknowledged> acknowledged;
    std::int64_t sent = 0, touches = 0;
    const auto begin = Steady::now();
    const auto due = [&](std::int64_t n) {
      return begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(n / per_second));
    };
    while (!ending_ || free.size() < kConnections) {
      for (; !ending_ && !free.empty() && due(sent) <= Steady::now(); ++sent) {
        crowd.send(free.back(), command(touches));
        free.pop_back();
      }
      receive([&](const HttpAnswer& answer) {
        const json::value body = json::parse(answer.body);
        acknowledged.push_back({body.at("sequence").as_int64(), Steady::now()});
        // What was just noted is what somebody corrects.
        if (body.at("type").as_string() == "activity")
          activities_[below(activities_.size())] = body.at("id").as_int64();
      });
    }
    const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    return {std::move(acknowledged), touches, seconds};
  }

  std::string command(std::int64_t& touches) {
    const Deal& deal = deals_[below(deals_.size())];
    const std::size_t what = commands_++ % 100;
    if (what < 4) return change("deals", deal.id, fmt::format(R"({{"amount_minor":{}}})", 10'000 + below(9'000'000)));
    if (what < 5) return change("deals", deal.id, fmt::format(R"({{"stage":{}}})", stages_[below(stages_.size())]));
    if (what < 7)
      return change("activities", activities_[below(activities_.size())],
                    fmt::format(R"({{"duration_seconds":{},"outcome":"connected"}})", below(900)));
    ++touches;
    const bool call = below(2) == 0;
    const std::string earlier =
        what < 10 ? fmt::format(R"(,"occurred_at":"{}")",
                                to_string(Instant{std::chrono::duration_cast<std::chrono::microseconds>(
                                                      std::chrono::system_clock::now().time_since_epoch())
                                                      .count() -
                                                  static_cast<std::int64_t>(below(30 * 86'400)) * kSecond}))
                  : "";
    return request("POST", "/api/v1/activities",
                   fmt::format(R"({{"fields":{{"kind":"{}","direction":"{}","outcome":"{}","owner":{},"deal":{},)"
                               R"("contact":{},"duration_seconds":{}}}{}}})",
                               call ? "call" : "email", below(4) == 0 ? "inbound" : "outbound",
                               call ? "connected" : "sent", deal.owner, deal.id, deal.contact, below(900), earlier));
  }

  std::string change(const std::string& plural, Id id, const std::string& fields) {
    return request("PATCH", fmt::format("/api/v1/{}/{}", plural, id), fmt::format(R"({{"fields":{}}})", fields));
  }
  std::string request(std::string_view method, const std::string& path, const std::string& body) {
    return request_text(method, path, fmt::format("If-Match: *\r\nIdempotency-Key: live-{}-{}\r\n", run_, commands_),
                        body);
  }

  std::size_t below(std::size_t n) { return dice_() % n; }

  const int port_;
  const std::size_t run_ = std::random_device{}();  // so that no key comes twice
  std::mt19937_64 dice_{run_};
  std::size_t commands_ = 0;
  std::vector<Id> stages_, activities_;
  std::vector<Deal> deals_;  // the newest first
  std::atomic<bool> ending_ = false;
  std::future<Written> writing_;
};

}  // namespace traction
