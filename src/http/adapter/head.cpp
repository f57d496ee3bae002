#include "http/adapter/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "http/adapter/parser.h"

namespace traction::adapter {
namespace {

bool same(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

bool ours(std::string_view header) {
  return same(header, "content-length") || same(header, "transfer-encoding") || same(header, "connection");
}

// The size of the body, where it is known.
std::optional<std::size_t> size_of(const Response& answer) {
  if (const auto* text = std::get_if<std::string>(&answer.body)) return text->size();
  if (const auto* text = std::get_if<std::shared_ptr<const std::string>>(&answer.body))
    return *text ? (*text)->size() : 0;
  return std::nullopt;
}

}  // namespace

std::string head_text(const Response& answer, const Framing& framing, std::string_view date) {
  std::string out;
  out.reserve(256);
  out = "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(std::clamp(answer.status, 100, 999)));
  out += ' ';
  out += reason(answer.status);
  out += "\r\n";
  for (const Header& header : answer.headers) {
    if (ours(header.name)) continue;
    out += header.name;
    out += ": ";
    for (const char c : header.value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    out += "\r\n";
  }
  if (framing.length) {
    out += "Content-Length: ";
    append_number(out, *framing.length);
    out += "\r\n";
  }
  if (framing.chunked) out += "Transfer-Encoding: chunked\r\n";
  if (framing.close)
    out += "Connection: close\r\n";
  else if (framing.keep_alive)
    out += "Connection: keep-alive\r\n";
  out += "Date: ";
  out += date;
  out += "\r\n\r\n";
  return out;
}

const std::string* header_of(const Response& answer, std::string_view header_name) {
  for (const Header& header : answer.headers)
    if (same(header.name, header_name)) return &header.value;
  return nullptr;
}

Coding coding_for(const Request& request, Response& answer) {
  if (const auto size = size_of(answer); size && *size < kWorthEncoding) return Coding::identity;
  if (std::holds_alternative<std::shared_ptr<Source>>(answer.body) || bodiless(answer.status)) return Coding::identity;
  const std::string* type = header_of(answer, "content-type");
  // A part of a file (206) is a part of the file as it is.
  if (!type || answer.status == 206 || header_of(answer, "content-encoding") || !compressible(*type))
    return Coding::identity;
  if (!header_of(answer, "vary")) answer.headers.push_back({"Vary", "Accept-Encoding"});
  const std::string* accept = request.header("accept-encoding");
  return accept ? accepted_coding(*accept) : Coding::identity;
}

bool bodiless(int status) { return status < 200 || status == 204 || status == 304; }

std::string http_date(std::int64_t unix_seconds) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_seconds;
  std::tm at{};
  gmtime_r(&time, &at);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[at.tm_wday], at.tm_mday, kMonths[at.tm_mon],
                     at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

}  // namespace traction::adapter
