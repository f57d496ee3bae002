// Answers on their way out: whole texts, what a producer makes, what a source goes on giving.
#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "http/adapter/session.h"

namespace traction::adapter {
namespace {

// What precedes a chunk of that size.
std::string chunk_head(std::size_t size) { return fmt::format("{:x}\r\n", size); }

constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace

Task<bool> Session::send(Response answer, Coding coding, bool head_only) {
  doing_ = Doing::answering;
  if (loop_.ending()) keep_ = false;
  if (coding != Coding::identity) answer.headers.push_back({"Content-Encoding", std::string(name(coding))});
  if (auto* source = std::get_if<std::shared_ptr<Source>>(&answer.body); source && *source && !head_only)
    co_return co_await send_source(answer);
  if (auto* producer = std::get_if<Producer>(&answer.body); producer && *producer && !head_only)
    co_return co_await send_produced(answer, coding);

  std::string_view text;
  if (const auto* own = std::get_if<std::string>(&answer.body)) text = *own;
  if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&answer.body); shared && *shared)
    text = **shared;
  std::string encoded;
  if (coding != Coding::identity && !text.empty()) {
    co_await in_background([&] { encoded = compress(text, coding); });
    text = encoded;
  }
  co_return co_await send_text(answer, text, head_only);
}

Task<bool> Session::send_text(Response& answer, std::string_view text, bool head_only) {
  Framing layout = framing();
  const bool known =
      !std::holds_alternative<Producer>(answer.body) && !std::holds_alternative<std::shared_ptr<Source>>(answer.body);
  if (known && !bodiless(answer.status)) layout.length = text.size();
  const std::string head = head_text(answer, layout, loop_.date());
  const bool bare = head_only || bodiless(answer.status);
  co_return co_await write({head, bare ? std::string_view() : text}) && keep_;
}

Task<bool> Session::send_produced(Response& answer, Coding coding) {
  auto pipe = std::make_shared<Pipe>(coding, [self = shared_from_this()] { self->ring(); });
  if (!common_.producers.start(std::move(std::get<Producer>(answer.body)), pipe))
    co_return co_await trouble(503, "The server is sending as many long answers as it can. Try again in a moment.");
  if (!modern_) keep_ = false;  // without chunks it is the end of the connection that ends the body
  Framing layout = framing();
  layout.chunked = modern_;
  // The head waits for the first bytes: a producer that fails at once is still told as a failure.
  bool begun = false;
  for (;;) {
    Pipe::Taken taken = pipe->take();
    if (cut()) break;
    if (taken.ended && !taken.whole) {
      if (!begun) co_return co_await trouble(500, "The server failed to make the answer.");
      break;
    }
    if (!begun && (!taken.bytes.empty() || taken.ended)) {
      begun = true;
      const std::string head = head_text(answer, layout, loop_.date());
      if (!co_await write({head})) break;
    }
    if (!taken.bytes.empty() && !co_await write_piece(taken.bytes)) break;
    if (taken.ended) {
      if (modern_ && !co_await write({kLastChunk})) break;
      co_return keep_;
    }
    if (taken.bytes.empty()) co_await bell();
  }
  pipe->close();
  // Without a last chunk or, in HTTP/1.0, with a reset: what was sent is not the whole.
  const linger hard{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  cut_ = Why::aborted;
  co_return false;
}

Task<bool> Session::send_source(Response& answer) {
  const std::shared_ptr<Source> source = std::move(std::get<std::shared_ptr<Source>>(answer.body));
  if (!modern_) keep_ = false;
  Framing layout = framing();
  layout.chunked = modern_;
  {
    const std::string head = head_text(answer, layout, loop_.date());
    if (!co_await write({head})) co_return false;
  }
  answer = Response();
  if (input().empty()) std::string().swap(input_), used_ = 0;
  struct Counted {
    std::atomic<std::int64_t>& count;
    explicit Counted(std::atomic<std::int64_t>& of) : count(of) { ++count; }
    ~Counted() { --count; }
  } const counted(common_.subscribers);

  const auto asked = std::make_shared<std::atomic<bool>>(false);
  while (!cut() && !loop_.ending()) {
    doing_ = Doing::subscribed;
    const std::shared_ptr<const std::string> text = source->next();
    if (!text) {
      if (!asked->exchange(true)) {
        source->when_more([asked, self = shared_from_this()] {
          *asked = false;
          self->ring();
        });
      }
      co_await bell();
      continue;
    }
    if (text->empty()) break;
    if (!co_await write_piece(*text)) co_return false;
  }
  if (cut_ == Why::ending) cut_.reset();
  if (cut()) co_return false;
  doing_ = Doing::answering;
  co_return (!modern_ || co_await write({kLastChunk})) && keep_ && !loop_.ending();
}

Task<bool> Session::write_piece(std::string_view bytes) {
  if (!modern_) co_return co_await write({bytes});
  const std::string head = chunk_head(bytes.size());
  co_return co_await write({head, bytes, "\r\n"});
}

Task<bool> Session::write(Parts parts) {
  for (;;) {
    bool left = false;
    for (const std::string_view part : parts) left = left || !part.empty();
    if (!left) co_return true;
    const Attempt attempt = stream_->write(parts);
    if (attempt.end == Attempt::End::done) {
      std::size_t written = attempt.size;
      for (std::string_view& part : parts) {
        const std::size_t here = std::min(written, part.size());
        part.remove_prefix(here);
        written -= here;
      }
    } else if (attempt.end == Attempt::End::read || attempt.end == Attempt::End::write) {
      const SteadyTime patience = std::chrono::steady_clock::now() + common_.options.body_time;
      if (!co_await ready(attempt.end, patience)) co_return false;
    } else {
      co_return false;
    }
  }
}

}  // namespace traction::adapter
