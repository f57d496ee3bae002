#include "http/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "http/problem.h"
#include "http/routes.h"

namespace traction {
namespace {

using Bytes = std::shared_ptr<const std::string>;
using Steady = std::chrono::steady_clock;

// How long entries gather before subscribers are told: a thousand written in a moment wake each of them once.
constexpr std::chrono::milliseconds kGather{50};
constexpr std::chrono::seconds kBeat{15};  // of silence before a sign of life, for what lies between us and the client
constexpr std::size_t kChunkEntries = 500;
constexpr std::size_t kRemembered = 4 << 20;  // bytes of a workspace's latest events

Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

// Entries after `after` up to `last` as events, some hundred at most.
struct Chunk {
  Seq after = 0, last = 0;
  Bytes text;
};

Chunk read_chunk(Hosted& hosted, Seq after, Seq last) {
  const auto schema = hosted.workspace().schema();
  std::string text;
  Seq reached = after;
  hosted.workspace().ledger().read()->entries(
      after, std::min<Seq>(last, after + kChunkEntries), [&](const StoredEntry& stored) {
        const Entry& entry = stored.entry;
        fmt::format_to(std::back_inserter(text),
                       "id: {}\nevent: entry\ndata: {{\"seq\":{},\"kind\":\"{}\",\"type\":\"{}\",\"record\":{},"
                       "\"actor\":{},\"occurred_at\":{},\"recorded_at\":\"{}\"}}\n\n",
                       entry.seq, entry.seq, name(entry.kind), schema->type(entry.type)->name, entry.record,
                       entry.actor, entry.occurred_at ? fmt::format("\"{}\"", to_string(*entry.occurred_at)) : "null",
                       to_string(entry.recorded_at));
        reached = entry.seq;
        return true;
      });
  return {after, reached, bytes(std::move(text))};
}

class Subscriber;

// One workspace's events: the latest, and who waits for more.
struct Channel {
  explicit Channel(std::shared_ptr<Hosted> of) : hosted(std::move(of)) {}

  const std::shared_ptr<Hosted> hosted;
  std::atomic<Seq> head{0}, mart{0};  // as last told by the workspace
  Listening commits, applications;

  std::mutex mutex;  // guards all below, and what is its subscribers'
  Seq last = 0;      // the last entry fed
  std::deque<Chunk> recent;
  std::size_t recent_bytes = 0;
  Seq applied = 0;
  Bytes applied_text;
  std::uint64_t beat = 0;
  std::set<Subscriber*> subscribers;
};

// Reads for subscribers that have fallen behind.
class Historian {
 public:
  virtual ~Historian() = default;
  virtual void ask(std::weak_ptr<Subscriber> subscriber) = 0;
};

class Subscriber final : public Source, public std::enable_shared_from_this<Subscriber> {
 public:
  Subscriber(std::shared_ptr<Channel> channel, Historian& historian, Seq after)
      : channel_(std::move(channel)),
        historian_(historian),
        cursor_(after),
        ready_(bytes(fmt::format("retry: 2000\nid: {}\nevent: ready\ndata: {{\"seq\":{}}}\n\n", after, after))) {
    const std::lock_guard lock(channel_->mutex);
    told_applied_ = channel_->applied;
    heard_beat_ = channel_->beat;
    channel_->subscribers.insert(this);
  }

  ~Subscriber() override {
    const std::lock_guard lock(channel_->mutex);
    channel_->subscribers.erase(this);
  }

  Bytes next() override {
    const std::lock_guard lock(channel_->mutex);
    if (ready_) return said(std::exchange(ready_, nullptr));
    if (cursor_ < channel_->last) {
      if (const Chunk* chunk = remembered()) {
        cursor_ = chunk->last;
        return said(chunk->text);
      }
      if (!asked_) historian_.ask(weak_from_this());
      asked_ = true;
      return nullptr;
    }
    if (told_applied_ != channel_->applied) {
      told_applied_ = channel_->applied;
      return said(channel_->applied_text);
    }
    if (heard_beat_ == channel_->beat) return nullptr;
    static const Bytes kAlive = bytes(": keep-alive\n\n");
    return said(kAlive);
  }

  void when_more(std::function<void()> more) override {
    {
      const std::lock_guard lock(channel_->mutex);
      if (!has_more()) {
        more_ = std::move(more);
        return;
      }
    }
    more();
  }

  // With the channel's mutex held.
  void wake() {
    if (more_ && has_more()) std::exchange(more_, nullptr)();
  }

  // What it lacks, read from the ledger; null text breaks the stream off, so that the client comes again.
  void catch_up() {
    Seq to = 0;
    {
      const std::lock_guard lock(channel_->mutex);
      to = channel_->last;
      // Up to where a remembered chunk begins or ends, so that it goes on with those.
      for (const Chunk& chunk : channel_->recent) {
        if (chunk.after > cursor_) to = std::min(to, chunk.after);
        if (chunk.last > cursor_) to = std::min(to, chunk.last);
        if (chunk.after > cursor_) break;
      }
    }
    Chunk chunk{cursor_, cursor_, bytes("")};
    try {
      chunk = read_chunk(*channel_->hosted, cursor_, to);
    } catch (const std::exception&) {
      // A failing disk is told to those who write; here the client's next attempt will show.
    }
    const std::lock_guard lock(channel_->mutex);
    cursor_ = chunk.last;
    ready_ = std::move(chunk.text);
    asked_ = false;
    wake();
  }

 private:
  const Chunk* remembered() const {
    const auto found = std::ranges::lower_bound(channel_->recent, cursor_, {}, &Chunk::after);
    return found != channel_->recent.end() && found->after == cursor_ ? &*found : nullptr;
  }
  bool has_more() const {
    return ready_ || (cursor_ < channel_->last && !asked_) ||
           (cursor_ >= channel_->last && (told_applied_ != channel_->applied || heard_beat_ != channel_->beat));
  }
  Bytes said(Bytes text) {
    heard_beat_ = channel_->beat;
    return text;
  }

  const std::shared_ptr<Channel> channel_;
  Historian& historian_;
  Seq cursor_;          // the last entry handed out
  Bytes ready_;         // to be said first
  bool asked_ = false;  // the historian reads for it
  Seq told_applied_ = 0;
  std::uint64_t heard_beat_ = 0;
  std::function<void()> more_;
};

}  // namespace

class Events::Impl final : public Historian {
 public:
  Impl() : feeder_([this] { feed_all(); }), historian_([this] { read_all(); }) {}

  ~Impl() override {
    {
      const std::scoped_lock lock(news_mutex_, asked_mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    asked_changed_.notify_all();
    feeder_.join();
    historian_.join();
  }

  std::shared_ptr<Source> subscribe(std::shared_ptr<Hosted> hosted, Seq after) {
    return std::make_shared<Subscriber>(channel_of(std::move(hosted)), *this, after);
  }

  std::int64_t subscribers() const {
    std::size_t count = 0;
    for (const auto& channel : all_channels()) {
      const std::lock_guard lock(channel->mutex);
      count += channel->subscribers.size();
    }
    return static_cast<std::int64_t>(count);
  }

  void ask(std::weak_ptr<Subscriber> subscriber) override {
    const std::lock_guard lock(asked_mutex_);
    asked_.push_back(std::move(subscriber));
    asked_changed_.notify_one();
  }

 private:
  std::shared_ptr<Channel> channel_of(std::shared_ptr<Hosted> hosted) {
    const std::lock_guard lock(mutex_);
    auto& channel = channels_[hosted.get()];
    if (channel) return channel;
    channel = std::make_shared<Channel>(hosted);
    const auto tell = [this](std::atomic<Seq>& what) {
      return [this, &what](Seq seq) {
        what = seq;
        const std::lock_guard inbox(news_mutex_);
        news_ = true;
        changed_.notify_all();
      };
    };
    Workspace& workspace = hosted->workspace();
    channel->commits = workspace.on_commit(tell(channel->head));
    channel->applications = workspace.on_applied(tell(channel->mart));
    channel->last = workspace.ledger().read()->head().seq;
    return channel;
  }

  std::vector<std::shared_ptr<Channel>> all_channels() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Channel>> all;
    for (const auto& [hosted, channel] : channels_) all.push_back(channel);
    return all;
  }

  // The feeder's thread: what was committed goes to all subscribers.
  void feed_all() {
    auto next_beat = Steady::now() + kBeat;
    std::unique_lock lock(news_mutex_);
    while (!ending_) {
      changed_.wait_until(lock, next_beat, [&] { return ending_.load() || news_; });
      if (news_) changed_.wait_for(lock, kGather, [&] { return ending_.load(); });
      if (ending_) return;
      news_ = false;
      const bool beat = Steady::now() >= next_beat;
      if (beat) next_beat = Steady::now() + kBeat;
      lock.unlock();
      bool fed = true;
      for (const auto& channel : all_channels()) fed &= feed(*channel, beat);
      lock.lock();
      news_ |= !fed;
    }
  }

  // False when the ledger could not be read; it is tried again.
  static bool feed(Channel& channel, bool beat) {
    const Seq to = channel.head;
    bool fed = true;
    for (;;) {
      Seq from = 0;
      {
        const std::lock_guard lock(channel.mutex);
        from = channel.last;
        if (from < to && channel.subscribers.empty()) {  // nobody to remember anything for
          channel.recent.clear();
          channel.recent_bytes = 0;
          channel.last = from = to;
        }
      }
      if (from >= to) break;
      try {
        Chunk chunk = read_chunk(*channel.hosted, from, to);
        const std::lock_guard lock(channel.mutex);
        channel.last = chunk.last;
        channel.recent_bytes += chunk.text->size();
        channel.recent.push_back(std::move(chunk));
        while (channel.recent_bytes > kRemembered && channel.recent.size() > 1) {
          channel.recent_bytes -= channel.recent.front().text->size();
          channel.recent.pop_front();
        }
        for (Subscriber* subscriber : channel.subscribers) subscriber->wake();
      } catch (const std::exception&) {
        fed = false;
        break;
      }
    }
    const std::lock_guard lock(channel.mutex);
    if (const Seq applied = channel.mart; applied != channel.applied) {
      channel.applied = applied;
      channel.applied_text = bytes(fmt::format("event: applied\ndata: {{\"seq\":{}}}\n\n", applied));
    }
    if (beat) ++channel.beat;
    for (Subscriber* subscriber : channel.subscribers) subscriber->wake();
    return fed;
  }

  // The historian's thread.
  void read_all() {
    std::unique_lock lock(asked_mutex_);
    for (;;) {
      asked_changed_.wait(lock, [&] { return !asked_.empty() || ending_; });
      if (ending_) return;
      const std::weak_ptr<Subscriber> next = std::move(asked_.front());
      asked_.pop_front();
      lock.unlock();
      // Let go of again before the lock is taken: it may be the last to hold it.
      if (const auto subscriber = next.lock()) subscriber->catch_up();
      lock.lock();
    }
  }

  std::mutex news_mutex_;  // guards news_; a workspace tells with its own lock held, so nothing is locked inside
  std::condition_variable changed_;
  bool news_ = false;
  std::atomic<bool> ending_ = false;

  std::mutex asked_mutex_;  // guards asked_
  std::condition_variable asked_changed_;
  std::deque<std::weak_ptr<Subscriber>> asked_;

  mutable std::mutex mutex_;  // guards channels_
  std::map<Hosted*, std::shared_ptr<Channel>> channels_;

  std::thread feeder_, historian_;
};

std::vector<Route> event_routes(Events& events) {
  Route route{.method = Method::get,
              .path = "/api/v1/events",
              .policy = kReader,
              .id = "events",
              .tag = "Events",
              .summary = "What happens, as it happens",
              .about =
                  "Server-sent events: `ready` with the entry it begins after; `entry` for every entry, in order "
                  "and without a gap, its id being the entry's number; `applied` when metrics know the entries up "
                  "to `seq`. Whoever is cut off goes on with `after` or `Last-Event-ID`."};
  route.parameters = {workspace_parameter(),
                      {.name = "after",
                       .about = "The last entry known; default: the latest",
                       .kind = Parameter::Kind::integer,
                       .min = 0,
                       .example = "0"},
                      {.name = "Last-Event-ID",
                       .about = "The same, as a browser sends it when it comes again",
                       .in = Parameter::In::header,
                       .kind = Parameter::Kind::integer,
                       .min = 0}};
  route.answers = {{.status = 200, .about = "A stream of events", .content_type = "text/event-stream"}};
  route.handler = answering([&events](const Context& context) -> Result<Response> {
    auto hosted = workspace_of(context);
    if (!hosted) return refuse(hosted);
    const Seq head = (*hosted)->workspace().ledger().read()->head().seq;
    const char* named = context.has("Last-Event-ID") ? "Last-Event-ID" : "after";
    const Seq after = context.integer(named, head);
    if (after > head)
      return refuse(Code::invalid, named,
                    fmt::format("The ledger has {} entries; nothing can follow entry {}. Was a backup restored? Read "
                                "everything anew.",
                                head, after));
    Response response;
    response.headers = {{"content-type", "text/event-stream"}, {"cache-control", "no-store"}};
    response.body = events.subscribe(std::move(*hosted), after);
    return response;
  });
  std::vector<Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

Events::Events() : impl_(std::make_unique<Impl>()) {}
Events::~Events() = default;

std::shared_ptr<Source> Events::subscribe(std::shared_ptr<Hosted> hosted, Seq after) {
  return impl_->subscribe(std::move(hosted), after);
}

std::int64_t Events::subscribers() const { return impl_->subscribers(); }

}  // namespace traction
