// RequestCounts: how many requests each route answered, with what status and how fast, for /metrics. Adding costs a few
// atomic increments and never waits. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace traction {

class RequestCounts {
 public:
  // One row per name, such as an operation's id.
  explicit RequestCounts(std::vector<std::string> names);

  void add(std::size_t row, int status, std::chrono::nanoseconds took);

  // In Prometheus' text form: traction_http_requests_total by route and status, and the histogram
  // traction_http_request_seconds by route. Rows without a request are left out.
  std::string text() const;

 private:
  static constexpr std::array<int, 29> kStatuses{200, 201, 202, 204, 206, 301, 302, 304, 307, 308,
                                                 400, 403, 404, 405, 408, 409, 410, 412, 413, 415,
                                                 416, 421, 422, 428, 431, 500, 503, 507, 0};  // 0 = any other
  static constexpr std::array<double, 12> kSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                   0.05,   0.1,   0.25,   0.5,   1,    5};
  struct Row {
    std::string name;
    std::array<std::atomic<std::uint64_t>, kStatuses.size()> by_status{};
    std::array<std::atomic<std::uint64_t>, kSeconds.size() + 1> by_time{};
    std::atomic<std::uint64_t> nanoseconds{0};
  };
  std::vector<Row> rows_;
};

}  // namespace traction
