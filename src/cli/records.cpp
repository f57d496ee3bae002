// Writing records: each verb is one command with one action.
#include <fmt/format.h>

#include "app/erase.h"
#include "app/given.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/show.h"

namespace traction {
namespace {

const Positional kType{"TYPE", "Record type: deal, contact, account, activity …"};
const Positional kRecord{"ID", "Its id, external id or exact name"};
const Option kAs{"--as", "The member who does it", "MEMBER"};
const Option kOn{"--on", "When it happened, or \"unknown\" (default: now)", "TIME"};
const Option kKey{"--key", "Idempotency key: the same one again does nothing", "KEY"};
const Option kVersion{"--if-version", "Refuse when the record has moved on from this version", "N"};

// What every verb on one record needs to know.
struct Place {
  Workspace& workspace;
  std::shared_ptr<const Schema> schema;
  std::unique_ptr<Reader> reader;
  const RecordType* type = nullptr;
  Locale locale;
};

Result<Place> place_of(CommandSession& session, bool create = false) {
  const auto workspace = session.workspace(create);
  if (!workspace) return refuse(workspace);
  Place place{**workspace, (*workspace)->schema(), (*workspace)->ledger().read(), nullptr, {}};
  const auto type = type_named(*place.schema, session.arguments().one("TYPE"));
  if (!type) return refuse(type);
  place.type = *type;
  place.locale = locale_of(place.workspace.settings());
  return place;
}

// `name=value` words as fields in stored form; `body` is the record as it is, empty for a new one.
Result<json::object> fields_of(Place& place, const std::vector<std::string>& words, const json::object& body) {
  json::object fields;
  std::string currency = place.locale.currency;
  if (const json::value* own = body.if_contains("currency"); own && own->is_string())
    currency = std::string(own->get_string());
  for (const std::string& word : words)
    if (word.starts_with("currency=")) currency = word.substr(9);
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return refuse(Code::invalid, word, "A field is given as NAME=VALUE, an empty value clears it.");
    const std::string name = word.substr(0, equals), text = word.substr(equals + 1);
    const auto field = field_named(*place.type, name);
    if (!field) return refuse(field);
    if (fields.contains((*field)->name)) return refuse(Code::invalid, (*field)->name, "This field was given twice.");
    const json::value* pipeline = body.if_contains("pipeline");
    if ((*field)->name == "stage" && pipeline && pipeline->is_int64()) {
      const auto stage = resolve_stage(*place.reader, *place.schema, pipeline->get_int64(), text);
      if (!stage) return refuse(stage);
      fields["stage"] = *stage;
      continue;
    }
    auto value = from_given(*place.reader, *place.schema, **field, name, text, place.locale, currency);
    if (!value) return refuse(value);
    fields[(*field)->name] = std::move(*value);
  }
  return fields;
}

// Completes the action with what its options say, does it and tells what came of it.
Result<int> act(CommandSession& session, Place& place, Action action, std::string_view done) {
  const Arguments& given = session.arguments();
  Command command;
  if (given.has("--as")) {
    const auto actor = resolve(*place.reader, *place.schema, place.schema->need("member"), given.one("--as"));
    if (!actor) return refuse(actor);
    command.actor = *actor;
  }
  if (given.has("--on")) {
    if (given.one("--on") == "unknown") {
      action.occurred_unknown = true;
    } else {
      const auto when = parse_moment(given.one("--on"), *place.locale.zone);
      if (!when) return refuse(when);
      action.occurred_at = *when;
    }
  }
  if (given.has("--if-version")) {
    Field number;
    number.name = "--if-version";
    number.type = FieldType::integer;
    const auto version = from_text(number, given.one("--if-version"), "");
    if (!version) return refuse(version);
    action.expected_version = version->to_number<Seq>();
  }
  command.idempotency_key = given.one("--key");
  action.type = place.type->name;
  Result<Outcome> outcome;
  if (action.verb == Verb::erase) {
    const auto directory = session.directory();
    if (!directory) return refuse(directory);
    place.reader.reset();  // no reader may hold on to what is to be forgotten
    outcome = erase(**directory, place.workspace, action.type, std::get<Id>(action.target), command.actor);
  } else {
    command.actions.push_back(std::move(action));
    outcome = place.workspace.execute(std::move(command));
  }
  if (!outcome) return refuse(outcome);
  const Done& first = outcome->actions.front();
  if (session.json()) {
    session.print_json(json::object{
        {"id", first.record}, {"version", first.version}, {"seq", outcome->seq}, {"repeated", outcome->repeated}});
    return 0;
  }
  const auto reader = place.workspace.ledger().read();
  const std::string title = title_of(*reader, *place.type, first.record);
  session.print(fmt::format("{} #{} {}{}{}\n", place.type->name, first.record, outcome->repeated ? "was already " : "",
                            done, title.find('#') == std::string::npos ? ": " + shown(title, 60) : ""));
  return 0;
}

Result<int> add(CommandSession& session) {
  auto place = place_of(session, true);
  if (!place) return refuse(place);
  auto fields = fields_of(*place, session.arguments().all("FIELD"), {});
  if (!fields) return refuse(fields);
  Action action;
  action.fields = std::move(*fields);
  return act(session, *place, std::move(action), "added");
}

// A verb on a record named by TYPE and ID; `complete` adds what only this verb knows.
template <class Complete>
Result<int> on_record(CommandSession& session, Verb verb, std::string_view done, const Complete& complete) {
  auto place = place_of(session);
  if (!place) return refuse(place);
  const auto target = resolve_any(*place->reader, *place->schema, *place->type, session.arguments().one("ID"));
  if (!target) return refuse(target);
  Action action;
  action.verb = verb;
  action.target = *target;
  const auto stored = place->reader->record(place->type->number, *target);
  if (auto completed = complete(*place, stored ? parse_stored(stored->body) : json::object{}, action); !completed)
    return refuse(completed);
  return act(session, *place, std::move(action), done);
}

constexpr auto kNothing = [](Place&, const json::object&, Action&) -> Result<void> { return {}; };

Result<int> change(CommandSession& session) {
  return on_record(session, Verb::change, "changed",
                   [&](Place& place, const json::object& body, Action& action) -> Result<void> {
                     auto fields = fields_of(place, session.arguments().all("FIELD"), body);
                     if (!fields) return refuse(fields);
                     action.fields = std::move(*fields);
                     return {};
                   });
}

Result<int> move(CommandSession& session) {
  return on_record(
      session, Verb::change, "moved", [&](Place& place, const json::object& body, Action& action) -> Result<void> {
        if (!place.type->field("stage"))
          return refuse(Code::invalid, "type", fmt::format("A {} has no stages; deals do.", lower(place.type->label)));
        std::vector<std::string> words = session.arguments().all("FIELD");
        words.push_back("stage=" + session.arguments().one("STAGE"));
        auto fields = fields_of(place, words, body);
        if (!fields) return refuse(fields);
        action.fields = std::move(*fields);
        return {};
      });
}

Result<int> merge(CommandSession& session) {
  return on_record(
      session, Verb::merge, "merged", [&](Place& place, const json::object&, Action& action) -> Result<void> {
        const auto into = resolve_any(*place.reader, *place.schema, *place.type, session.arguments().one("INTO"));
        if (!into) return refuse(into);
        action.into = *into;
        return {};
      });
}

Result<int> remove(CommandSession& session) { return on_record(session, Verb::remove, "deleted", kNothing); }
Result<int> undelete(CommandSession& session) { return on_record(session, Verb::restore, "is back", kNothing); }
Result<int> unmerge(CommandSession& session) {
  return on_record(session, Verb::unmerge, "stands alone again", kNothing);
}
Result<int> forget(CommandSession& session) { return on_record(session, Verb::erase, "erased", kNothing); }

}  // namespace

std::vector<Subcommand> record_commands() {
  using Count = Positional::Count;
  const Positional fields{"FIELD", "NAME=VALUE; money as amount=1200.50, references by name", Count::some};
  const Positional more{"FIELD", "Further NAME=VALUE, such as lost_reason=price", Count::any};
  return {
      {"add",
       "Records",
       "Add a record",
       "traction add deal name=\"Forty laptops\" account=Acmecorp stage=Prospecting",
       {kType, fields},
       {kAs, kOn, kKey},
       add},
      {"change",
       "Records",
       "Change fields of a record",
       "traction change deal 4711 amount=1200.50 owner=\"Ada Byron\"",
       {kType, kRecord, fields},
       {kAs, kOn, kKey, kVersion},
       change},
      {"move",
       "Records",
       "Move a deal to another stage",
       "traction move deal 4711 Lost lost_reason=price --on 2024-05-31",
       {kType, kRecord, {"STAGE", "Its name in the deal's pipeline"}, more},
       {kAs, kOn, kKey, kVersion},
       move},
      {"delete",
       "Records",
       "Put a record in the bin, for 30 days",
       "traction delete contact 4711",
       {kType, kRecord},
       {kAs, kKey, kVersion},
       remove},
      {"undelete",
       "Records",
       "Bring a record back from the bin",
       "traction undelete contact 4711",
       {kType, kRecord},
       {kAs, kKey},
       undelete},
      {"merge",
       "Records",
       "Make one account or contact an alias of another",
       "traction merge contact 4711 4712",
       {kType, kRecord, {"INTO", "The record that stays"}},
       {kAs, kKey},
       merge},
      {"unmerge",
       "Records",
       "Take a merge back",
       "traction unmerge contact 4711",
       {kType, kRecord},
       {kAs, kKey},
       unmerge},
      {"erase",
       "Records",
       "Destroy a person's data for good; numbers stay",
       "traction erase contact 4711",
       {kType, kRecord},
       {kAs},
       forget},
  };
}

}  // namespace traction
