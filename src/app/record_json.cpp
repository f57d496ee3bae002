#include "app/record_json.h"

#include "app/resolve.h"

namespace traction {
namespace {

void show_instants(const RecordType& type, json::object& fields) {
  for (const Field& field : type.fields) {
    if (field.type != FieldType::instant) continue;
    json::value* value = fields.if_contains(field.name);
    if (value && value->is_int64()) *value = to_string(Instant{value->get_int64()});
  }
}

}  // namespace

const std::string& Titles::of(const RecordType& type, Id id) {
  const auto [found, fresh] = titles_.try_emplace(id);
  if (fresh) found->second = title_of(reader_, type, id);
  return found->second;
}

json::object record_json(const RecordType& type, const StoredRecord& record, Titles* titles) {
  static constexpr const char* kStates[] = {"live", "deleted", "merged"};
  json::object fields = parse_stored(record.body), named;
  if (titles)
    for (const Field& field : type.fields)
      if (const json::value* value = fields.if_contains(field.name); value && field.type == FieldType::reference)
        named[field.name] = titles->of(titles->schema().need(field.references), value->to_number<Id>());
  show_instants(type, fields);
  json::object out;
  out.reserve(7);
  out.emplace("id", record.id);
  out.emplace("type", type.name);
  out.emplace("version", record.version);
  out.emplace("state", kStates[static_cast<int>(record.state)]);
  if (record.merged_into) out.emplace("merged_into", record.merged_into);
  out.emplace("fields", std::move(fields));
  if (titles) out.emplace("titles", std::move(named));
  return out;
}

json::object entry_json(const RecordType& type, const Entry& entry) {
  json::object fields = parse_stored(entry.plain);
  if (entry.personal && !entry.personal->empty())
    for (auto& [key, value] : parse_stored(*entry.personal)) fields[key] = value;
  show_instants(type, fields);
  json::object out{{"seq", entry.seq},
                   {"kind", name(entry.kind)},
                   {"recorded_at", to_string(entry.recorded_at)},
                   {"occurred_at", nullptr},
                   {"actor", entry.actor},
                   {"origin", entry.origin},
                   {"erased", !entry.personal.has_value()},
                   {"fields", std::move(fields)}};
  if (entry.occurred_at) out["occurred_at"] = to_string(*entry.occurred_at);
  return out;
}

}  // namespace traction
