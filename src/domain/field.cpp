#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "domain/rules.h"
#include "schema/check.h"

namespace traction {
namespace {

std::string text(const json::object& body, std::string_view name) {
  const json::value* value = body.if_contains(name);
  return value ? std::string(value->get_string()) : std::string();
}

std::vector<std::string> choices(std::string_view list) {
  std::vector<std::string> values = split(list, ',');
  for (std::string& value : values) value = std::string(trim(value));
  return values;
}

// "contract_end" → "Contract end"
std::string label_from(std::string name) {
  std::ranges::replace(name, '_', ' ');
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 32);
  return name;
}

// Choices may only be added to: an old one may have been recorded.
Result<void> check_choices(const Schema& schema, const Change& change) {
  const std::string place = "fields.choices";
  const std::vector<std::string> more =
      change.after("choices") ? choices(text(change.fields, "choices")) : std::vector<std::string>{};
  for (const std::string& old : choices(text(change.before->body, "choices")))
    if (std::ranges::find(more, old) == more.end())
      return refuse(Code::rule, place, fmt::format("The choice \"{}\" has to stay: it may have been recorded.", old));
  RecordType type = schema.need(text(change.before->body, "record_type"));
  const auto field = std::ranges::find(type.fields, text(change.before->body, "name"), &Field::name);
  CHECK(field != type.fields.end());
  field->choices = more;
  if (const std::optional<Refusal> wrong = check_field(type, *field, schema.types()))
    return refuse(wrong->code, place, wrong->sentence);
  return {};
}

}  // namespace

Result<Schema> with_custom_field(const Schema& schema, const json::object& field_record) {
  Field field;
  field.name = text(field_record, "name");
  field.label = text(field_record, "label");
  if (field.label.empty()) field.label = label_from(field.name);
  field.about = text(field_record, "about");
  const std::string kind = text(field_record, "field_type");
  const std::optional<FieldType> type = field_type(kind);
  if (!type) return refuse(Code::unknown, "field_type", fmt::format("There is no kind of field \"{}\".", kind));
  field.type = *type;
  field.choices = choices(text(field_record, "choices"));
  field.references = text(field_record, "references");
  const json::value* personal = field_record.if_contains("personal");
  field.personal = personal && personal->get_bool();
  const std::string record_type = text(field_record, "record_type");
  if (record_type == "field")
    return refuse(Code::rule, "record_type", "Custom fields themselves cannot have custom fields.");
  Result<Schema> extended = schema.with_field(record_type, std::move(field));
  if (!extended && extended.error().field == "type") extended.error().field = "field_type";
  return extended;
}

Result<void> field_rules(Batch& batch, Change& change) {
  if (!change.before) {
    const Result<Schema> extended = with_custom_field(batch.schema(), change.fields);
    if (extended) return {};
    return refuse(extended.error().code, "fields." + extended.error().field, extended.error().sentence);
  }
  for (const auto& [key, value] : change.fields)
    if (key != "label" && key != "about" && key != "choices")
      return refuse(Code::rule, fmt::format("fields.{}", std::string_view(key)),
                    "A custom field stays what it is, because values were recorded in it. Make a new one instead.");
  if (change.fields.contains("choices")) return check_choices(batch.schema(), change);
  return {};
}

}  // namespace traction
