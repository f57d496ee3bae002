// The schemas that follow from the record types: what a record is when it is read, made and changed.
#include <fmt/format.h>

#include "base/instant.h"
#include "base/money.h"
#include "domain/decide.h"
#include "http/openapi.h"

namespace traction {
namespace {

json::object to_component(std::string_view name) { return {{"$ref", fmt::format("#/components/schemas/{}", name)}}; }

json::array strings(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::object bounded(const Field& field, std::int64_t low, std::int64_t high) {
  return {{"type", "integer"},
          {"format", "int64"},
          {"minimum", std::max(low, field.min.value_or(low))},
          {"maximum", std::min(high, field.max.value_or(high))}};
}

// What the field's values are; `given` = by a client, else as we answer them.
json::object value_of(const Field& field, bool given) {
  switch (field.type) {
    case FieldType::text: {
      json::object schema{{"type", "string"}, {"maxLength", field.max_length}};
      if (given && field.required) schema["pattern"] = "[^ \\t\\r\\n]";
      return schema;
    }
    case FieldType::integer:
      return bounded(field, INT64_MIN, INT64_MAX);
    case FieldType::decimal: {
      json::object schema{{"type", "number"}};
      schema["minimum"] = field.min ? static_cast<double>(*field.min) : -1e18;
      schema["maximum"] = field.max ? static_cast<double>(*field.max) : 1e18;
      return schema;
    }
    case FieldType::boolean:
      return {{"type", "boolean"}};
    case FieldType::date:
      return {{"type", "string"}, {"format", "date"}};
    case FieldType::instant: {
      json::object text{{"type", "string"}, {"format", "date-time"}};
      if (!given) return text;
      return {{"anyOf", json::array{std::move(text), json::object{{"type", "integer"},
                                                                  {"format", "int64"},
                                                                  {"description", "Microseconds since 1970."}}}}};
    }
    case FieldType::duration:
      return bounded(field, -kLongestSeconds, kLongestSeconds);
    case FieldType::money: {
      json::object schema = bounded(field, -kLargestMinor, kLargestMinor);
      schema["examples"] = json::array{125'000};
      return schema;
    }
    case FieldType::currency:
      return {{"type", "string"}, {"pattern", "^[A-Z]{3}$"}, {"examples", json::array{"EUR"}}};
    case FieldType::choice:
      return {{"type", "string"}, {"enum", strings(field.choices)}};
    case FieldType::reference:
      return to_component(given ? "Reference" : "Id");
    case FieldType::calendar:
      return to_component("Calendar");
  }
  return {};
}

// What a person should know of the field, in one or two sentences.
std::string about_of(const Field& field) {
  std::string about = field.label + ".";
  if (!field.about.empty()) about += " " + field.about;
  switch (field.type) {
    case FieldType::text:
      about += fmt::format(" At most {} bytes of UTF-8.", field.max_length);
      break;
    case FieldType::date:
    case FieldType::instant:
      about += fmt::format(" In the years {} to {}.", kFirstYear, kLastYear);
      break;
    case FieldType::duration:
      about += " In seconds.";
      break;
    case FieldType::money:
      about += " In minor units of `currency`: 1250 are 12.50 EUR.";
      break;
    case FieldType::currency:
      about += " ISO 4217.";
      break;
    case FieldType::reference:
      about += fmt::format(" Refers to a record of type `{}`.", field.references);
      break;
    default:
      break;
  }
  if (field.unique) about += " No two live records have the same.";
  if (field.personal) about += " Personal: erased with the person it tells of.";
  if (field.custom) about += " This workspace's own field.";
  return about;
}

enum class Side { read, create, change };

json::object property_of(const Field& field, Side side) {
  json::object schema = value_of(field, side != Side::read);
  // What is given as null is cleared, or left to its first value; of what must be there only the latter.
  const bool null = side != Side::read && (!field.required || (side == Side::create && !field.initial.is_null()));
  if (null) {
    if (!schema.contains("anyOf")) schema = {{"anyOf", json::array{json::value(std::move(schema))}}};
    schema["anyOf"].get_array().emplace_back(json::object{{"type", "null"}});
  }
  schema["description"] = about_of(field);
  if (!field.references.empty()) schema["x-references"] = field.references;  // for programs
  if (side == Side::read && field.system) schema["readOnly"] = true;
  if (side == Side::create && !field.initial.is_null()) schema["default"] = field.initial;
  return schema;
}

json::object fields_of(const RecordType& type, Side side) {
  json::object properties;
  json::array required;
  for (const Field& field : type.fields) {
    if (side != Side::read && field.system) continue;
    properties[field.name] = property_of(field, side);
    // Of what is read, personal values may have been erased.
    const bool must = side == Side::create ? field.initial.is_null() : side == Side::read && !field.personal;
    if (field.required && must) required.emplace_back(field.name);
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json::object object_of(json::object properties, json::array required) {
  return {{"type", "object"},
          {"required", std::move(required)},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

json::object titles_of(const RecordType& type) {
  json::object properties;
  for (const Field& field : type.fields)
    if (field.type == FieldType::reference) properties[field.name] = json::object{{"type", "string"}};
  return {{"type", "object"},
          {"description", "What the records are called that it refers to; only with `titles=true`."},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

json::object record_of(json::value type, json::object fields, json::object titles) {
  return object_of({{"id", to_component("Id")},
                    {"type", std::move(type)},
                    {"version", to_component("RecordVersion")},
                    {"state", json::object{{"enum", json::array{"live", "deleted", "merged"}}}},
                    {"merged_into", to_component("Id")},
                    {"fields", std::move(fields)},
                    {"titles", std::move(titles)}},
                   {"id", "type", "version", "state", "fields"});
}

void add_type(json::object& all, const RecordType& type) {
  const std::string name = component_name(type);
  all[name + "Fields"] = fields_of(type, Side::read);
  json::object record = record_of(json::object{{"const", type.name}}, to_component(name + "Fields"), titles_of(type));
  if (!type.about.empty()) record["description"] = type.about;
  all[name] = std::move(record);
  all[name + "Change"] =
      object_of({{"fields", fields_of(type, Side::change)}, {"occurred_at", to_component("OccurredAt")}}, {"fields"});
  if (type.single) return;
  all[name + "Create"] = object_of({{"fields", fields_of(type, Side::create)},
                                    {"occurred_at", to_component("OccurredAt")},
                                    {"client_ref", to_component("ClientRef")}},
                                   {"fields"});
  all[name + "Page"] = object_of(
      {{"records", json::object{{"type", "array"}, {"items", to_component(name)}}}, {"next", to_component("Next")}},
      {"records", "next"});
}

// In a batch, where a record may be one that an earlier action makes.
json::object target() {
  return {{"description",
           "The record: its id, the `client_ref` it was created with, or its place among the creations "
           "of this batch, from 0."},
          {"anyOf", json::array{to_component("Id"), object_of({{"ref", to_component("ClientRef")}}, {"ref"}),
                                object_of({{"new", json::object{{"type", "integer"}, {"minimum", 0}}}}, {"new"})}}};
}

json::object batch(const Schema& schema) {
  const json::object record = target();
  json::object action = object_of(
      {{"verb", json::object{{"enum", json::array{"create", "change", "delete", "restore", "merge", "unmerge"}}}},
       {"type", json::object{{"enum", strings(schema.type_names())}}},
       {"id", to_component("Id")},
       {"ref", to_component("ClientRef")},
       {"new", json::object{{"type", "integer"}, {"minimum", 0}}},
       {"into", record},
       {"version", to_component("RecordVersion")},
       {"client_ref", to_component("ClientRef")},
       {"fields", json::object{{"type", "object"},
                               {"description",
                                "As in creating or changing a record of the type; a reference may "
                                "also be {\"new\": place}."}}},
       {"occurred_at", to_component("OccurredAt")}},
      {"verb", "type"});
  return object_of(
      {{"actions",
        json::object{{"type", "array"}, {"minItems", 1}, {"maxItems", kMostActions}, {"items", std::move(action)}}}},
      {"actions"});
}

}  // namespace

std::string component_name(const RecordType& type) {
  if (type.single) return "Settings";
  std::string name;
  bool upper = true;
  for (const char letter : type.name) {
    if (letter == '_') {
      upper = true;
      continue;
    }
    name += upper && letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    upper = false;
  }
  return name;
}

json::object components(const Schema& schema) {
  json::object all;
  for (const RecordType& type : schema.types()) add_type(all, type);
  for (auto& [name, each] : fixed_components()) all[name] = std::move(each);
  all["AnyRecord"] = record_of(json::object{{"enum", strings(schema.type_names())}}, {{"type", "object"}},
                               {{"type", "object"}, {"additionalProperties", json::object{{"type", "string"}}}});
  all["Batch"] = batch(schema);
  for (const RecordType& type : schema.types()) {
    if (!type.single) continue;
    json::object settings = fields_of(type, Side::create);
    settings.erase("required");  // it goes by the workspace's name unless it is given one
    all["WorkspaceCreate"] =
        object_of({{"workspace", json::object{{"type", "string"}, {"pattern", "^[a-z0-9][a-z0-9_-]{0,59}$"}}},
                   {"settings", std::move(settings)}},
                  {"workspace"});
    all["WorkspaceMade"] =
        object_of({{"workspace", json::object{{"type", "string"}}}, {"settings", fields_of(type, Side::read)}},
                  {"workspace", "settings"});
  }
  return all;
}

}  // namespace traction
