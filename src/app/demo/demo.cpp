#include "app/demo/demo.h"

#include <fmt/format.h>

#include "app/bulk.h"
#include "app/demo/story.h"
#include "base/calendar.h"
#include "base/check.h"
#include "base/zone.h"

namespace traction {
namespace {

constexpr std::string_view kZone = "Europe/Berlin";

template <class T>
Result<void> within(std::string_view name, T value, T low, T high) {
  if (value >= low && value <= high) return {};
  return refuse(Code::invalid, std::string(name),
                fmt::format("The demo company takes {} to {} {}; {} was given.", low, high, name, value));
}

std::string quoted(std::string_view text) { return json::serialize(json::string(text)); }

}  // namespace

json::object demo_settings() {
  json::object hours;
  for (const char* day : {"monday", "tuesday", "wednesday", "thursday", "friday"})
    hours[day] = json::array{json::array{"08:30", "12:30"}, json::array{"13:30", "17:30"}};
  json::array holidays;
  for (int year = 2000; year <= 2060; ++year)
    for (const char* day : {"01-01", "05-01", "10-03", "12-25", "12-26"})
      holidays.emplace_back(fmt::format("{}-{}", year, day));
  hours["holidays"] = std::move(holidays);
  return {{"name", "Demo company"}, {"zone", kZone}, {"currency", "EUR"}, {"working_hours", std::move(hours)}};
}

Result<void> check(const DemoOptions& options) {
  if (auto good = within("reps", options.reps, 8, 2'000); !good) return good;
  if (auto good = within("months", options.months, 3, 240); !good) return good;
  return within<std::int64_t>("activities", options.activities, 2'000, 50'000'000);
}

Result<DemoReport> make_demo(Ledger& ledger, const Schema& schema, const DemoOptions& options, Clock& clock,
                             Random& random, const std::function<void(std::int64_t, std::int64_t)>& progress) {
  if (auto good = check(options); !good) return refuse(good);
  const Instant now = clock.now();
  const Instant end = options.end.value_or(now);
  if (end > now) return refuse(Code::invalid, "end", "The history of the demo company cannot end in the future.");
  const Seq written = ledger.read()->head().seq;
  if (written > 1)
    return refuse(Code::rule, "workspace",
                  "This workspace already holds something; the demo company needs one of its own.");

  const Result<const Zone*> zone = Zone::find(kZone);
  if (!zone) return refuse(zone);
  const json::object settings = demo_settings();
  const Result<Calendar> calendar = Calendar::parse(settings.at("working_hours").as_object());
  CHECK(calendar.has_value());
  const Date to = (*zone)->day(end);
  Bulk bulk(ledger, schema, clock, random);
  demo::Story story(bulk, options, add_months(to, -options.months), to, **zone, *calendar, progress);
  DemoReport report = story.tell(written == 0 ? settings : json::object{});
  report.entries = bulk.finish().seq;
  return report;
}

std::string to_toml(const DemoReport& report) {
  std::string text = fmt::format(
      "# What is true of this demo company by construction. planted: what the cases were drawn from; counted: what "
      "they\n"
      "# came to; real = false: a decoy, which an analysis must not find.\n"
      "from = {}\nto = {}\nentries = {}\ndeals = {}\nactivities = {}\ncontacts = {}\naccounts = {}\n",
      to_string(report.from), to_string(report.to), report.entries, report.deals, report.activities, report.contacts,
      report.accounts);
  for (const Pattern& pattern : report.patterns) {
    text +=
        fmt::format("\n[[pattern]]\nid = {}\nreal = {}\nunit = {}\nstatement = {}\ncases = {}\n", quoted(pattern.id),
                    pattern.real, quoted(pattern.unit), quoted(pattern.statement), quoted(pattern.cases));
    for (const PatternGroup& group : pattern.groups)
      text += fmt::format("[[pattern.group]]\nlabel = {}\nplanted = {:.6f}\nn = {}\ncounted = {:.6f}\n",
                          quoted(group.label), group.planted, group.n, group.counted);
  }
  return text;
}

}  // namespace traction
