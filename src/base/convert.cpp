#include "base/convert.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/money.h"

namespace traction {
namespace {

__extension__ using Wide = __int128;

constexpr int kMostDigits = 38;  // that a Wide holds

// digits · 10^-scale: the number to 15 digits, which every double holds, so that the decimal somebody wrote comes back.
struct Decimal {
  std::int64_t digits = 0;
  int scale = 0;
};

Decimal decimal_of(double number) {
  const std::string text = fmt::format("{:.14e}", number);
  const std::size_t e = text.find('e');
  Decimal decimal;
  for (const char c : text.substr(0, e)) {
    if (c == '.') continue;
    decimal.digits = decimal.digits * 10 + (c - '0');
    ++decimal.scale;
  }
  int exponent = 0;
  const std::size_t sign = text[e + 1] == '+' ? 1 : 0;
  std::from_chars(text.data() + e + 1 + sign, text.data() + text.size(), exponent);
  decimal.scale -= 1 + exponent;
  return decimal;
}

Wide power_of_ten(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace

std::optional<std::int64_t> convert_minor(std::int64_t minor, std::string_view from, double rate, std::string_view to) {
  const auto own = currency_decimals(from), other = currency_decimals(to);
  if (!own || !other || !std::isfinite(rate) || rate <= 0) return std::nullopt;
  const Decimal decimal = decimal_of(rate);
  const int scale = decimal.scale + *own - *other;
  const long double about = static_cast<long double>(minor) * rate * std::pow(10.0L, *other - *own);
  if (std::abs(about) >= 9e18L) return std::nullopt;
  if (scale >= kMostDigits) return 0;
  const Wide product = static_cast<Wide>(minor) * decimal.digits;
  if (scale <= 0) return static_cast<std::int64_t>(product * power_of_ten(-scale));
  const Wide unit = power_of_ten(scale), size = product < 0 ? -product : product;
  const Wide rounded = size / unit + (size % unit * 2 >= unit ? 1 : 0);
  return static_cast<std::int64_t>(product < 0 ? -rounded : rounded);
}

}  // namespace traction
