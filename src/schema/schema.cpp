#include "schema/schema.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "schema/check.h"

namespace traction {

const Field* RecordType::field(std::string_view field_name) const {
  for (const Field& field : fields)
    if (field.name == field_name) return &field;
  return nullptr;
}

std::vector<std::string> RecordType::field_names() const {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

Result<Schema> Schema::with_field(std::string_view type_name, Field field) const {
  Schema result = *this;
  const auto type = std::ranges::find(result.types_, type_name, &RecordType::name);
  if (type == result.types_.end())
    return refuse(Code::unknown, "record_type",
                  fmt::format("There is no record type \"{}\".{}", excerpt(type_name),
                              did_you_mean(excerpt(type_name), type_names())));
  if (field.required)
    return refuse(
        Code::rule, "required",
        fmt::format("\"{}\" cannot be required: the {} made before it have none.", excerpt(field.name), type->plural));
  if (field.system) return refuse(Code::rule, "system", "Only a shipped definition can be set by the rules.");
  field.custom = true;
  type->fields.push_back(std::move(field));
  if (std::optional<Refusal> refusal = check_field(*type, type->fields.back(), result.types_))
    return tl::unexpected(std::move(*refusal));
  Field& added = type->fields.back();
  added.initial = *to_stored(added, added.initial);
  return result;
}

const RecordType* Schema::type(std::string_view type_name) const {
  for (const RecordType& type : types_)
    if (type.name == type_name) return &type;
  return nullptr;
}

const RecordType* Schema::type(std::int32_t number) const {
  const auto found = std::ranges::lower_bound(types_, number, {}, &RecordType::number);
  return found != types_.end() && found->number == number ? &*found : nullptr;
}

const RecordType& Schema::need(std::string_view type_name) const {
  const RecordType* found = type(type_name);
  CHECK(found != nullptr);
  return *found;
}

std::vector<std::string> Schema::type_names() const {
  std::vector<std::string> names;
  names.reserve(types_.size());
  for (const RecordType& type : types_) names.push_back(type.name);
  return names;
}

}  // namespace traction
