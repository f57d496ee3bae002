#include "simulation/compared.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace traction {
namespace {

using auditor::Group;
using auditor::Inquiry;
using auditor::Number;
using auditor::Stands;

constexpr const char* kStanding[] = {"value", "empty", "too_few", "not_reached", "met"};

std::string text_of(const Number& number) {
  return fmt::format("{} {}", kStanding[static_cast<int>(number.stands)],
                     number.real ? fmt::format("{}", *number.real) : "-");
}

std::string text_of(const Value& value) {
  return fmt::format("{} {}", kStanding[static_cast<int>(value.standing)],
                     value.number ? fmt::format("{}", *value.number) : "-");
}

bool close(double one, double other) {
  return one == other || std::abs(one - other) <= 1e-9 * std::max(std::abs(one), std::abs(other));
}

bool agree(const Value& value, const Number& number) {
  if (static_cast<int>(value.standing) != static_cast<int>(number.stands)) return false;
  if (number.exact) return value.minor == number.exact;
  if (value.number.has_value() != number.real.has_value()) return false;
  return !value.number || close(*value.number, *number.real);
}

void compare(const std::string& name, std::span<const Value> values, const std::vector<Number>& numbers,
             std::string& differences) {
  if (values.size() != numbers.size()) {
    differences += fmt::format("  {}: {} columns, reckoned {}\n", name, values.size(), numbers.size());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!agree(values[i], numbers[i]))
      differences +=
          fmt::format("  {}, column {}: engine {}, auditor {}\n", name, i, text_of(values[i]), text_of(numbers[i]));
}

Query query_of(const Inquiry& inquiry) {
  Query query;
  query.metric = inquiry.metric;
  query.by = inquiry.by;
  query.grain = inquiry.monthly ? Grain::month : Grain::none;
  query.from = inquiry.from;
  query.to = inquiry.to;
  query.at = inquiry.moment.at;
  query.converted = inquiry.converted;
  return query;
}

// How many cases the passport tells of beside the numbers: "12 won deals without an amount".
std::vector<std::int64_t> told(const Passport& passport) {
  std::vector<std::int64_t> numbers;
  for (const std::string& line : passport.left_out)
    if (line[0] >= '0' && line[0] <= '9') numbers.push_back(std::stoll(line));
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace

auditor::Inquiry make_up(const std::string& metric, Chance& chance, Instant now) {
  const auditor::Rule& rule = auditor::Auditor::rule(metric);
  Inquiry inquiry{.metric = metric, .by = {}, .from = {}, .to = {}, .moment = {{}, now}};
  if (!chance.one_in(3)) inquiry.by = {chance.of(rule.dimensions)};
  if (chance.one_in(8) && inquiry.by == std::vector<std::string>{"owner"}) inquiry.by.push_back(rule.dimensions.back());
  inquiry.converted = rule.converts() && chance.one_in(3);
  const auto today = static_cast<std::int32_t>(now.micros / kDay);
  inquiry.monthly = chance.one_in(4);
  // A state by month needs both ends and growth a beginning; anything else is also asked without.
  if (inquiry.monthly || rule.looks_back() || chance.one_in(2)) {
    const auto from = today - static_cast<std::int32_t>(chance.below(150));
    inquiry.from = Date{from};
    if (inquiry.monthly || !chance.one_in(4))
      inquiry.to = Date{from + 1 + static_cast<std::int32_t>(chance.below(100))};
  }
  if (chance.one_in(4)) {
    inquiry.moment.at = Instant{now.micros - chance.below(120) * 12 * 3600 * kSecond};
    inquiry.moment.judged = *inquiry.moment.at;
  }
  return inquiry;
}

std::string text_of(const Inquiry& inquiry) {
  return fmt::format("{}{} by={} grain={} from={} to={} at={} judged={}", inquiry.metric,
                     inquiry.converted ? " converted" : "", fmt::join(inquiry.by, ","),
                     inquiry.monthly ? "month" : "none", inquiry.from ? to_string(*inquiry.from) : "-",
                     inquiry.to ? to_string(*inquiry.to) : "-", inquiry.moment.at ? to_string(*inquiry.moment.at) : "-",
                     to_string(inquiry.moment.judged));
}

std::string differences(Mart& mart, const Catalogue& catalogue, const Schema& schema, auditor::Reckoning reckoned,
                        const Inquiry& inquiry) {
  const auto answer = ask(mart, catalogue, schema, query_of(inquiry), inquiry.moment.judged);
  if (!answer) return "  refused: " + to_string(answer.error()) + "\n";
  // What a formula comes to is said of the cases below its line.
  const bool plain = catalogue.part(inquiry.metric)->kind != MetricKind::derived;
  std::string found;
  for (const Row& row : answer->rows) {
    const Group group{answer->keys(row), row.currency};
    const auto cases = reckoned.groups.find(group);
    const std::string name = fmt::format("[{}] {}", fmt::join(group.keys, "|"), row.currency);
    compare(name, row.values, cases == reckoned.groups.end() ? reckoned.nothing : cases->second, found);
    if (const auto n = reckoned.cases.find(group); n != reckoned.cases.end() && plain && n->second != row.n)
      found += fmt::format("  {}: engine of {} cases, auditor of {}\n", name, row.n, n->second);
    if (cases != reckoned.groups.end()) reckoned.groups.erase(cases);
  }
  for (const auto& [group, numbers] : reckoned.groups)
    found += fmt::format("  [{}] {}: only the auditor has it\n", fmt::join(group.keys, "|"), group.currency);
  if (answer->total) {
    const auto total = reckoned.total.find(answer->total->currency);
    compare("total", answer->total->values, total == reckoned.total.end() ? reckoned.nothing : total->second, found);
  }
  if (const auto said = told(answer->passport); said != reckoned.told)
    found += fmt::format("  told of: engine [{}], auditor [{}]\n", fmt::join(answer->passport.left_out, "; "),
                         fmt::join(reckoned.told, " "));
  return found;
}

}  // namespace traction
