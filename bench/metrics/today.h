// Today: what the page's first screen asks of the API, as web/src/routes asks it: six numbers of today beside the same
// weekday, sales by month, the funnel, the stages, the newest deals. Values.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/instant.h"
#include "base/zone.h"

namespace traction {

struct Path {
  std::string text;
  bool number = false;  // a metric: its answer says which entry it rests on
};

inline std::vector<Path> today(const Zone& zone, Instant now) {
  const Date day = zone.day(now);
  const auto on = [&](int days) { return to_string(Date{day.days + days}); };
  const std::string minute = to_string(Instant{now.micros / (60 * kSecond) * 60 * kSecond - 7 * kDay});
  std::vector<Path> paths;
  for (const char* metric : {"calls_made", "conversations", "follow_ups", "leads_created", "won_deals", "sales"}) {
    paths.push_back({fmt::format("/api/v1/metrics/{}?grain=day&from={}&to={}", metric, on(-13), on(1)), true});
    paths.push_back({fmt::format("/api/v1/metrics/{}?from={}&to={}&at={}", metric, on(-7), on(-6), minute), true});
  }
  const std::string month = to_string(Date{day.days - 334}).substr(0, 8) + "01";
  paths.push_back({"/api/v1/metrics/sales", true});
  paths.push_back({fmt::format("/api/v1/metrics/sales?grain=month&from={}&to={}&where=currency%3DEUR&compare=last_year",
                               month, on(1)),
                   true});
  paths.push_back({fmt::format("/api/v1/metrics/funnel_leakage?from={}&to={}", on(-364), on(1)), true});
  paths.push_back({"/api/v1/stages?titles=true&limit=500"});
  paths.push_back({"/api/v1/deals?titles=true&limit=8"});
  return paths;
}

}  // namespace traction
