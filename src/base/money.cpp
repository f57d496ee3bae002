#include "base/money.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace traction {
namespace {

// ISO 4217: the currencies in circulation that do not have two decimals, then those that do.
constexpr std::array<std::string_view, 15> kNone = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                                    "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF"};
constexpr std::array<std::string_view, 7> kThree = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
constexpr std::string_view kTwo =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD "
    "KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT "
    "TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

constexpr std::array<std::int64_t, 4> kScale = {1, 10, 100, 1000};

}  // namespace

Result<int> currency_decimals(std::string_view currency) {
  if (currency == "XPF" || std::ranges::find(kNone, currency) != kNone.end()) return 0;
  if (std::ranges::find(kThree, currency) != kThree.end()) return 3;
  for (std::size_t i = 0; currency.size() == 3 && i + 3 <= kTwo.size(); i += 4)
    if (kTwo.substr(i, 3) == currency) return 2;
  return refuse(Code::unknown, "currency",
                fmt::format("\"{}\" is not a currency code such as EUR.", excerpt(currency)));
}

Result<std::int64_t> parse_minor(std::string_view text, std::string_view currency) {
  const Result<int> decimals = currency_decimals(currency);
  if (!decimals) return refuse(decimals);
  const auto invalid = [&](std::string_view why) {
    return refuse(Code::invalid, "", fmt::format("\"{}\" is not an amount of {}: {}.", excerpt(text), currency, why));
  };
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  std::int64_t minor = 0;
  int seen_decimals = -1;  // -1: no decimal point yet
  bool any = false;
  for (const char c : rest) {
    if (c == '.' && seen_decimals < 0 && any) {
      seen_decimals = 0;
      continue;
    }
    if (c < '0' || c > '9') return invalid("write digits with a point before the decimals, such as 1234.50");
    any = true;
    if (seen_decimals >= 0 && ++seen_decimals > *decimals) {
      if (c != '0') return invalid(fmt::format("it has {} decimals", *decimals));
      continue;  // 12.500 of a two-decimal currency is 12.50
    }
    minor = minor * 10 + (c - '0');
    if (minor > kLargestMinor) return invalid("it is too large");
  }
  if (!any || seen_decimals == 0) return invalid("write digits with a point before the decimals, such as 1234.50");
  minor *= kScale[static_cast<std::size_t>(*decimals - std::clamp(seen_decimals, 0, *decimals))];
  if (minor > kLargestMinor) return invalid("it is too large");
  return negative ? -minor : minor;
}

std::string format_minor(std::int64_t minor, std::string_view currency) {
  const auto decimals = static_cast<std::size_t>(currency_decimals(currency).value_or(2));
  if (decimals == 0) return fmt::format("{}", minor);
  const bool negative = minor < 0;
  const auto magnitude = negative ? 0 - static_cast<std::uint64_t>(minor) : static_cast<std::uint64_t>(minor);
  const auto scale = static_cast<std::uint64_t>(kScale[decimals]);
  return fmt::format("{}{}.{:0{}}", negative ? "-" : "", magnitude / scale, magnitude % scale, decimals);
}

}  // namespace traction
