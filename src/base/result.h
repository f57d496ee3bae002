// Refusal and Result: how a function says no to its caller. A refusal is the caller's doing and a plain value; a
// failing machine is a Fault (fault.h); our own mistake is a CHECK (check.h). Used by every module; immutable,
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace traction {

// Why a request was refused. Closed: programs match on it, so a new code is a change of the public interface.
enum class Code {
  invalid,     // a value of the wrong form or out of bounds
  required,    // a value that must be there is missing
  unknown,     // a name (field, type, metric, option) that does not exist
  not_found,   // a record, file or workspace that does not exist
  stale,       // the record has changed since the caller read it
  duplicate,   // a unique value is already taken by another record
  key_reused,  // an idempotency key came again with another request
  rule,        // well formed, but against a rule of selling (a lost deal needs a reason)
  forbidden,   // not this actor's to do
  busy,        // somebody else holds what is needed; try again
  damaged,     // stored or given bytes are not what they should be
  too_large,   // over a stated limit
};

// The code as it stands in JSON and in tests, such as "not_found".
std::string_view name(Code code);

// A "no" with its reason. `field` names the place (a field, "row 3", "metrics/revenue.toml:12"), empty where there is
// none. `sentence` says what happened, why and what to do, for a person.
struct Refusal {
  Code code = Code::invalid;
  std::string field;
  std::string sentence;

  bool operator==(const Refusal&) const = default;
};

template <class T>
using Result = tl::expected<T, Refusal>;

// Shorthand: `return refuse(Code::required, "name", "A contact needs a name.");`
inline tl::unexpected<Refusal> refuse(Code code, std::string field, std::string sentence) {
  return tl::unexpected<Refusal>(Refusal{code, std::move(field), std::move(sentence)});
}

// Hands a refusal on unchanged from a Result of another type.
template <class T>
tl::unexpected<Refusal> refuse(const Result<T>& refused) {
  return tl::unexpected<Refusal>(refused.error());
}

// "field: sentence", or the sentence alone.
std::string to_string(const Refusal& refusal);

}  // namespace traction
