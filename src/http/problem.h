// Problem: what went wrong as RFC 9457 problem+json. The one place that gives refusals and faults their HTTP status.
// Stateless, thread-safe.
#pragma once

#include <exception>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace traction {

// invalid, required, unknown, rule, key_reused → 422; not_found → 404; stale → 412; duplicate → 409; forbidden → 403;
// busy → 503; damaged → 422; too_large → 413.
int status_of(Code code);

// {"type": "/docs/problems#stale", "title": …, "status": …, "code": "stale", "field": …, "detail": sentence}
Response problem(const Refusal& refusal);
// The same code with another status than its own, such as 400 for a malformed request.
Response problem(int status, std::string_view code, std::string_view field, std::string_view sentence);

// A caught exception: a full disk 507, an unknown outcome or a passing failure 503, anything else 500. Logged; what
// the client reads names no file and no library.
Response problem(std::exception_ptr failure);

}  // namespace traction
