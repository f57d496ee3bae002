#include "http/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/text.h"
#include "http/problem.h"

namespace traction {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Response bad(std::string_view code, std::string_view field, std::string_view sentence) {
  return problem(400, code, field, sentence);
}

bool matches(const std::string& value, const boost::regex& pattern) {
  try {
    return boost::regex_search(value, pattern, boost::match_default | boost::match_single_line);
  } catch (const std::runtime_error&) {
    return false;  // it would have taken too long to tell
  }
}

// What is wrong with a value; nullopt when nothing is.
std::optional<Response> check(const Parameter& parameter, const std::optional<boost::regex>& pattern,
                              const std::string& value) {
  switch (parameter.kind) {
    case Parameter::Kind::integer: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc() || end != value.data() + value.size())
        return bad("invalid", parameter.name,
                   fmt::format("\"{}\" takes a whole number, not \"{}\".", parameter.name, excerpt(value)));
      if (number < parameter.min.value_or(number))
        return bad("invalid", parameter.name,
                   fmt::format("\"{}\" must be at least {}.", parameter.name, *parameter.min));
      if (number > parameter.max.value_or(number))
        return bad("invalid", parameter.name,
                   fmt::format("\"{}\" must be at most {}.", parameter.name, *parameter.max));
      return std::nullopt;
    }
    case Parameter::Kind::boolean:
      if (value != "true" && value != "false")
        return bad("invalid", parameter.name, fmt::format("\"{}\" is true or false.", parameter.name));
      return std::nullopt;
    case Parameter::Kind::choice:
      if (std::ranges::find(parameter.choices, value) == parameter.choices.end())
        return bad("unknown", parameter.name,
                   fmt::format("\"{}\" takes {}, not \"{}\".{}", parameter.name, enumerate(parameter.choices),
                               excerpt(value), did_you_mean(excerpt(value), parameter.choices)));
      return std::nullopt;
    case Parameter::Kind::text:
      if (value.size() > parameter.max_length)
        return bad("too_large", parameter.name,
                   fmt::format("\"{}\" takes at most {} bytes.", parameter.name, parameter.max_length));
      if (pattern && !matches(value, *pattern))
        return bad("invalid", parameter.name,
                   fmt::format("\"{}\" cannot be \"{}\".{}", parameter.name, excerpt(value),
                               parameter.example.empty() ? "" : fmt::format(" Write it as {}.", parameter.example)));
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool form) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && form) {
      plain += ' ';
    } else if (text[i] != '%') {
      plain += text[i];
    } else {
      const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1, low = high < 0 ? -1 : digit(text[i + 2]);
      if (low < 0) return std::nullopt;
      plain += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!is_text(plain)) return std::nullopt;
  return plain;
}

ParameterReader::ParameterReader(const Route& route) : parameters_(route.parameters) {
  for (const Parameter& parameter : parameters_) {
    Known known{&parameter, {}, {}};
    if (parameter.in == Parameter::In::header) known.header = lower(parameter.name);
    if (parameter.in == Parameter::In::query) query_names_.push_back(parameter.name);
    if (!parameter.pattern.empty()) known.pattern.emplace(parameter.pattern, boost::regex::ECMAScript);
    known_.push_back(std::move(known));
  }
  for (const std::string& segment : split(route.path, '/')) {
    if (!segment.starts_with('{')) continue;
    const Known* named = find(Parameter::In::path, segment.substr(1, segment.size() - 2));
    CHECK(named != nullptr);
    in_path_.push_back(static_cast<std::size_t>(named - known_.data()));
  }
}

const ParameterReader::Known* ParameterReader::find(Parameter::In in, std::string_view name) const {
  for (const Known& known : known_)
    if (known.parameter->in == in && known.parameter->name == name) return &known;
  return nullptr;
}

std::optional<Response> ParameterReader::take(const Known& known, std::string value, Context& context) const {
  const Parameter& parameter = *known.parameter;
  if (auto wrong = check(parameter, known.pattern, value)) return wrong;
  auto& values = context.given[parameter.name];
  if (!values.empty() && !parameter.many)
    return bad("invalid", parameter.name, fmt::format("\"{}\" was given twice.", parameter.name));
  values.push_back(std::move(value));
  return std::nullopt;
}

std::optional<Response> ParameterReader::read_query(std::string_view query, Context& context) const {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value)
      return bad("malformed", name.value_or("query"),
                 fmt::format("\"{}\" is not percent-encoded UTF-8 text.", excerpt(pair)));
    const Known* known = find(Parameter::In::query, *name);
    if (!known)
      return bad("unknown", excerpt(*name),
                 fmt::format("There is no parameter \"{}\" here.{}", excerpt(*name),
                             did_you_mean(excerpt(*name), query_names_)));
    if (auto wrong = take(*known, std::move(*value), context)) return wrong;
  }
  return std::nullopt;
}

std::optional<Response> ParameterReader::read(const Request& request, std::span<const std::string_view> segments,
                                              Context& context) const {
  CHECK(segments.size() == in_path_.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Known& known = known_[in_path_[i]];
    auto value = percent_decoded(segments[i], false);
    if (!value) return bad("malformed", known.parameter->name, "A part of the path is not percent-encoded UTF-8 text.");
    if (auto wrong = take(known, std::move(*value), context)) return wrong;
  }
  if (auto wrong = read_query(request.query, context)) return wrong;
  for (const Known& known : known_) {
    const Parameter& parameter = *known.parameter;
    if (parameter.in == Parameter::In::header) {
      for (const Header& header : request.headers) {
        if (header.name != known.header) continue;
        if (!is_text(header.value)) return bad("malformed", parameter.name, "A header is not UTF-8 text.");
        if (auto wrong = take(known, header.value, context)) return wrong;
      }
    }
    if (!parameter.required || context.has(parameter.name)) continue;
    if (known.header == "if-match")
      return problem(428, "version_required", parameter.name,
                     "Say which version you have read: If-Match with the record's ETag, or * for whatever it is now.");
    return bad("required", parameter.name, fmt::format("\"{}\" is missing.", parameter.name));
  }
  return std::nullopt;
}

}  // namespace traction
