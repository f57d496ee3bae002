#include "http/adapter/pipe.h"

#include <exception>
#include <system_error>
#include <thread>

#include "http/log.h"

namespace traction::adapter {
namespace {

constexpr std::size_t kMostHeld = 256 * 1024;
constexpr int kMostProducers = 64;

}  // namespace

Pipe::Pipe(Coding coding, std::function<void()> more)
    : more_(std::move(more)), encoder_(coding == Coding::identity ? nullptr : Encoder::make(coding)) {}

bool Pipe::write(std::string_view bytes) {
  if (!encoder_) return put(bytes);
  std::string encoded;
  encoder_->put(bytes, encoded);
  return put(encoded);
}

bool Pipe::put(std::string_view encoded) {
  {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [this] { return closed_ || held_.size() < kMostHeld; });
    if (closed_) return false;
    if (encoded.empty()) return true;
    held_ += encoded;
  }
  more_();
  return true;
}

void Pipe::finish(bool whole) {
  if (whole && encoder_) {
    std::string rest;
    encoder_->finish(rest);
    put(rest);
  }
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    whole_ = whole;
  }
  more_();
}

Pipe::Taken Pipe::take() {
  Taken taken;
  std::lock_guard lock(mutex_);
  taken.bytes.swap(held_);
  taken.ended = ended_;
  taken.whole = whole_;
  taken_.notify_all();
  return taken;
}

void Pipe::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  held_.clear();
  taken_.notify_all();
}

Producers::~Producers() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return running_ == 0; });
}

bool Producers::start(Producer producer, std::shared_ptr<Pipe> pipe) {
  {
    std::lock_guard lock(mutex_);
    if (running_ == kMostProducers) return false;
    ++running_;
  }
  const auto end = [this] {
    std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_all();
  };
  try {
    std::thread([end, producer = std::move(producer), pipe = std::move(pipe)]() mutable {
      bool whole = true;
      try {
        producer(*pipe);
      } catch (const std::exception& failure) {
        log(LogLevel::error, std::string("An answer broke off while it was made: ") + failure.what());
        whole = false;
      }
      producer = nullptr;  // what it holds is let go before the server may end
      pipe->finish(whole);
      pipe.reset();
      end();
    }).detach();
  } catch (const std::system_error&) {  // the machine has no thread to give
    end();
    return false;
  }
  return true;
}

}  // namespace traction::adapter
