#include "http/commands.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>
#include <set>

#include "app/erase.h"
#include "base/text.h"
#include "http/problem.h"

namespace traction {
namespace {

// Idempotency keys of the commands that are on their way, in the whole process.
class InFlight {
 public:
  bool add(const std::string& key) {
    const std::lock_guard lock(mutex_);
    return keys_.insert(key).second;
  }
  void remove(const std::string& key) {
    const std::lock_guard lock(mutex_);
    keys_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> keys_;
};

InFlight& in_flight() {
  static InFlight all;
  return all;
}

// Holds a key for as long as its command is on its way.
class HeldKey {
 public:
  // Null when another holds it; nothing to hold without a key.
  static std::shared_ptr<HeldKey> take(const std::string& workspace, const std::string& key) {
    auto held = std::make_shared<HeldKey>();
    if (key.empty()) return held;
    const std::string name = workspace + '\n' + key;
    if (!in_flight().add(name)) return nullptr;
    held->name_ = name;
    return held;
  }
  HeldKey() = default;
  HeldKey(const HeldKey&) = delete;
  HeldKey& operator=(const HeldKey&) = delete;
  ~HeldKey() { release(); }
  void release() {
    if (!name_.empty()) in_flight().remove(name_);
    name_.clear();
  }

 private:
  std::string name_;
};

Response still_at_it() {
  Response response = problem(409, "in_flight", "Idempotency-Key",
                              "A request with this idempotency key is being worked on. Ask again in a moment.");
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

std::int64_t whole_or(std::string_view digits, std::int64_t otherwise) {
  std::int64_t number = otherwise;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() ? number : otherwise;
}

std::optional<std::int64_t> whole_number(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  return std::nullopt;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

}  // namespace

Result<void> check_actor(const Context& context, Workspace& workspace) {
  const Id member = context.principal.member;
  if (member == 0) return {};
  const auto record = workspace.ledger().read()->record(workspace.schema()->need("member").number, member);
  if (record && record->state == RecordState::live) return {};
  return refuse(Code::invalid, "Traction-Actor", fmt::format("There is no member {} who could do this.", member));
}

namespace {

// The same, but what was done before is answered again, also when who did it is gone by now.
Result<void> may_act(const Context& context, Workspace& workspace) {
  auto known = check_actor(context, workspace);
  if (!known && workspace.remembers(context.text("Idempotency-Key"))) return {};
  return known;
}

}  // namespace

Parameter idempotency_parameter() {
  return {.name = "Idempotency-Key",
          .about =
              "Any text of the client's own: the same request with the same key within 24 hours is answered "
              "again, not done again.",
          .in = Parameter::In::header,
          .max_length = 200,
          .pattern = "^.+$"};
}

std::vector<Parameter> writing_parameters() {
  return {workspace_parameter(),
          idempotency_parameter(),
          {.name = "Traction-Actor",
           .about = "The member on whose behalf this is done.",
           .in = Parameter::In::header,
           .kind = Parameter::Kind::integer,
           .min = 1}};
}

Parameter if_match_parameter() {
  return {.name = "If-Match",
          .about = "The version that was read, as its ETag says it; * for whatever it is now.",
          .in = Parameter::In::header,
          .required = true,
          .max_length = 21,
          .pattern = "^(\\*|\"[0-9]{1,19}\")$",
          .example = "\"12\""};
}

std::string etag(Seq version) { return fmt::format("\"{}\"", version); }

Seq version_of(std::string_view etag) { return whole_or(etag.substr(1, etag.size() - 2), INT64_MAX); }

Parameter id_parameter() {
  return {.name = "id",
          .about = "The record's id, or `ref:` and the client_ref it was created with.",
          .in = Parameter::In::path,
          .required = true,
          .max_length = 210,
          .pattern = "^([1-9][0-9]{0,18}|ref:.+)$",
          .example = "12"};
}

Ref target_of(const Context& context) {
  const std::string id = context.text("id");
  if (id.starts_with("ref:")) return id.substr(4);
  return whole_or(id, INT64_MAX);
}

Parameter occurred_parameter() {
  return {.name = "occurred_at",
          .about = "When it happened in the world, if not now: a moment such as 2024-05-31T09:30:00Z, or unknown.",
          .max_length = 40,
          .example = "2024-05-31T09:30:00Z"};
}

Result<void> read_occurred(std::string_view text, Action& action) {
  if (text == "unknown") {
    action.occurred_unknown = true;
    return {};
  }
  const auto instant = parse_instant(text);
  if (!instant) return refuse(instant.error().code, "occurred_at", instant.error().sentence);
  action.occurred_at = *instant;
  return {};
}

Result<Members> Members::of(const json::value& value, std::string place) {
  if (!value.is_object())
    return refuse(Code::invalid, place.empty() ? "body" : place.substr(0, place.size() - 1), "This must be an object.");
  Members members;
  members.object_ = &value.get_object();
  members.place_ = std::move(place);
  return members;
}

const json::value* Members::take(std::string_view name) {
  asked_.emplace_back(name);
  return object_->if_contains(name);
}

Result<void> Members::text(std::string_view name, std::string& into) {
  const json::value* value = take(name);
  if (!value) return {};
  if (!value->is_string()) return refuse(Code::invalid, place_ + std::string(name), "This must be text.");
  into = std::string(value->get_string());
  return {};
}

Result<void> Members::whole(std::string_view name, std::int64_t& into) {
  const json::value* value = take(name);
  if (!value) return {};
  const auto number = whole_number(*value);
  if (!number) return refuse(Code::invalid, place_ + std::string(name), "This must be a whole number.");
  into = *number;
  return {};
}

Result<void> Members::object(std::string_view name, json::object& into) {
  const json::value* value = take(name);
  if (!value) return refuse(Code::required, place_ + std::string(name), fmt::format("\"{}\" is missing.", name));
  if (!value->is_object()) return refuse(Code::invalid, place_ + std::string(name), "This must be an object.");
  into = value->get_object();
  return {};
}

Result<void> Members::ref(std::string_view name, Ref& into) {
  const json::value* value = take(name);
  if (!value) return {};
  const json::object* named = value->if_object();
  const json::value* made = named && named->size() == 1 ? named->if_contains("new") : nullptr;
  const json::value* client_ref = named && named->size() == 1 ? named->if_contains("ref") : nullptr;
  if (value->is_int64())
    into = Id{value->get_int64()};
  else if (made && made->is_int64() && made->get_int64() >= 0)
    into = NewRef{static_cast<std::size_t>(made->get_int64())};
  else if (client_ref && client_ref->is_string())
    into = std::string(client_ref->get_string());
  else
    return refuse(Code::invalid, place_ + std::string(name), "This takes an id, {\"ref\": \"…\"} or {\"new\": 0}.");
  return {};
}

Result<void> Members::occurred(Action& action) {
  std::string text;
  if (auto good = this->text("occurred_at", text); !good) return good;
  if (text.empty() && !object_->contains("occurred_at")) return {};
  auto read = read_occurred(text, action);
  if (!read) read.error().field = place_ + read.error().field;
  return read;
}

Result<void> Members::end() const {
  for (const auto& [key, value] : *object_)
    if (std::ranges::find(asked_, std::string_view(key)) == asked_.end())
      return refuse(Code::unknown, place_ + excerpt(key),
                    fmt::format("There is no \"{}\" here.{} It takes {}.", excerpt(key),
                                did_you_mean(excerpt(key), asked_), enumerate(asked_)));
  return {};
}

Response refused(Refusal refusal, WriteScope scope) {
  if (scope == WriteScope::record && refusal.field.starts_with("actions[0].")) refusal.field.erase(0, 11);
  replace(refusal.field, "expected_version", scope == WriteScope::record ? "If-Match" : "version");
  replace(refusal.field, "idempotency_key", "Idempotency-Key");
  if (refusal.field.ends_with("target")) replace(refusal.field, "target", "id");
  // 404 is for what the path names; what the body names is the body's mistake.
  if (refusal.code == Code::not_found && (scope == WriteScope::batch || refusal.field != "id"))
    return problem(422, name(refusal.code), refusal.field, refusal.sentence);
  return problem(refusal);
}

void write(const Context& context, std::shared_ptr<Hosted> hosted, std::vector<Action> actions, WriteScope scope,
           Shape shape, const Reply& reply) {
  Workspace& workspace = hosted->workspace();
  if (const auto known = may_act(context, workspace); !known) return reply(problem(known.error()));
  Command command;
  command.idempotency_key = context.text("Idempotency-Key");
  command.actor = context.principal.member;
  command.actions = std::move(actions);
  auto held = HeldKey::take(workspace.name(), command.idempotency_key);
  if (!held) return reply(still_at_it());
  workspace.submit(std::move(command), [held, scope, shape = std::move(shape), reply](
                                           const Result<Outcome>& outcome, const std::exception_ptr& failure) {
    held->release();  // before the client can ask again
    if (failure) return reply(problem(failure));
    reply(outcome ? shape(*outcome) : refused(outcome.error(), scope));
  });
}

void write_erasure(const Context& context, Hosted& hosted, const std::string& type, Id id, const Shape& shape,
                   const Reply& reply) {
  static std::mutex one_at_a_time;
  if (const auto known = may_act(context, hosted.workspace()); !known) return reply(problem(known.error()));
  const std::string key = context.text("Idempotency-Key");
  const auto held = HeldKey::take(hosted.workspace().name(), key);
  if (!held) return reply(still_at_it());
  Result<Outcome> outcome;
  {
    const std::lock_guard lock(one_at_a_time);
    outcome = erase(context.host->directory(), hosted.workspace(), type, id, context.principal.member, key);
  }
  held->release();
  reply(outcome ? shape(*outcome) : refused(outcome.error(), WriteScope::record));
}

}  // namespace traction
