#include "app/system.h"

#include <sys/random.h>

#include <cerrno>
#include <chrono>

#include "base/fault.h"

namespace traction {

Instant SystemClock::now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

void SystemRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno != EINTR) throw Fault(Fault::Kind::internal, "The machine gives no random bytes.");
    if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace traction
