#include "base/result.h"

namespace traction {

std::string_view name(Code code) {
  switch (code) {
    case Code::invalid:
      return "invalid";
    case Code::required:
      return "required";
    case Code::unknown:
      return "unknown";
    case Code::not_found:
      return "not_found";
    case Code::stale:
      return "stale";
    case Code::duplicate:
      return "duplicate";
    case Code::key_reused:
      return "key_reused";
    case Code::rule:
      return "rule";
    case Code::forbidden:
      return "forbidden";
    case Code::busy:
      return "busy";
    case Code::damaged:
      return "damaged";
    case Code::too_large:
      return "too_large";
  }
  return "invalid";
}

std::string to_string(const Refusal& refusal) {
  return refusal.field.empty() ? refusal.sentence : refusal.field + ": " + refusal.sentence;
}

}  // namespace traction
