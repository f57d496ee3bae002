// Subscribers: a crowd that listens to the server's events, and when each entry had reached all of them. Every one must
// get every entry once and in order. One thread.
#pragma once

#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "domain/entry.h"
#include "server/crowd.h"

namespace traction {

using Steady = std::chrono::steady_clock;

// One connection's events, out of the bytes of an answer whose body may come in chunks.
class EventStream {
 public:
  bool begun() const { return begun_; }

  // Calls entry(seq) for each event "entry" that ends in these bytes.
  template <class Entry>
  void take(std::string_view bytes, const Entry& entry) {
    if (!begun_) {
      text_ += bytes;
      const std::size_t end = text_.find("\r\n\r\n");
      if (end == std::string::npos) return;
      const std::string head = lower(text_.substr(0, end));
      if (!head.starts_with("http/1.1 200") || head.find("text/event-stream") == std::string::npos)
        wrong("no events were answered: " + head);
      begun_ = true;
      chunked_ = head.find("transfer-encoding: chunked") != std::string::npos;
      const std::string rest = std::exchange(text_, "").substr(end + 4);
      take(rest, entry);
      return;
    }
    if (!chunked_) return lines(bytes, entry);
    while (!bytes.empty()) {
      if (left_ > 0) {
        const std::string_view part = bytes.substr(0, left_);
        left_ -= part.size();
        bytes.remove_prefix(part.size());
        lines(part, entry);
        continue;
      }
      const char c = bytes.front();  // of "\r\n1f\r\n", between two chunks
      bytes.remove_prefix(1);
      if (c != '\n') {
        if (c != '\r') size_ += c;
      } else if (!size_.empty()) {
        std::from_chars(size_.data(), size_.data() + size_.size(), left_, 16);
        if (left_ == 0) wrong("the server ended its events");
        size_.clear();
      }
    }
  }

 private:
  template <class Entry>
  void lines(std::string_view bytes, const Entry& entry) {
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      text_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (text_.starts_with("id: ")) {
        id_ = std::stoll(text_.substr(4));
      } else if (text_.starts_with("event: ")) {
        is_entry_ = text_ == "event: entry";
      } else if (text_.empty() && std::exchange(is_entry_, false)) {
        entry(id_);
      }
      text_.clear();
    }
    text_ += bytes;
  }

  bool begun_ = false, chunked_ = false, is_entry_ = false;
  std::size_t left_ = 0;  // of the chunk at hand
  std::string size_;      // of the next one, so far
  std::string text_;      // of the head or of a line, so far
  Seq id_ = 0;
};

class Subscribers {
 public:
  // Subscribes to what comes after `head` and waits until the server has begun to answer everybody.
  Subscribers(int port, int count, Seq head)
      : head_(head),
        crowd_(port, count, request_text("GET", fmt::format("/api/v1/events?after={}", head))),
        streams_(static_cast<std::size_t>(count)),
        last_(static_cast<std::size_t>(count), head) {
    for (std::size_t begun = 0; begun < streams_.size();) {
      receive(Steady::now() + std::chrono::seconds(30));
      begun = 0;
      for (const EventStream& stream : streams_) begun += stream.begun();
    }
  }

  // Listens until everybody has got so many entries; when each had reached the last of them.
  std::vector<Steady::time_point> listen(std::size_t entries) {
    const auto patience = Steady::now() + std::chrono::seconds(120);
    while (arrivals_.size() < entries || arrivals_.back().count < streams_.size()) receive(patience);
    std::vector<Steady::time_point> reached;
    for (const Arrival& arrival : arrivals_) reached.push_back(arrival.last);
    return reached;
  }

 private:
  struct Arrival {
    std::size_t count = 0;
    Steady::time_point last;
  };

  void receive(Steady::time_point patience) {
    if (Steady::now() > patience) wrong("events did not reach all subscribers");
    crowd_.receive(100, [&](std::size_t member, std::string_view bytes) {
      const auto now = Steady::now();
      streams_[member].take(bytes, [&](Seq seq) {
        if (seq != ++last_[member]) wrong(fmt::format("a subscriber got entry {} instead of {}", seq, last_[member]));
        const auto index = static_cast<std::size_t>(seq - head_ - 1);
        if (arrivals_.size() <= index) arrivals_.resize(index + 1);
        ++arrivals_[index].count;
        arrivals_[index].last = now;
      });
    });
  }

  const Seq head_;
  Crowd crowd_;
  std::vector<EventStream> streams_;
  std::vector<Seq> last_;          // that each has got
  std::vector<Arrival> arrivals_;  // by entry, from the one after head_
};

}  // namespace traction
