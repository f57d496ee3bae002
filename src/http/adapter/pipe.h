// Pipe: what a producer's thread writes on its way to the connection that sends it, and the threads producers run on.
// It holds no more than a little, so that a slow client slows its producer. It knows no socket. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/compress.h"
#include "http/message.h"

namespace traction::adapter {

class Pipe final : public Sink {
 public:
  // `more` is called from the producer's thread when there is something to take. What is written is encoded in passing.
  Pipe(Coding coding, std::function<void()> more);

  // For the producer's thread.
  bool write(std::string_view bytes) override;
  void finish(bool whole);  // false: it failed

  // For the connection.
  struct Taken {
    std::string bytes;
    bool ended = false, whole = false;
  };
  Taken take();
  void close();  // nobody reads on

 private:
  bool put(std::string_view encoded);

  const std::function<void()> more_;
  std::unique_ptr<Encoder> encoder_;  // the producer's own
  std::mutex mutex_;
  std::condition_variable taken_;
  std::string held_;
  bool closed_ = false, ended_ = false, whole_ = false;
};

class Producers {
 public:
  ~Producers();  // waits for all to end

  // Runs the producer on a thread of its own; false when as many run as may.
  bool start(Producer producer, std::shared_ptr<Pipe> pipe);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
};

}  // namespace traction::adapter
