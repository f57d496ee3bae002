// Clients: a number of threads that each ask, wait for the answer and ask again, as the users of a server do; how many
// answers a second they got and how long they waited. Benches only. Not thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace traction {

struct Served {
  std::int64_t answers = 0;
  double per_second = 0;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
};

// Lets `clients` threads call ask(client, n) for n = 0, 1, 2 … until `seconds` have passed. Throws what ask() threw.
inline Served serve(int clients, double seconds, const std::function<void(int client, std::int64_t n)>& ask) {
  using Steady = std::chrono::steady_clock;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const auto begin = Steady::now();
  const auto end = begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(clients));
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client)
    threads.emplace_back([&, client] {
      std::vector<double>& own = waits[static_cast<std::size_t>(client)];
      for (std::int64_t n = 0;; ++n) {
        const auto asked = Steady::now();
        if (asked >= end) break;
        try {
          ask(client, n);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
          return;
        }
        own.push_back(Milliseconds(Steady::now() - asked).count());
      }
    });
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  const double took = std::chrono::duration<double>(Steady::now() - begin).count();

  std::vector<double> all;
  for (const std::vector<double>& own : waits) all.insert(all.end(), own.begin(), own.end());
  std::ranges::sort(all);
  const auto at = [&](double share) {
    return all.empty() ? 0.0 : all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  return {static_cast<std::int64_t>(all.size()), static_cast<double>(all.size()) / took, at(0.5), at(0.95), at(0.99)};
}

// The run in the middle by answers a second.
inline Served median(std::vector<Served> runs) {
  std::ranges::sort(runs, {}, &Served::per_second);
  return runs[runs.size() / 2];
}

}  // namespace traction
