#include "base/business_clock.h"

#include <gtest/gtest.h>

#include <random>

namespace traction {
namespace {

// In zones whose clocks change at midnight, by half an hour, or that leave a day out.
TEST(BusinessClock, saysWhatTheCalendarSays) {
  const Calendar calendar = *Calendar::parse(
      parse_json(R"({"monday": [["00:00", "02:30"], ["13:30", "18:00"]], "saturday": [["09:00", "24:00"]],
                     "sunday": [["00:00", "24:00"]], "friday": [["09:00", "17:00"]], "holidays": ["2011-12-26"]})")
          ->as_object());
  std::mt19937_64 random(11);
  for (const char* name : {"UTC", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Berlin"}) {
    const Zone& zone = **Zone::find(name);
    const std::int64_t begin = parse_instant("2011-01-01T00:00:00Z")->micros;
    const auto any = [&] { return Instant{begin + static_cast<std::int64_t>(random() % (500 * kDay))}; };
    const BusinessClock clock(calendar, zone, zone.day({begin}), zone.day({begin + 500 * kDay}));
    for (int i = 0; i < 2'000; ++i) {
      const Instant from = any(), to = any();
      ASSERT_EQ(clock.seconds(from, to), calendar.business_seconds(zone, from, to))
          << name << ' ' << to_string(from) << ' ' << to_string(to);
    }
  }
}

}  // namespace
}  // namespace traction
