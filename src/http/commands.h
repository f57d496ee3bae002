// From what a client asks to be written to the answer it gets: actions read from JSON, handed to the workspace's writer
// with who asks and their idempotency key, and the outcome as a response. Used by every operation that writes records.
// Any thread; an answer is given on the writer's.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "app/outcome.h"
#include "domain/command.h"
#include "http/route.h"

namespace traction {

// What every writing operation takes: ?workspace=, Idempotency-Key and Traction-Actor.
std::vector<Parameter> writing_parameters();
Parameter idempotency_parameter();
// If-Match, required, and ETags as it takes them.
Parameter if_match_parameter();
std::string etag(Seq version);
Seq version_of(std::string_view etag);  // of one that is well formed
// {id}: digits, or "ref:" and the client_ref the record was created with; what it names.
Parameter id_parameter();
Ref target_of(const Context& context);

// ?occurred_at= of an operation without a body of its own, and the same read from text: a moment, or "unknown". Refused
// (invalid).
Parameter occurred_parameter();
Result<void> read_occurred(std::string_view text, Action& action);

// Takes an object's members one by one, so that what is left is what nobody asked for.
class Members {
 public:
  // Refused (invalid) when it is no object; `place` is what its members are called after: "actions[2].".
  static Result<Members> of(const json::value& value, std::string place);
  const json::value* take(std::string_view name);  // null when it is not there
  // Refusals name the member. A missing one leaves `into` as it is.
  Result<void> text(std::string_view name, std::string& into);
  Result<void> whole(std::string_view name, std::int64_t& into);
  Result<void> object(std::string_view name, json::object& into);
  Result<void> ref(std::string_view name, Ref& into);
  Result<void> occurred(Action& action);  // "occurred_at"
  // Refused (unknown) with the nearest of those that were asked for when something is left.
  Result<void> end() const;
  const std::string& place() const { return place_; }

 private:
  const json::object* object_ = nullptr;
  std::string place_;
  std::vector<std::string> asked_;
};

// Refused (invalid) when who asks says to be somebody who is no live member of the workspace.
Result<void> check_actor(const Context& context, Workspace& workspace);

// Makes a response of what was written.
using Shape = std::function<Response(const Outcome&)>;

// Whether the request is one action on the record of its path, or a batch: how places and a missing record are told.
enum class WriteScope { record, batch };

// Does the actions as one command and answers with `shape`, or with the problem. The same idempotency key again gives
// the same answer; while the first is being worked on: 409.
void write(const Context& context, std::shared_ptr<Hosted> hosted, std::vector<Action> actions, WriteScope scope,
           Shape shape, const Reply& reply);

// Erases a person (app/erase.h), one at a time in the whole directory; takes as long as it takes.
void write_erasure(const Context& context, Hosted& hosted, const std::string& type, Id id, const Shape& shape,
                   const Reply& reply);

// The problem for a refusal of the domain, in the words of the API.
Response refused(Refusal refusal, WriteScope scope);

}  // namespace traction
