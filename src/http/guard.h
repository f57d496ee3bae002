// The guard against other sites' pages: until there is access control whoever reaches us over TCP may do everything, so
// a browser must not be led here by a foreign page or a foreign name. Pure, thread-safe. Called by the router.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/message.h"

namespace traction {

// The answer to a request that came under a name that is not ours (421: not localhost, a loopback address or one of
// `hosts`) or from a page of another origin (403); nullopt when it may pass. Requests over the Unix socket always may.
std::optional<Response> guard(const Request& request, const std::vector<std::string>& hosts);

}  // namespace traction
