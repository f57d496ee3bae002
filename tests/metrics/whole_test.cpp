// The whole catalogue, metric by metric: random questions to an invented company, whose numbers the rows behind them
// must come to (reckoned again by reckon.h), and every metric where there is nothing or next to nothing to count.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "app/ask.h"
#include "app/demo/demo.h"
#include "app/workspace.h"
#include "ledger/memory.h"
#include "metrics/path.h"
#include "metrics/period.h"
#include "metrics/reckon.h"
#include "support/actions.h"
#include "support/machine.h"

namespace traction {
namespace {

constexpr int kQuestions = 20;  // per metric

std::shared_ptr<const Definitions> definitions() {
  static const auto loaded = load_definitions(TRACTION_SOURCE_DIR "/definitions").value();
  return loaded;
}

// A small generator, so that a printed seed gives the same questions everywhere.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % bound;
  }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

struct Company {
  TestClock clock;
  TestRandom random;
  std::unique_ptr<Workspace> workspace;

  explicit Company(json::object settings) {
    workspace =
        std::make_unique<Workspace>("whole", memory_ledger(), definitions(), MartOptions{"", 300, 1}, clock, random);
    EXPECT_TRUE(workspace->begin(std::move(settings)));
  }
  Result<Answer> asked(const Query& query) {
    return ask(*workspace->fresh_mart(), *workspace->catalogue(), *workspace->schema(), query, clock.now());
  }
  Result<Cases> rows(const Query& query) {
    return ask_cases(*workspace->fresh_mart(), *workspace->catalogue(), *workspace->schema(), query, clock.now());
  }
  Id make(const std::string& type, json::object fields) {
    Command command;
    command.actions.push_back(creation(type, std::move(fields)));
    const auto outcome = workspace->execute(std::move(command));
    EXPECT_TRUE(outcome) << to_string(outcome.error());
    return outcome ? outcome->actions.front().record : 0;
  }
};

// What may be grouped by: what is known in every fact that the metric stands on.
std::vector<std::string> dimensions_of(Company& company, const MetricDefinition& metric) {
  const auto catalogue = company.workspace->catalogue();
  const auto schema = company.workspace->schema();
  const auto leaves = catalogue->leaves(metric);
  std::vector<std::string> common;
  for (const std::string& name : path_names(*leaves[0], catalogue->fact(leaves[0]->from), *schema)) {
    const bool everywhere = std::ranges::all_of(leaves, [&](const MetricDefinition* leaf) {
      const auto path = find_path(*leaf, catalogue->fact(leaf->from), *schema, name);
      if (!path) return false;
      const FieldType type = path->last().type;
      return type == FieldType::reference || type == FieldType::choice || type == FieldType::boolean ||
             (type == FieldType::text && path->steps.size() > 1) || type == FieldType::currency;
    });
    if (everywhere) common.push_back(name);
  }
  return common;
}

// Whether it cannot be asked without a period, since it compares with the year before.
bool looks_back(const Catalogue& catalogue, const MetricDefinition& metric) {
  return std::ranges::any_of(metric.columns, [&](const MetricColumn& column) {
    if (column.measure != Measure::formula) return false;
    if (looks_back(column.formula)) return true;
    return metric.kind == MetricKind::derived &&
           std::ranges::any_of(names(column.formula), [&](const std::string& used) {
             return looks_back(catalogue, *catalogue.part(used.substr(0, used.find('.'))));
           });
  });
}

// What a column is where there is nothing: what the metric, or the one that it stands for, declares.
std::optional<double> declared(const Catalogue& catalogue, const MetricDefinition& metric, const MetricColumn& column) {
  if (metric.empty || column.formula.kind != Formula::Kind::name || metric.kind != MetricKind::derived)
    return metric.empty;
  return catalogue.part(column.formula.name.substr(0, column.formula.name.find('.')))->empty;
}

void expect_sane(const Answer& answer, const std::string& what) {
  SCOPED_TRACE(what);
  const auto check = [&](const Row& row) {
    ASSERT_EQ(row.values.size(), answer.columns.size());
    for (const std::span<const Value> values :
         {std::span<const Value>(row.values), std::span<const Value>(row.compared)})
      for (std::size_t i = 0; i < values.size(); ++i) {
        const Value& value = values[i];
        for (const auto& number : {value.number, value.low, value.high})
          if (number) {
            EXPECT_TRUE(std::isfinite(*number));
          }
        if (value.standing == Standing::value) {
          EXPECT_TRUE(value.number.has_value());
        }
        if (value.standing == Standing::too_few || value.standing == Standing::not_reached) {
          EXPECT_FALSE(value.number.has_value());
        }
        if (value.low) {
          EXPECT_TRUE(*value.low >= 0 && *value.low <= *value.high);
          EXPECT_TRUE(answer.units[i] != "rate" || *value.high <= 1);
        }
      }
    EXPECT_GE(row.n, 0);
  };
  for (const Row& row : answer.rows) check(row);
  if (answer.total) check(*answer.total);
  const Passport& passport = answer.passport;
  for (const std::string* text : {&passport.name, &passport.formula, &passport.zone, &passport.period, &passport.at})
    EXPECT_FALSE(text->empty());
  EXPECT_GE(passport.version, 1);
  EXPECT_GT(passport.as_of, 0);
  EXPECT_TRUE(parse_json(json::serialize(to_json(answer))));
}

Date first_day(const Query& query, const std::string& period) {
  const Date day = *parse_date(period);
  return query.from && *query.from > day ? *query.from : day;
}

// The question about one row of an answer: its keys as filters, its period as the period.
Query about(const Query& query, const Answer& answer, const Row& row) {
  Query one = query;
  one.grain = Grain::none;
  one.by.clear();
  one.compare = Compare::none;
  const std::size_t keys = answer.by.size() - (query.grain == Grain::none ? 0 : 1);
  for (std::size_t i = 0; i < keys; ++i) one.where.push_back({answer.by[i], {answer.key(row, i)}, false});
  if (query.grain != Grain::none) {
    const std::string& period = answer.key(row, keys);
    const Date begin = *parse_date(period);
    const Date end = step(query.grain, begin, 1);
    one.from = first_day(query, period);
    one.to = query.to && *query.to < end ? *query.to : end;
  }
  return one;
}

Query random_question(Chance& chance, Company& company, const MetricDefinition& metric,
                      const std::vector<std::string>& dimensions, Date from, Date to) {
  Query query;
  query.metric = metric.name;
  for (std::size_t wanted = chance.below(3); wanted > 0 && !dimensions.empty(); --wanted) {
    const std::string& name = chance.one_of(dimensions);
    if (std::ranges::find(query.by, name) == query.by.end()) query.by.push_back(name);
  }
  constexpr std::array kGrains = {Grain::none,  Grain::none,    Grain::day, Grain::week,
                                  Grain::month, Grain::quarter, Grain::year};
  query.grain = chance.one_of(kGrains);
  const int days = to.days - from.days;
  if (query.grain != Grain::none || looks_back(*company.workspace->catalogue(), metric) || chance.below(2) == 0) {
    const int begin = static_cast<int>(chance.below(static_cast<std::size_t>(days)));
    query.from = Date{from.days + begin};
    query.to = Date{query.from->days + 1 + static_cast<int>(chance.below(static_cast<std::size_t>(days - begin)))};
  }
  if (chance.below(4) == 0)
    query.at =
        Instant{(from.days + 1 + static_cast<std::int64_t>(chance.below(static_cast<std::size_t>(days)))) * kDay};
  if (!dimensions.empty() && chance.below(2) == 0) {
    Query values;
    values.metric = metric.name;
    values.by = {chance.one_of(dimensions)};
    values.from = query.from;
    values.to = query.to;
    const auto known = company.asked(values);
    if (known && !known->rows.empty())
      query.where.push_back({values.by[0], {known->key(chance.one_of(known->rows), 0)}, chance.below(3) == 0});
  }
  return query;
}

std::string words(const Query& query) {
  std::string text = query.metric;
  for (const std::string& by : query.by) text += " by " + by;
  for (const Filter& filter : query.where)
    text += fmt::format(" where {}{}={}", filter.dimension, filter.negate ? "!" : "", filter.values[0]);
  if (query.grain != Grain::none) text += fmt::format(" grain {}", name(query.grain));
  if (query.from) text += " from " + to_string(*query.from);
  if (query.to) text += " to " + to_string(*query.to);
  if (query.at) text += " at " + to_string(*query.at);
  return text;
}

class Everything : public testing::TestWithParam<std::string> {};

std::vector<std::string> all_metrics() {
  std::vector<std::string> names;
  for (const MetricDefinition& metric : definitions()->catalogue.metrics()) names.push_back(metric.name);
  return names;
}

Company& invented() {
  static Company* const company = [] {
    auto* made = new Company(demo_settings());
    const auto report = make_demo(made->workspace->ledger(), definitions()->schema,
                                  {.reps = 8, .months = 4, .activities = 4'000, .seed = 7}, made->clock, made->random);
    EXPECT_TRUE(report) << (report ? "" : to_string(report.error()));
    return made;
  }();
  return *company;
}

TEST_P(Everything, IsWhatTheRowsBehindItComeTo) {
  Company& company = invented();
  const auto catalogue = company.workspace->catalogue();
  const MetricDefinition& metric = *catalogue->part(GetParam());
  const char* given = std::getenv("TRACTION_SEED");
  const std::uint64_t seed = given ? std::stoull(given) : 20;
  RecordProperty("seed", std::to_string(seed));
  Chance chance(seed ^ std::hash<std::string>{}(metric.name));
  const auto dimensions = dimensions_of(company, metric);
  const Date to{static_cast<std::int32_t>(company.clock.now().micros / kDay)};
  const Date from{to.days - 130};
  int reckoned = 0;
  for (int i = 0; i < kQuestions; ++i) {
    const Query query = random_question(chance, company, metric, dimensions, from, to);
    SCOPED_TRACE(fmt::format("TRACTION_SEED={}: {}", seed, words(query)));
    const auto answer = company.asked(query);
    ASSERT_TRUE(answer) << to_string(answer.error());
    expect_sane(*answer, words(query));
    if (answer->rows.empty()) continue;
    const Row& picked = chance.one_of(answer->rows);
    const Query one = about(query, *answer, picked);
    const auto cases = company.rows(one);
    ASSERT_TRUE(cases) << to_string(cases.error());
    reckoned += expect_reckoned(*catalogue, metric, picked, *cases,
                                {query.at.value_or(company.clock.now()), company.workspace->settings()},
                                "cases of " + words(one));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  RecordProperty("reckoned", reckoned);
}

// Nothing to count is empty or what the metric declares for nothing; never an invented number.
void expect_nothing(Company& company, const MetricDefinition& metric) {
  Query query;
  query.metric = metric.name;
  const auto dimensions = dimensions_of(company, metric);
  for (int form = 0; form < 4; ++form) {
    query.by.clear();
    if (form % 2 == 1 && !dimensions.empty()) query.by = {dimensions[dimensions.size() / 2]};
    query.from = form >= 2 ? std::optional(*parse_date("2017-01-01")) : std::nullopt;
    query.to = form >= 2 ? std::optional(*parse_date("2017-04-01")) : std::nullopt;
    query.grain = form >= 2 ? Grain::month : Grain::none;
    const auto answer = company.asked(query);
    if (!query.from && looks_back(*company.workspace->catalogue(), metric)) {
      ASSERT_FALSE(answer) << words(query);
      EXPECT_EQ(answer.error().code, Code::required);
      continue;
    }
    ASSERT_TRUE(answer) << words(query) << ": " << to_string(answer.error());
    expect_sane(*answer, words(query));
    for (const Row& row : answer->rows)
      for (std::size_t i = 0; i < row.values.size(); ++i) {
        if (row.n > 0) continue;
        EXPECT_NE(row.values[i].standing, Standing::value) << words(query) << " " << answer->columns[i];
        if (row.values[i].number) {
          EXPECT_EQ(row.values[i].number, declared(*company.workspace->catalogue(), metric, metric.columns[i]))
              << words(query) << " " << answer->columns[i];
        }
        if (answer->units[i] == "rate") {
          EXPECT_FALSE(row.values[i].number) << words(query);
        }
      }
    const auto cases = company.rows(query);
    EXPECT_TRUE(cases) << words(query);
  }
}

TEST_P(Everything, IsClearWhereThereIsNothing) {
  static Company& company = *new Company({{"name", "Empty"}, {"currency", "EUR"}});  // outlives what DuckDB ends first
  expect_nothing(company, *definitions()->catalogue.part(GetParam()));
}

TEST_P(Everything, IsClearWhereThereIsOneDeal) {
  static Company* const company = [] {
    auto* made = new Company(json::object{{"name", "One"}, {"currency", "EUR"}});
    const Id pipeline = made->make("pipeline", {{"name", "Sales"}});
    const Id stage = made->make("stage", {{"pipeline", pipeline}, {"name", "New"}, {"kind", "open"}, {"position", 1}});
    const Id member = made->make("member", {{"name", "Ann"}});
    made->make("deal", {{"name", "One"}, {"stage", stage}, {"owner", member}});
    return made;
  }();
  expect_nothing(*company, *definitions()->catalogue.part(GetParam()));
}

TEST_P(Everything, RefusesWhatCannotBeAsked) {
  static Company& company = *new Company({{"name", "Empty"}, {"currency", "EUR"}});  // outlives what DuckDB ends first
  const auto refused = [&](Query query, Code code) {
    query.metric = GetParam();
    const auto answer = company.asked(query);
    ASSERT_FALSE(answer) << words(query);
    EXPECT_EQ(answer.error().code, code) << to_string(answer.error());
    const auto cases = company.rows(query);
    ASSERT_FALSE(cases) << words(query);
    EXPECT_EQ(cases.error().code, code) << to_string(cases.error());
  };
  Query query;
  query.by = {"no_such_thing"};
  refused(query, Code::unknown);
  query = {};
  query.where = {{"no_such_thing", {"x"}, false}};
  refused(query, Code::unknown);
  query = {};
  query.from = *parse_date("2018-01-01");
  query.to = *parse_date("2017-01-01");
  refused(query, Code::invalid);
}

INSTANTIATE_TEST_SUITE_P(Metrics, Everything, testing::ValuesIn(all_metrics()),
                         [](const auto& one) { return one.param; });

TEST(Everything, KnowsTheNearestName) {
  Company company({{"name", "Empty"}, {"currency", "EUR"}});
  Query query;
  query.metric = "win_rat";
  const auto answer = company.asked(query);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unknown);
  EXPECT_NE(answer.error().sentence.find("win_rate"), std::string::npos);
  query.metric = "win_rate";
  query.by = {"ownr"};
  EXPECT_NE(company.asked(query).error().sentence.find("owner"), std::string::npos);
}

TEST(Everything, KnowsNoZoneThatDoesNotExist) {
  Company company({{"name", "Empty"}, {"currency", "EUR"}});
  Command command;
  command.actions.push_back(on(Verb::change, "workspace", 1, {{"zone", "Europe/Berlim"}}));
  const auto outcome = company.workspace->execute(std::move(command));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().field, "actions[0].fields.zone");
  EXPECT_NE(outcome.error().sentence.find("Europe/Berlin"), std::string::npos) << outcome.error().sentence;
}

}  // namespace
}  // namespace traction
