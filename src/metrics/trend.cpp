#include "metrics/trend.h"

#include <map>

#include "base/check.h"
#include "base/interval.h"

namespace traction {
namespace {

bool is_whole(const Question& question, Date begin) {
  const Date end = step(question.grain, begin, 1);
  return end <= question.today && (!question.period.from || begin >= *question.period.from) &&
         (!question.period.to || end <= *question.period.to);
}

Trend trend_of(std::vector<std::string> labels, const std::string& currency, const std::vector<double>& numbers) {
  Trend trend{std::move(labels), currency};
  trend.periods = static_cast<std::int64_t>(numbers.size());
  if (numbers.size() < kFewestPeriods) return trend;
  const auto line = slope(numbers);
  CHECK(line.has_value());
  trend.rise = line->rise;
  trend.low = line->interval.low;
  trend.high = line->interval.high;
  trend.way = trend.low > 0 ? Trend::Way::growing : trend.high < 0 ? Trend::Way::falling : Trend::Way::level;
  return trend;
}

}  // namespace

std::vector<Trend> trends(const Question& question, const Answer& answer) {
  if (!question.metric->trend || question.grain == Grain::none) return {};
  using Key = std::pair<std::vector<std::uint32_t>, std::string>;  // keys without the period; currency
  std::map<Key, std::size_t> places;
  std::vector<std::pair<const Row*, std::vector<double>>> lines;
  for (const Row& row : answer.rows) {
    Key key{{row.keys.begin(), row.keys.end() - 1}, row.currency};
    const auto [place, first] = places.try_emplace(std::move(key), lines.size());
    if (first) lines.push_back({&row, {}});
    const Value& value = row.values[0];
    if (is_whole(question, *parse_date(answer.key(row, row.keys.size() - 1))) && value.number)
      lines[place->second].second.push_back(*value.number);
  }
  std::vector<Trend> all;
  for (const auto& [row, numbers] : lines) {
    std::vector<std::string> labels = answer.labels(*row);
    labels.pop_back();
    all.push_back(trend_of(std::move(labels), row->currency, numbers));
  }
  return all;
}

}  // namespace traction
