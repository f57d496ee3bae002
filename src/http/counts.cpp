#include "http/counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace traction {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

RequestCounts::RequestCounts(std::vector<std::string> names) : rows_(names.size()) {
  for (std::size_t i = 0; i < names.size(); ++i) rows_[i].name = std::move(names[i]);
}

void RequestCounts::add(std::size_t row, int status, std::chrono::nanoseconds took) {
  Row& counted = rows_[row];
  const auto known = std::ranges::find(kStatuses, status);
  counted.by_status[static_cast<std::size_t>(std::min(known, kStatuses.end() - 1) - kStatuses.begin())].fetch_add(
      1, kRelaxed);
  const double seconds = static_cast<double>(took.count()) * 1e-9;
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(kSeconds, seconds) - kSeconds.begin());
  counted.by_time[bucket].fetch_add(1, kRelaxed);
  counted.nanoseconds.fetch_add(static_cast<std::uint64_t>(took.count()), kRelaxed);
}

std::string RequestCounts::text() const {
  std::string requests =
      "# HELP traction_http_requests_total Requests answered, by route and status.\n"
      "# TYPE traction_http_requests_total counter\n";
  std::string seconds =
      "# HELP traction_http_request_seconds From a request's arrival to its answer, by route.\n"
      "# TYPE traction_http_request_seconds histogram\n";
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i)
      if (const std::uint64_t count = row.by_status[i].load(kRelaxed))
        fmt::format_to(std::back_inserter(requests), "traction_http_requests_total{{route=\"{}\",status=\"{}\"}} {}\n",
                       row.name, kStatuses[i] ? std::to_string(kStatuses[i]) : "other", count);
    std::array<std::uint64_t, kSeconds.size() + 1> upto{};
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < upto.size(); ++i) upto[i] = count += row.by_time[i].load(kRelaxed);
    if (count == 0) continue;
    for (std::size_t i = 0; i < kSeconds.size(); ++i)
      fmt::format_to(std::back_inserter(seconds), "traction_http_request_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n",
                     row.name, kSeconds[i], upto[i]);
    fmt::format_to(std::back_inserter(seconds),
                   "traction_http_request_seconds_bucket{{route=\"{0}\",le=\"+Inf\"}} {1}\n"
                   "traction_http_request_seconds_sum{{route=\"{0}\"}} {2:.6f}\n"
                   "traction_http_request_seconds_count{{route=\"{0}\"}} {1}\n",
                   row.name, count, static_cast<double>(row.nanoseconds.load(kRelaxed)) * 1e-9);
  }
  return requests + seconds;
}

}  // namespace traction
