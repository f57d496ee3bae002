// What is asked as of an instant must be answered as it was answered then: every metric, told at random instants of a
// random history, is asked again at its end as of those instants. Only what says as_of may differ.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>

#include "app/ask.h"
#include "ledger/chain.h"
#include "ledger/sqlite.h"
#include "simulation/random_office.h"

namespace traction {
namespace {

// A question, and what it came to when it was put.
struct Report {
  Query query;
  std::string answer, rows;
};

// AS_OF_SEED, AS_OF_INSTANTS and AS_OF_ENTRIES choose others.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Up to so many instants every metric is asked at each; at more, each metric at some of them.
constexpr std::int64_t kEveryMetric = 20;

class AsOf : public testing::Test {
 protected:
  AsOf() {
    std::string path = (std::filesystem::temp_directory_path() / "traction-XXXXXX").string();
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
    definitions_ = *load_definitions(TRACTION_SOURCE_DIR "/definitions");
  }
  ~AsOf() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Ledger> ledger() {
    return open_sqlite_ledger({.path = folder_ + "/ledger.db", .durable = false}, random_).value();
  }

  std::string answer(RandomOffice& office, const Query& query) {
    const auto told = ask(*office.workspace().fresh_mart(), definitions_->catalogue, *office.workspace().schema(),
                          query, office.now());
    if (!told) return to_string(told.error());
    json::object body = to_json(*told);
    body["definition"].as_object().stable_erase("as_of_at");
    return json::serialize(body);
  }

  // Cases of one key stand in no order of their own.
  std::string rows(RandomOffice& office, const Query& query) {
    const auto told = ask_cases(*office.workspace().fresh_mart(), definitions_->catalogue, *office.workspace().schema(),
                                query, office.now());
    if (!told) return to_string(told.error());
    std::vector<std::string> lines;
    for (const auto& row : told->rows) lines.push_back(fmt::format("{}", fmt::join(row, "|")));
    std::ranges::sort(lines);
    const std::string text = fmt::format("{}\n{}", fmt::join(told->columns, "|"), fmt::join(lines, "\n"));
    // Of long ones there are hundreds.
    constexpr std::size_t kLong = 100'000;
    return text.size() <= kLong ? text : fmt::format("{} rows, {:016x}", lines.size(), short_digest(text));
  }

  std::string folder_;
  TestRandom random_;
  std::shared_ptr<const Definitions> definitions_;
};

Query made_up(RandomOffice& office, const std::string& metric) {
  static const std::vector<std::string> kDimensions = {"owner", "team",     "product", "owner.team", "source",
                                                       "stage", "pipeline", "member",  "own_1",      "own_2"};
  Query query;
  query.metric = metric;
  if (office.one_in(2)) query.by.push_back(office.of(kDimensions));
  if (office.one_in(3)) query.where.push_back({office.of(kDimensions), {""}, office.one_in(2)});
  if (office.one_in(2)) query.grain = static_cast<Grain>(office.below(8));
  const auto today = static_cast<std::int32_t>(office.now().micros / kDay);
  if (office.one_in(2)) {
    query.from = Date{today - static_cast<std::int32_t>(office.below(60))};
    if (office.one_in(2)) query.to = Date{query.from->days + 1 + static_cast<std::int32_t>(office.below(30))};
    if (office.one_in(3)) query.compare = office.one_in(2) ? Compare::previous : Compare::last_year;
  }
  if (office.one_in(4)) query.at = Instant{office.now().micros - office.below(40) * kDay};
  return query;
}

// A mean of fractions may differ in its last digit: they were added in another order.
bool alike(const json::value& one, const json::value& other) {
  if (one.is_double() && other.is_double()) {
    const double a = one.get_double(), b = other.get_double();
    return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
  }
  if (one.is_array() && other.is_array()) return std::ranges::equal(one.get_array(), other.get_array(), alike);
  if (one.is_object() && other.is_object())
    return std::ranges::equal(one.get_object(), other.get_object(), [](const auto& a, const auto& b) {
      return a.key() == b.key() && alike(a.value(), b.value());
    });
  return one == other;
}

// Where two texts begin to differ, "" when they tell the same.
std::string difference(const std::string& now, const std::string& then) {
  if (now == then) return "";
  if (now.starts_with('{') && then.starts_with('{') && alike(json::parse(now), json::parse(then))) return "";
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(now, then).in1 - now.begin());
  const std::size_t begin = at < 300 ? 0 : at - 300;
  return fmt::format("\nnow:  {}\nthen: {}", now.substr(begin, 500), then.substr(begin, 500));
}

using Milliseconds = std::vector<double>;

double quantile(Milliseconds all, double q) {
  if (all.empty()) return 0;
  std::ranges::sort(all);
  return all[std::min(all.size() - 1, static_cast<std::size_t>(q * static_cast<double>(all.size())))];
}

TEST_F(AsOf, answersAsItWasAnsweredThen) {
  const std::uint64_t seed = setting("AS_OF_SEED", std::random_device()());
  const auto instants = static_cast<std::int64_t>(setting("AS_OF_INSTANTS", 6));
  const auto entries = static_cast<Seq>(setting("AS_OF_ENTRIES", 3000));
  SCOPED_TRACE(fmt::format("AS_OF_SEED={} AS_OF_INSTANTS={} AS_OF_ENTRIES={}", seed, instants, entries));
  RandomOffice office(ledger(), definitions_, folder_ + "/mart.db", seed);
  std::map<Instant, std::vector<Report>> told;
  Milliseconds present, first, later;
  const auto timed = [](Milliseconds& into, const auto& work) {
    const auto begin = std::chrono::steady_clock::now();
    auto result = work();
    into.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    return result;
  };

  // What was told must be told again as of that instant, whatever has happened since.
  std::set<Instant> asked;
  const auto expect_again = [&](Instant instant, Report one) {
    one.query.as_of = instant;
    const std::string again =
        timed(asked.insert(instant).second ? first : later, [&] { return answer(office, one.query); });
    ASSERT_EQ(difference(again, one.answer), "") << one.query.metric << " as of " << to_string(instant);
    if (one.rows.empty()) return;
    ASSERT_EQ(difference(rows(office, one.query), one.rows), "")
        << "rows of " << one.query.metric << " as of " << to_string(instant);
  };

  const Seq begin = office.workspace().ledger().read()->head().seq;
  std::vector<Seq> ends;
  for (std::int64_t i = 0; i < instants; ++i) ends.push_back(begin + 1 + office.below(entries));
  std::ranges::sort(ends);
  for (const Seq end : ends) {
    office.live_until(end);
    office.workspace().fresh_mart();
    // An earlier instant, of which other things were asked before and will be later.
    if (!told.empty()) {
      const auto& [instant, all] = *std::next(told.begin(), office.below(std::ssize(told)));
      for (int i = 0; i < 3; ++i) ASSERT_NO_FATAL_FAILURE(expect_again(instant, office.of(all)));
    }
    auto& all = told[office.now()];
    for (const MetricDefinition& metric : definitions_->catalogue.metrics()) {
      if (instants > kEveryMetric && !office.one_in(4)) continue;
      Report& one = all.emplace_back(made_up(office, metric.name));
      if (office.one_in(3)) {
        one.query = {};
        one.query.metric = metric.name;
      }
      one.answer = timed(present, [&] { return answer(office, one.query); });
      if (office.one_in(3)) one.rows = rows(office, one.query);
    }
  }
  office.live_until(begin + entries);
  office.workspace().fresh_mart();

  std::size_t answered = 0, asked_in_all = 0;
  for (const auto& [instant, all] : told)
    for (const Report& one : all) {
      ASSERT_NO_FATAL_FAILURE(expect_again(instant, one));
      answered += one.answer.starts_with('{');
      ++asked_in_all;
    }
  EXPECT_GT(answered, asked_in_all / 3);
  std::cout << fmt::format(
      "seed {}: {} instants in {} entries, {} questions answered of {}; in the present {:.1f} ms (median), as of then "
      "first {:.1f} ms, later {:.1f} ms (median) {:.1f} ms (p90)\n",
      seed, told.size(), office.workspace().ledger().read()->head().seq, answered, first.size() + later.size(),
      quantile(present, 0.5), quantile(first, 0.5), quantile(later, 0.5), quantile(later, 0.9));
}

}  // namespace
}  // namespace traction
