// ParameterReader: what a request gives in its path, query and headers, decoded and held against what a route says it
// takes. Made once per route, immutable, thread-safe. Called by the router alone.
#pragma once

#include <boost/regex.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.h"

namespace traction {

// Percent decoding, and "+" as a space where `form`; nullopt when it is malformed or no UTF-8 text.
std::optional<std::string> percent_decoded(std::string_view text, bool form);

class ParameterReader {
 public:
  explicit ParameterReader(const Route& route);
  ParameterReader(const ParameterReader&) = delete;
  ParameterReader& operator=(const ParameterReader&) = delete;

  // Fills Context::given. `segments` are those that stood where the path has {names}, in order. Gives the problem when
  // something is malformed, unknown, missing or out of bounds: 400; 428 for a missing If-Match.
  std::optional<Response> read(const Request& request, std::span<const std::string_view> segments,
                               Context& context) const;

 private:
  struct Known {
    const Parameter* parameter;
    std::string header;  // in lower case, for those in headers
    std::optional<boost::regex> pattern;
  };
  const Known* find(Parameter::In in, std::string_view name) const;
  std::optional<Response> take(const Known& known, std::string value, Context& context) const;
  std::optional<Response> read_query(std::string_view query, Context& context) const;

  std::vector<Parameter> parameters_;
  std::vector<Known> known_;
  std::vector<std::size_t> in_path_;      // places in known_, in the order of the path
  std::vector<std::string> query_names_;  // for whoever mistypes one
};

}  // namespace traction
