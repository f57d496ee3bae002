#include "http/guard.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/problem.h"

namespace traction {
namespace {

// "localhost:8080" → "localhost", "[::1]:8080" → "::1".
std::string without_port(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
  return lower(host.substr(0, host.find(':')));
}

bool is_loopback(const std::string& address) {
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace

std::optional<Response> guard(const Request& request, const std::vector<std::string>& hosts) {
  if (request.via == Via::socket) return std::nullopt;
  const std::string* host = request.header("host");
  if (host) {
    const std::string name = without_port(*host);
    const bool ours = name == "localhost" || is_loopback(name) ||
                      std::ranges::any_of(hosts, [&](const std::string& own) { return lower(own) == name; });
    if (!ours)
      return problem(
          421, "wrong_host", "Host",
          fmt::format("This server does not go by the name \"{}\". Call it localhost, or add the name to its "
                      "setting \"hosts\".",
                      excerpt(name, 100)));
  }
  const std::string* origin = request.header("origin");
  if (!origin) return std::nullopt;
  const auto scheme = origin->find("://");
  const std::string from = scheme == std::string::npos ? "" : lower(std::string_view(*origin).substr(scheme + 3));
  if (!host || from != lower(*host))
    return problem(403, "forbidden", "Origin", "Pages of other sites may not use this server.");
  return std::nullopt;
}

}  // namespace traction
