#include "cli/show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "base/money.h"
#include "cli/table.h"

namespace traction {
namespace {

// At most two decimals, none where it is whole.
std::string plain(double number, int decimals = 2) {
  std::string text = fmt::format("{:.{}f}", number, decimals);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string show_minor(const Value& value, std::string_view currency) {
  const auto exact = value.minor ? *value.minor : std::llround(value.number.value_or(0));
  return fmt::format("{} {}", format_minor(exact, currency), currency);
}

}  // namespace

std::string show_duration(double seconds) {
  if (seconds < 0) return "-" + show_duration(-seconds);
  const double days = seconds / 86400;
  if (days >= 10 || (days >= 1 && std::fmod(seconds, 86400) == 0)) return plain(days, 1) + " d";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const auto two = [](std::int64_t big, const char* big_unit, std::int64_t small, const char* small_unit) {
    return small ? fmt::format("{} {} {} {}", big, big_unit, small, small_unit) : fmt::format("{} {}", big, big_unit);
  };
  if (whole >= 86400) return two(whole / 86400, "d", whole % 86400 / 3600, "h");
  if (whole >= 3600) return two(whole / 3600, "h", whole % 3600 / 60, "min");
  if (whole >= 60) return two(whole / 60, "min", whole % 60, "s");
  return plain(seconds, 1) + " s";
}

std::string show_moment(Instant instant, const Zone& zone) {
  const std::int32_t second = zone.second_of_day(instant);
  std::string text = fmt::format("{} {:02}:{:02}", to_string(zone.day(instant)), second / 3600, second / 60 % 60);
  if (second % 60) text += fmt::format(":{:02}", second % 60);
  return text;
}

std::string show_value(const Value& value, std::string_view unit, std::string_view currency, std::int64_t n,
                       int smallest_n) {
  if (value.standing == Standing::too_few)
    return smallest_n == 0 ? "too few" : fmt::format("too few ({} of {})", n, smallest_n);
  if (value.standing == Standing::not_reached) return "not reached";
  if (value.standing == Standing::met) return "met";
  if (unit == "verdict") return !value.number ? "cannot tell" : *value.number > 0 ? "yes" : "no";
  if (!value.number && !value.minor) return kUnknown;
  const double number = value.number.value_or(0);
  if (unit == "money") return currency.empty() ? kUnknown : show_minor(value, currency);
  if (unit == "seconds") return show_duration(number);
  if (unit == "days") return plain(number, 1) + " d";
  if (unit == "months") return plain(number, 1) + " months";
  if (unit == "rate") return fmt::format("{:.2f} %", 100 * number);
  if (value.band != Band::none) return fmt::format("{} {}", plain(number), name(value.band));
  return plain(number);
}

std::string show_interval(const Value& value, std::string_view unit) {
  if (!value.low || !value.high) return kUnknown;
  if (unit == "rate") return fmt::format("{:.1f}–{:.1f} %", 100 * *value.low, 100 * *value.high);
  return fmt::format("{}–{}", plain(*value.low), plain(*value.high));
}

std::string show_trend(const Trend& trend, std::string_view unit, std::string_view grain) {
  const auto amount = [&](double number) {
    Value value;
    value.number = number;
    return unit == "money" ? show_minor(value, trend.currency) : plain(number);
  };
  const std::string text = fmt::format("{}{}", fmt::join(trend.labels, ", "), trend.labels.empty() ? "" : ": ");
  if (trend.way == Trend::Way::too_few) return fmt::format("{}too few whole periods ({})", text, trend.periods);
  return fmt::format("{}{}, {} a {} (95 % between {} and {}, {} periods)", text, name(trend.way), amount(trend.rise),
                     grain, amount(trend.low), amount(trend.high), trend.periods);
}

std::string Names::currency(const json::object& body) const {
  const json::value* own = body.if_contains("currency");
  return own && own->is_string() ? std::string(own->get_string()) : locale_.currency;
}

std::string Names::show(const Field& field, const json::object& body) {
  const json::value* value = body.if_contains(field.name);
  if (!value || value->is_null()) return "";
  switch (field.type) {
    case FieldType::reference:
      return title(schema_.need(field.references), value->to_number<Id>());
    case FieldType::instant:
      return show_moment({value->to_number<std::int64_t>()}, *locale_.zone);
    case FieldType::duration:
      return show_duration(value->to_number<double>());
    case FieldType::money:
      return fmt::format("{} {}", to_text(field, *value, currency(body)), currency(body));
    case FieldType::boolean:
      return value->get_bool() ? "yes" : "no";
    default:
      return to_text(field, *value, currency(body));
  }
}

}  // namespace traction
