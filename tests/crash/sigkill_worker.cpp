// Writes into a data directory from eight threads until it is killed: sigkill_worker DIR FROM… COUNT, where writer i
// begins with its command number FROM i and does COUNT of them. Acknowledged commands go to standard output.
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "app/directory.h"
#include "app/system.h"
#include "crash/sigkill.h"

int main(int count, char** arguments) {
  using namespace traction;
  if (count != 3 + kWriters) return 2;
  SystemClock clock;
  SystemRandom random;
  const auto definitions = load_definitions(TRACTION_SOURCE_DIR "/definitions").value();
  const auto directory = Directory::open(arguments[1], false, clock, random).value();
  const auto workspace = directory->workspace("crash", definitions).value();
  const std::int64_t most = std::atoll(arguments[2 + kWriters]);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer)
    threads.emplace_back([&, writer] {
      const std::int64_t from = std::atoll(arguments[2 + writer]);
      for (std::int64_t n = from; n < from + most; ++n) {
        const Outcome outcome = workspace->execute(sigkill_command(writer, n)).value();
        const Acknowledged line{writer, n, outcome.actions.front().version};
        if (write(STDOUT_FILENO, &line, sizeof line) != sizeof line) _exit(3);
      }
    });
  for (std::thread& thread : threads) thread.join();
}
