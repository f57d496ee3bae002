// Asked: the ten questions, each as the engine takes it and in hand-written SQL for databases that hold plain tables:
// members, stages, deals, activities, stage_moves. Both come down to lines of keys and numbers that must agree; what
// stands behind them in a line of the peers (quantiles of closed cases) is asked but not compared. Values.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

#include "metrics/query.h"

namespace traction {

// Keys and, in their order, the numbers that are compared.
struct Line {
  std::vector<std::string> keys;
  std::vector<double> numbers;
};

struct Asked {
  std::string name;
  std::vector<Query> queries;                                            // asked one after the other
  std::function<std::vector<Line>(const std::vector<Answer>&)> lines{};  // of their answers
  std::string sql{};       // as DuckDB takes it; the keys first, then as many numbers as a Line has
  std::string postgres{};  // where PostgreSQL takes it otherwise, else ""
  std::size_t keys = 1, numbers = 1;
};

namespace asked {

inline Query query(std::string metric, std::vector<std::string> by, Grain grain = Grain::none) {
  Query query;
  query.metric = std::move(metric);
  query.by = std::move(by);
  query.grain = grain;
  return query;
}

inline Query during(Query query, Date from, Date to) {
  query.from = from;
  query.to = to;
  return query;
}

// The rows with cases, with the numbers that `tell` takes from each.
template <class Tell>
std::function<std::vector<Line>(const std::vector<Answer>&)> rows(Tell tell) {
  return [tell](const std::vector<Answer>& answers) {
    std::vector<Line> lines;
    for (const Row& row : answers.at(0).rows)
      if (row.n > 0) lines.push_back({answers[0].keys(row), tell(row)});
    return lines;
  };
}

inline Asked by_day(std::string name, Date from, Date to) {
  Asked asked{std::move(name), {during(query("touches", {"owner"}, Grain::day), from, to)}};
  asked.lines = rows([](const Row& row) { return std::vector{row.values[0].number.value_or(0)}; });
  asked.sql = fmt::format(
      "SELECT member, happened_at::DATE, count(*) FROM activities WHERE happened_at >= DATE '{}' AND happened_at < "
      "DATE "
      "'{}' GROUP BY 1, 2",
      to_string(from), to_string(to));
  asked.keys = 2;
  return asked;
}

// How far the deals begun in the period came, and the median stay in each stage of the visits begun in it.
inline Asked funnel(std::string name, Date from, Date to) {
  Asked asked{std::move(name),
              {during(query("funnel_leakage", {"stage"}), from, to), during(query("stage_time", {"stage"}), from, to)}};
  asked.lines = [](const std::vector<Answer>& answers) {
    std::vector<Line> lines;
    for (const Row& row : answers.at(0).rows) {
      Line line{answers[0].keys(row), {}};
      for (const char* wanted : {"entered", "advanced", "lost_here"})
        for (std::size_t i = 0; i < answers[0].columns.size(); ++i)
          if (answers[0].columns[i] == wanted) line.numbers.push_back(row.values[i].number.value_or(0));
      lines.push_back(line);
    }
    return lines;
  };
  const auto sql = [&](const std::string& median) {
    return fmt::format(
        "WITH far AS (SELECT m.deal, max(s.position) AS far FROM stage_moves m JOIN stages s ON s.id = m.stage WHERE "
        "s.kind <> 'lost' GROUP BY m.deal), begun AS (SELECT d.outcome, f.far FROM deals d JOIN far f ON f.deal = d.id "
        "WHERE d.created_at >= DATE '{0}' AND d.created_at < DATE '{1}'), counts AS (SELECT s.id, count(*) AS entered, "
        "count(*) FILTER (WHERE b.far > s.position) AS advanced, count(*) FILTER (WHERE b.far = s.position AND "
        "b.outcome = 'lost') AS lost FROM begun b JOIN stages s ON s.position <= b.far AND s.kind <> 'lost' GROUP BY "
        "s.id), stays AS (SELECT stage, moved_at, lead(moved_at) OVER (PARTITION BY deal ORDER BY seq) AS left_at FROM "
        "stage_moves), times AS (SELECT stage, {2} AS median FROM (SELECT stage, extract(epoch FROM left_at) - "
        "extract(epoch FROM moved_at) AS x FROM stays WHERE left_at IS NOT NULL AND moved_at >= DATE '{0}' AND "
        "moved_at < DATE '{1}') s "
        "GROUP BY stage) SELECT c.id, c.entered, c.advanced, c.lost, t.median FROM counts c LEFT JOIN times t ON "
        "t.stage = c.id",
        to_string(from), to_string(to), median);
  };
  asked.sql = sql("quantile_cont(x, 0.5)");
  asked.postgres = sql("percentile_cont(0.5) WITHIN GROUP (ORDER BY x)");
  asked.numbers = 3;
  return asked;
}

inline Asked lead_response() {
  Asked asked{"lead response median, p90 by member", {query("lead_response_time", {"owner"})}};
  asked.lines = rows([](const Row& row) { return std::vector{*row.denominator, *row.numerator}; });
  const auto sql = [](const std::string& quantiles) {
    return fmt::format(
        "WITH leads AS (SELECT id, owner, created_at FROM deals WHERE inbound), firsts AS (SELECT l.id, "
        "min(a.happened_at) AS answered FROM leads l JOIN activities a ON a.deal = l.id AND a.direction = 'outbound' "
        "AND a.happened_at >= l.created_at GROUP BY l.id) SELECT owner, count(*), count(answered), {} FROM (SELECT "
        "l.owner, f.answered, extract(epoch FROM f.answered) - extract(epoch FROM l.created_at) AS x FROM leads l LEFT "
        "JOIN firsts f ON "
        "f.id = l.id) t GROUP BY owner",
        quantiles);
  };
  asked.sql = sql("quantile_cont(x, 0.5), quantile_cont(x, 0.9)");
  asked.postgres =
      sql("percentile_cont(0.5) WITHIN GROUP (ORDER BY x), percentile_cont(0.9) WITHIN GROUP (ORDER BY x)");
  asked.numbers = 2;
  return asked;
}

inline Asked deal_size() {
  Asked asked{"deal size without outliers by member", {query("average_deal_size", {"owner"})}};
  asked.lines = rows([](const Row& row) {
    return std::vector{row.values[0].number.value_or(0), row.values[1].number.value_or(0),
                       row.values[2].number.value_or(0)};
  });
  const auto sql = [](const std::string& first, const std::string& third) {
    return fmt::format(
        "WITH won AS (SELECT owner, amount FROM deals WHERE outcome = 'won'), fences AS (SELECT owner, {} AS q1, {} AS "
        "q3 FROM won GROUP BY owner) SELECT w.owner, avg(w.amount), avg(w.amount) FILTER (WHERE w.amount BETWEEN q1 - "
        "1.5 * (q3 - q1) AND q3 + 1.5 * (q3 - q1)), count(*) FILTER (WHERE w.amount BETWEEN q1 - 1.5 * (q3 - q1) AND "
        "q3 + 1.5 * (q3 - q1)) FROM won w JOIN fences f ON f.owner = w.owner GROUP BY w.owner",
        first, third);
  };
  asked.sql = sql("quantile_cont(amount, 0.25)", "quantile_cont(amount, 0.75)");
  asked.postgres = sql("percentile_cont(0.25) WITHIN GROUP (ORDER BY amount)",
                       "percentile_cont(0.75) WITHIN GROUP (ORDER BY amount)");
  asked.numbers = 3;
  return asked;
}

inline std::vector<double> won_of_closed(const Row& row) {
  return {row.numerator.value_or(0), row.denominator.value_or(0)};
}

// The ten; `today` is the last day, `first` that of the history.
inline std::vector<Asked> ten(Date first, Date today) {
  const Date tomorrow{today.days + 1};
  Asked hours{"activities by member and hour today",
              {during(query("touches", {"owner", "happened_hour"}), today, tomorrow)}};
  hours.lines = rows([](const Row& row) { return std::vector{row.values[0].number.value_or(0)}; });
  hours.sql = fmt::format(
      "SELECT member, extract(hour FROM happened_at)::INT, count(*) FROM activities WHERE happened_at >= DATE '{}' AND "
      "happened_at < DATE '{}' GROUP BY 1, 2",
      to_string(today), to_string(tomorrow));
  hours.keys = 2;

  Asked months{"win rate by member and month", {query("win_rate", {"owner"}, Grain::month)}};
  months.lines = rows(won_of_closed);
  months.sql =
      "SELECT owner, date_trunc('month', closed_at)::DATE, count(*) FILTER (WHERE outcome = 'won'), count(*) FROM "
      "deals "
      "WHERE closed_at IS NOT NULL GROUP BY 1, 2";
  months.keys = 2;
  months.numbers = 2;

  Asked met{"win rate with and without a first meeting", {query("win_rate", {"met_within_7_days"})}};
  met.lines = rows(won_of_closed);
  met.sql =
      "WITH met AS (SELECT DISTINCT d.id FROM deals d JOIN activities a ON a.deal = d.id AND a.kind = 'meeting' AND "
      "a.happened_at < d.created_at + INTERVAL '168 hours') SELECT CASE WHEN m.id IS NULL THEN 'false' ELSE 'true' "
      "END, "
      "count(*) FILTER (WHERE outcome = 'won'), count(*) FROM deals d LEFT JOIN met m ON m.id = d.id WHERE d.closed_at "
      "IS NOT NULL GROUP BY 1";
  met.numbers = 2;

  Asked pipeline{"pipeline by stage and member", {query("pipeline_value", {"stage", "owner"})}};
  pipeline.lines = rows([](const Row& row) {
    return std::vector{static_cast<double>(row.values[0].minor.value_or(0)), static_cast<double>(row.n)};
  });
  pipeline.sql = "SELECT stage, owner, sum(amount), count(*) FROM deals WHERE closed_at IS NULL GROUP BY 1, 2";
  pipeline.keys = 2;
  pipeline.numbers = 2;

  return {by_day("activities by member and day, 30 days", Date{tomorrow.days - 30}, tomorrow),
          hours,
          funnel("funnel and median stage time, one year", Date{tomorrow.days - 365}, tomorrow),
          funnel("funnel and median stage time, three years", first, tomorrow),
          lead_response(),
          months,
          deal_size(),
          met,
          pipeline,
          by_day("activities by member and day, three years", first, tomorrow)};
}

}  // namespace asked
}  // namespace traction
