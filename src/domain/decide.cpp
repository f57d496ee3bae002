#include "domain/decide.h"

#include <fmt/format.h>

#include "base/text.h"
#include "domain/rules.h"

namespace traction {
namespace {

constexpr std::size_t kLongestClientRef = 200;
constexpr Id kSettings = 1;  // the workspace's settings are always the first record

// The fields with every {"new": n} and {"ref": "…"} replaced by the id it stands for; `copy` holds them if there were
// any.
Result<const json::object*> resolve_fields(Batch& batch, const RecordType& type, const json::object& fields,
                                           json::object& copy) {
  bool copied = false;
  for (const auto& [key, value] : fields) {
    const json::object* named = value.if_object();
    if (!named) continue;
    const Field* field = type.field(key);
    if (!field || field->type != FieldType::reference) continue;
    const std::string place = "fields." + field->name;
    const json::value* made = named->if_contains("new");
    const json::value* client_ref = named->if_contains("ref");
    Ref ref;
    if (named->size() == 1 && made && made->is_int64() && made->get_int64() >= 0)
      ref = NewRef{static_cast<std::size_t>(made->get_int64())};
    else if (named->size() == 1 && client_ref && client_ref->is_string())
      ref = std::string(client_ref->get_string());
    else
      return refuse(Code::invalid, place,
                    fmt::format("\"{}\" takes an id, {{\"new\": 0}} or {{\"ref\": \"…\"}}.", field->label));
    const Result<Id> id = batch.resolve(ref, place);
    if (!id) return refuse(id);
    if (!copied) copy = fields;
    copied = true;
    copy[key] = *id;
  }
  return copied ? &copy : &fields;
}

Result<std::optional<Instant>> when(const Batch& batch, const Action& action) {
  if (!action.occurred_at) return action.occurred_unknown ? std::nullopt : std::optional(batch.now());
  if (action.occurred_unknown)
    return refuse(Code::invalid, "occurred_at", "Either say when it happened or that this is not known, not both.");
  const std::int64_t micros = action.occurred_at->micros;
  const std::int64_t days = micros / kDay - (micros % kDay < 0);
  const int year = std::abs(days) < 1'000'000 ? year_month_day({static_cast<std::int32_t>(days)}).year : 0;
  if (year < kFirstYear || year > kLastYear)
    return refuse(Code::invalid, "occurred_at",
                  fmt::format("It must have happened between the years {} and {}.", kFirstYear, kLastYear));
  return action.occurred_at;
}

// What a new record has unless something else was said: its maker as owner, the workspace's currency.
void fill_defaults(Batch& batch, Change& change) {
  const Id actor = batch.command().actor;
  const Field* owner = change.type.field("owner");
  if (actor != 0 && owner && owner->references == "member" && !change.fields.contains("owner"))
    change.fields.emplace("owner", actor);
  const RecordType* settings_type = batch.schema().type("workspace");
  if (!settings_type || change.type.number == settings_type->number) return;
  const Field* currency = change.type.field("currency");
  if (!currency || currency->type != FieldType::currency || change.fields.contains("currency")) return;
  const Record* settings = batch.find(*settings_type, kSettings);
  if (!settings) return;
  if (const json::value* own = settings->body.if_contains("currency")) change.fields.emplace("currency", *own);
}

Result<void> check_references(Batch& batch, const Change& change) {
  for (const Field& field : change.type.fields) {
    if (field.type != FieldType::reference) continue;
    const json::value* value = change.fields.if_contains(field.name);
    if (!value || value->is_null()) continue;
    if (const auto found = usable(batch, field.references, value->get_int64(), "fields." + field.name); !found)
      return refuse(found);
  }
  return {};
}

Result<void> apply_rules(Batch& batch, Change& change) {
  if (const auto allowed = parent_rules(batch, change); !allowed) return allowed;
  if (const auto allowed = key_metrics_rules(batch, change); !allowed) return allowed;
  const std::string& type = change.type.name;
  if (type == "activity") return activity_rules(batch, change);
  if (type == "deal") return deal_rules(batch, change);
  if (type == "stage") return stage_rules(batch, change);
  if (type == "field") return field_rules(batch, change);
  if (type == "workspace") return settings_rules(batch, change);
  if (type == "rate") return rate_rules(change);
  if (type == "quota") return quota_rules(change);
  if (type == "own_metric") return metric_rules(batch, change);
  return {};
}

bool has_unique_field(const RecordType& type) { return std::ranges::any_of(type.fields, &Field::unique); }

// Moves the unique keys from what the record's body was to what it is.
Result<void> move_keys(Batch& batch, const RecordType& type, const Record* before, const json::object& body, Id id) {
  if (!has_unique_field(type)) return {};
  const std::vector<std::string> keys = unique_keys(type, body);
  if (before)
    for (const std::string& old : unique_keys(type, before->body))
      if (std::ranges::find(keys, old) == keys.end()) batch.give_up_key(old, id);
  for (const std::string& key : keys)
    if (const auto taken = batch.take_key(key, id); !taken) return taken;
  return {};
}

Result<void> check_first(const Batch& batch, const RecordType& type) {
  if (batch.next() != 1 || type.name == "workspace") return {};
  return refuse(Code::rule, "type", "This workspace is still empty: begin it with its settings.");
}

Result<void> create(Batch& batch, const RecordType& type, const Action& action) {
  if (const auto first = check_first(batch, type); !first) return first;
  if (type.single && !batch.all(type).empty())
    return refuse(Code::rule, "type", fmt::format("There is one {} only; change that one.", lower(type.label)));
  json::object copy;
  const auto given = resolve_fields(batch, type, action.fields, copy);
  if (!given) return refuse(given);
  Result<json::object> fields = validate(type, **given, true);
  if (!fields) {
    fields.error().field = "fields." + fields.error().field;
    return refuse(fields);
  }
  const auto occurred_at = when(batch, action);
  if (!occurred_at) return refuse(occurred_at);
  Change change{.type = type,
                .before = nullptr,
                .id = batch.next(),
                .fields = std::move(*fields),
                .occurred_at = *occurred_at,
                .dated = action.occurred_at || action.occurred_unknown};
  fill_defaults(batch, change);
  if (const auto good = check_references(batch, change); !good) return good;
  if (const auto allowed = apply_rules(batch, change); !allowed) return allowed;
  if (const auto moved = move_keys(batch, type, nullptr, change.fields, change.id); !moved) return moved;
  if (action.client_ref) {
    if (action.client_ref->empty() || action.client_ref->size() > kLongestClientRef || !is_text(*action.client_ref))
      return refuse(Code::invalid, "client_ref",
                    fmt::format("A reference of your own takes 1 to {} bytes of UTF-8 text.", kLongestClientRef));
    if (const auto taken = batch.take_key(client_ref_key(*action.client_ref), change.id); !taken) return taken;
  }
  batch.created(type, change.fields, change.occurred_at);
  if (type.name == "field") {
    Result<Schema> schema = with_custom_field(batch.schema(), change.fields);
    if (!schema) return refuse(schema);
    batch.extend(std::move(*schema));
  }
  batch.done(change.id, change.id);
  return {};
}

Result<void> change_record(Batch& batch, const RecordType& type, const Action& action, const Record& before) {
  if (const auto live = must_be_live(type, before, "target"); !live) return live;
  json::object copy;
  const auto given = resolve_fields(batch, type, action.fields, copy);
  if (!given) return refuse(given);
  Result<json::object> fields = validate(type, **given, false);
  if (!fields) {
    fields.error().field = "fields." + fields.error().field;
    return refuse(fields);
  }
  const auto occurred_at = when(batch, action);
  if (!occurred_at) return refuse(occurred_at);
  Change change{.type = type,
                .before = &before,
                .id = before.id,
                .fields = {},
                .occurred_at = *occurred_at,
                .dated = action.occurred_at || action.occurred_unknown};
  for (auto& [key, value] : *fields) change.set(key, std::move(value));
  if (change.fields.empty()) {
    batch.done(before.id, before.version);
    return {};
  }
  if (const auto good = check_references(batch, change); !good) return good;
  if (const auto allowed = apply_rules(batch, change); !allowed) return allowed;
  if (has_unique_field(type)) {
    json::object body = before.body;
    fold(body, change.fields);
    if (const auto moved = move_keys(batch, type, &before, body, before.id); !moved) return moved;
  }
  const Id id = before.id;
  batch.done(id, batch.changed(type, id, change.fields, change.occurred_at));
  return {};
}

Result<void> act_on(Batch& batch, const RecordType& type, const Action& action) {
  const Result<Id> id = batch.resolve(action.target, "target");
  if (!id) return refuse(id);
  const Record* record = batch.find(type, *id);
  if (!record) return refuse(Code::not_found, "target", fmt::format("There is no {} {}.", lower(type.label), *id));
  // A batch may hold several changes of a record that the client read before the first of them.
  if (action.expected_version && *action.expected_version != record->version &&
      *action.expected_version != batch.version_before(*record))
    return refuse(Code::stale, "expected_version",
                  fmt::format("{} {} has changed since you read it (version {}, now {}). Look at it again.", type.label,
                              *id, *action.expected_version, record->version));
  if (action.verb == Verb::change) return change_record(batch, type, action, *record);

  const auto occurred_at = when(batch, action);
  if (!occurred_at) return refuse(occurred_at);
  Result<Seq> version;
  switch (action.verb) {
    case Verb::remove:
      version = remove(batch, type, *record, *occurred_at);
      break;
    case Verb::restore:
      version = restore(batch, type, *record, *occurred_at);
      break;
    case Verb::unmerge:
      version = unmerge(batch, type, *record, *occurred_at);
      break;
    case Verb::erase:
      version = erase(batch, type, *record, *occurred_at);
      break;
    default: {
      const Result<Id> into = batch.resolve(action.into, "into");
      if (!into) return refuse(into);
      const Record* kept = batch.find(type, *into);
      if (!kept) return refuse(Code::not_found, "into", fmt::format("There is no {} {}.", lower(type.label), *into));
      version = merge(batch, type, *record, *kept, *occurred_at);
    }
  }
  if (!version) return refuse(version);
  batch.done(*id, *version);
  return {};
}

Result<void> act(Batch& batch, const Action& action) {
  const RecordType* type = batch.schema().type(action.type);
  if (!type) {
    const std::vector<std::string> names = batch.schema().type_names();
    return refuse(Code::unknown, "type",
                  fmt::format("There is no record type \"{}\".{}", action.type.substr(0, 60),
                              did_you_mean(action.type.substr(0, 60), names)));
  }
  return action.verb == Verb::create ? create(batch, *type, action) : act_on(batch, *type, action);
}

}  // namespace

Result<Decision> decide(const Schema& schema, Records& records, const Command& command, Seq next, Instant now,
                        const MetricCheck& metrics) {
  if (command.actions.empty()) return refuse(Code::required, "actions", "The request holds no action.");
  if (command.actions.size() > kMostActions)
    return refuse(Code::too_large, "actions",
                  fmt::format("The request holds {} actions; split it into requests of at most {}.",
                              command.actions.size(), kMostActions));
  Batch batch(schema, records, command, next, now, metrics);
  for (std::size_t i = 0; i < command.actions.size(); ++i) {
    if (auto acted = act(batch, command.actions[i]); !acted) {
      acted.error().field = fmt::format("actions[{}].{}", i, acted.error().field);
      return refuse(acted);
    }
  }
  return batch.finish();
}

bool allows(Verb verb, const RecordType& type) {
  switch (verb) {
    case Verb::remove:
    case Verb::restore:
      return !type.single && type.name != "field" && type.name != "own_metric";
    case Verb::merge:
    case Verb::unmerge:
      return type.name == "account" || type.name == "contact";
    case Verb::erase:
      return type.name == "contact" || type.name == "member";
    case Verb::create:
    case Verb::change:
      return true;
  }
  return true;
}

std::vector<std::string> held_keys(const RecordType& type, const Record& record) {
  if (record.state == RecordState::deleted) return {};
  return unique_keys(type, record.body);
}

std::string client_ref_key(std::string_view client_ref) { return fmt::format("ref={}", client_ref); }

std::size_t entries_with(const Entry& entry) {
  if (entry.plain == "{}") return 0;
  const bool one = entry.kind == EntryKind::merged || entry.kind == EntryKind::unmerged;
  if (!one && entry.kind != EntryKind::erased) return 0;
  const json::object note = parse_stored(entry.plain);
  if (one) return note.contains("gave") || note.contains("took") ? 1 : 0;
  return note.at("also").as_array().size();
}

const json::value* Change::now(std::string_view name) const {
  return before ? before->body.if_contains(name) : nullptr;
}

const json::value* Change::after(std::string_view name) const {
  const json::value* value = fields.if_contains(name);
  if (!value) return now(name);
  return value->is_null() ? nullptr : value;
}

void Change::set(std::string_view name, json::value value) {
  const json::value* present = now(name);
  const bool same = value.is_null() ? present == nullptr : present != nullptr && *present == value;
  if (!same)
    fields[name] = std::move(value);
  else if (const auto place = fields.find(name); place != fields.end())
    fields.stable_erase(place);
}

Result<const Record*> usable(Batch& batch, std::string_view type_name, Id id, std::string field) {
  const RecordType& type = batch.schema().need(type_name);
  const Record* record = batch.find(type, id);
  if (!record)
    return refuse(Code::not_found, std::move(field), fmt::format("There is no {} {}.", lower(type.label), id));
  if (batch.root(type, *record).state == RecordState::deleted)
    return refuse(Code::rule, std::move(field),
                  fmt::format("{} {} is in the bin. Restore it or name another.", type.label, id));
  return record;
}

Result<void> must_be_live(const RecordType& type, const Record& record, std::string field) {
  switch (record.state) {
    case RecordState::live:
      return {};
    case RecordState::deleted:
      return refuse(Code::rule, std::move(field),
                    fmt::format("{} {} is in the bin. Restore it first.", type.label, record.id));
    case RecordState::merged:
      return refuse(Code::rule, std::move(field),
                    fmt::format("{} {} was merged into {}. Use that one, or undo the merge first.", type.label,
                                record.id, record.merged_into));
  }
  return {};
}

}  // namespace traction
