#include "simulation/compared.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace traction {
namespace {

using auditor::Group;
using auditor::Inquiry;
using auditor::Number;
using auditor::Stands;

constexpr const char* kStanding[] = {"value", "empty", "too_few", "not_reached"};

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

void compare(const std::string& name, const std::vector<Value>& values, const std::vector<Number>& numbers,
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
  return query;
}

}  // namespace

auditor::Inquiry make_up(const std::string& metric, Chance& chance, Instant now) {
  Inquiry inquiry{.metric = metric, .by = {}, .from = {}, .to = {}, .monthly = false, .moment = {{}, now}};
  static const std::vector<std::string> dimensions{"", "", "owner", "team", "stage", "product"};
  if (const std::string by = chance.of(dimensions); !by.empty()) inquiry.by = {by};
  if (chance.one_in(8) && inquiry.by == std::vector<std::string>{"owner"}) inquiry.by.emplace_back("product");
  const auto today = static_cast<std::int32_t>(now.micros / kDay);
  inquiry.monthly = chance.one_in(4);
  // A state by month needs both ends; anything else is also asked without.
  if (inquiry.monthly || chance.one_in(2)) {
    const auto from = today - static_cast<std::int32_t>(chance.below(150));
    inquiry.from = Date{from};
    inquiry.to = Date{from + 1 + static_cast<std::int32_t>(chance.below(100))};
  }
  if (chance.one_in(4)) {
    inquiry.moment.at = Instant{now.micros - chance.below(120) * 12 * 3600 * kSecond};
    inquiry.moment.judged = *inquiry.moment.at;
  }
  return inquiry;
}

std::string text_of(const Inquiry& inquiry) {
  return fmt::format("{} by={} grain={} from={} to={} at={} judged={}", inquiry.metric, fmt::join(inquiry.by, ","),
                     inquiry.monthly ? "month" : "none", inquiry.from ? to_string(*inquiry.from) : "-",
                     inquiry.to ? to_string(*inquiry.to) : "-", inquiry.moment.at ? to_string(*inquiry.moment.at) : "-",
                     to_string(inquiry.moment.judged));
}

std::string differences(Mart& mart, const Catalogue& catalogue, const Schema& schema, auditor::Auditor& auditor,
                        const Inquiry& inquiry) {
  const auto answer = ask(mart, catalogue, schema, query_of(inquiry), inquiry.moment.judged);
  if (!answer) return "  refused: " + to_string(answer.error()) + "\n";
  auditor::Reckoning reckoned = auditor.reckon(inquiry);
  std::string found;
  for (const Row& row : answer->rows) {
    const Group group{row.keys, row.currency};
    const auto cases = reckoned.groups.find(group);
    const std::string name = fmt::format("[{}] {}", fmt::join(row.keys, "|"), row.currency);
    compare(name, row.values, cases == reckoned.groups.end() ? reckoned.nothing : cases->second, found);
    if (cases != reckoned.groups.end()) reckoned.groups.erase(cases);
  }
  for (const auto& [group, numbers] : reckoned.groups)
    found += fmt::format("  [{}] {}: only the auditor has it\n", fmt::join(group.keys, "|"), group.currency);
  if (answer->total) {
    const auto total = reckoned.total.find(answer->total->currency);
    compare("total", answer->total->values, total == reckoned.total.end() ? reckoned.nothing : total->second, found);
  }
  return found;
}

}  // namespace traction
