#include <array>

#include "base/check.h"
#include "schema/schema.h"

namespace traction {
namespace {

struct TypeForm {
  std::string_view name;
  std::string_view sql_type;
  std::string_view unit;
};

// In the order of FieldType.
constexpr std::array<TypeForm, 12> kForms = {{
    {"text", "VARCHAR", ""},
    {"integer", "BIGINT", ""},
    {"decimal", "DOUBLE", ""},
    {"boolean", "BOOLEAN", ""},
    {"date", "DATE", ""},
    {"instant", "TIMESTAMP", ""},
    {"duration", "BIGINT", "seconds"},
    {"money", "BIGINT", "minor units of currency"},
    {"currency", "VARCHAR", ""},
    {"choice", "VARCHAR", ""},
    {"reference", "BIGINT", ""},
    {"calendar", "VARCHAR", ""},
}};

const TypeForm& form_of(FieldType type) {
  const auto index = static_cast<std::size_t>(type);
  CHECK(index < kForms.size());
  return kForms[index];
}

json::object describe(const Field& field) {
  json::object result{{"name", field.name}, {"label", field.label}, {"type", name(field.type)}};
  if (!field.about.empty()) result.emplace("about", field.about);
  if (const std::string_view unit = form_of(field.type).unit; !unit.empty()) result.emplace("unit", unit);
  for (const auto& [key, set] :
       std::initializer_list<std::pair<std::string_view, bool>>{{"required", field.required},
                                                                {"personal", field.personal},
                                                                {"unique", field.unique},
                                                                {"searchable", field.searchable},
                                                                {"custom", field.custom},
                                                                {"system", field.system}})
    if (set) result.emplace(key, true);
  if (!field.choices.empty()) result.emplace("choices", json::array(field.choices.begin(), field.choices.end()));
  if (!field.references.empty()) result.emplace("references", field.references);
  if (field.min) result.emplace("min", *field.min);
  if (field.max) result.emplace("max", *field.max);
  if (field.type == FieldType::text) result.emplace("max_length", field.max_length);
  if (!field.initial.is_null()) result.emplace("initial", field.initial);
  return result;
}

}  // namespace

std::string_view name(FieldType type) { return form_of(type).name; }

SplitBody split_personal(const RecordType& type, const json::object& fields) {
  SplitBody split;
  for (const Field& field : type.fields)
    if (const json::value* value = fields.if_contains(field.name))
      (field.personal ? split.personal : split.plain).emplace(field.name, *value);
  return split;
}

std::vector<Column> mart_columns(const RecordType& type) {
  std::vector<Column> columns;
  columns.reserve(type.fields.size());
  for (const Field& field : type.fields) columns.push_back({field.name, std::string(form_of(field.type).sql_type)});
  return columns;
}

json::object describe(const RecordType& type) {
  json::object result{{"name", type.name}, {"label", type.label}, {"plural", type.plural}, {"title", type.title}};
  if (!type.about.empty()) result.emplace("about", type.about);
  if (type.single) result.emplace("single", true);
  json::array& fields = result.emplace("fields", json::array()).first->value().get_array();
  for (const Field& field : type.fields) fields.emplace_back(describe(field));
  return result;
}

}  // namespace traction
