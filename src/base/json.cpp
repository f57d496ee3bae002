#include "base/json.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <cmath>
#include <set>

#include "base/fault.h"
#include "base/text.h"

namespace traction {
namespace {

// Builds the value like json::parse does, but through a handler that sees every key, so that duplicates are found
// before the object swallows them.
class Guard {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  using error_code = json::error_code;

  std::string problem;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return keys_.emplace_back(), true; }
  bool on_object_end(std::size_t, error_code&) { return keys_.pop_back(), true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    return key_.append(part.data(), part.size()), true;
  }
  bool on_key(json::string_view part, std::size_t, error_code& ec) {
    key_.append(part.data(), part.size());
    if (!keys_.back().insert(key_).second) return fail(ec, fmt::format("the key \"{}\" comes twice", excerpt(key_)));
    if (!is_text(key_)) return fail(ec, "a key is not UTF-8 text");
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    return string_.append(part.data(), part.size()), true;
  }
  bool on_string(json::string_view part, std::size_t, error_code& ec) {
    string_.append(part.data(), part.size());
    const bool good = is_text(string_);
    string_.clear();
    return good || fail(ec, "a text is not UTF-8, or has a NUL in it");
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
  bool on_double(double value, json::string_view, error_code& ec) {
    return std::isfinite(value) || fail(ec, "a number is too large");
  }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  bool fail(error_code& ec, std::string why) {
    problem = std::move(why);
    ec = json::make_error_code(json::error::syntax);
    return false;
  }
  std::vector<std::set<std::string>> keys_;
  std::string key_, string_;
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kJsonDepth;
  json::basic_parser<Guard> guard(options);
  json::error_code ec;
  const std::size_t read = guard.write_some(false, text.data(), text.size(), ec);
  if (!ec && read < text.size()) {
    guard.handler().problem = "something follows the value";
    ec = json::make_error_code(json::error::extra_data);
  }
  if (ec) {
    const std::string& problem = guard.handler().problem;
    return refuse(Code::invalid, fmt::format("byte {}", read),
                  fmt::format("This is not JSON we can take: {}.", problem.empty() ? ec.message() : problem));
  }
  return json::parse(text, {}, options);
}

json::object parse_stored(std::string_view bytes) {
  json::error_code ec;
  json::value value = json::parse(bytes, ec);
  if (ec || !value.is_object()) throw Fault(Fault::Kind::damaged, "a stored record is not readable: " + ec.message());
  return std::move(value.get_object());
}

bool is_text(std::string_view bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = p + bytes.size();
  const auto continues = [&](int count) {
    for (; count > 0; --count)
      if (p == end || (*p++ & 0xC0) != 0x80) return false;
    return true;
  };
  while (p != end) {
    const unsigned char c = *p++;
    if (c == 0) return false;
    if (c < 0x80) continue;
    if (c < 0xC2 || c > 0xF4 || p == end) return false;
    const unsigned char next = *p;
    // Overlong forms, surrogates and values past U+10FFFF show in the second byte.
    if ((c == 0xE0 && next < 0xA0) || (c == 0xED && next > 0x9F) || (c == 0xF0 && next < 0x90) ||
        (c == 0xF4 && next > 0x8F))
      return false;
    if (!continues(c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3)) return false;
  }
  return true;
}

}  // namespace traction
