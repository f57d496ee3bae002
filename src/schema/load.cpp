#include <fmt/format.h>

#include "base/text.h"
#include "schema/check.h"
#include "schema/schema.h"
#include "schema/toml.h"

namespace traction {
namespace {

// A type as read, with the tables it was read from, to place later mistakes.
struct Source {
  RecordType type;
  TomlTable table;
  std::vector<TomlTable> fields;
};

Field read_field(TomlTable& table) {
  Field field;
  std::string type_name;
  table.get("name", field.name);
  table.get("type", type_name);
  table.get("label", field.label);
  table.get("about", field.about);
  table.get("required", field.required);
  table.get("personal", field.personal);
  table.get("unique", field.unique);
  table.get("searchable", field.searchable);
  table.get("system", field.system);
  table.get("choices", field.choices);
  table.get("references", field.references);
  table.get("min", field.min);
  table.get("max", field.max);
  table.get("max_length", field.max_length);
  table.get("initial", field.initial);
  table.nothing_else();
  if (const std::optional<FieldType> type = field_type(type_name)) {
    field.type = *type;
  } else {
    const std::vector<std::string> names = field_type_names();
    table.fault("type", Code::unknown,
                fmt::format("There is no type \"{}\"; a field is {}.{}", excerpt(type_name), enumerate(names),
                            did_you_mean(excerpt(type_name), names)));
  }
  return field;
}

Source read_type(const DefinitionFile& file, const toml::table& root) {
  Source source{{}, TomlTable(file.path, root), {}};
  RecordType& type = source.type;
  TomlTable& table = source.table;
  json::value fields;
  table.get("name", type.name);
  table.get("number", type.number);
  table.get("label", type.label);
  table.get("plural", type.plural);
  table.get("title", type.title);
  table.get("about", type.about);
  table.get("small", type.small);
  table.get("single", type.single);
  table.get("field", fields);
  table.nothing_else();
  const toml::array* list = root["field"].as_array();
  if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table)) {
    table.fault("field", Code::required, "A record type needs its fields as [[field]] tables.");
    return source;
  }
  for (const toml::node& item : *list) {
    source.fields.emplace_back(file.path, *item.as_table());
    type.fields.push_back(read_field(source.fields.back()));
  }
  return source;
}

// The first mistake of any table of the type.
std::optional<Refusal> mistake(const Source& source) {
  if (source.table.refusal()) return source.table.refusal();
  for (const TomlTable& field : source.fields)
    if (field.refusal()) return field.refusal();
  return std::nullopt;
}

void check(Source& source, std::span<const RecordType> types) {
  if (const auto refusal = check_type(source.type))
    source.table.fault(refusal->field, refusal->code, refusal->sentence);
  for (const RecordType& other : types) {
    if (other.name == source.type.name) continue;
    if (other.number == source.type.number)
      source.table.fault("number", Code::duplicate,
                         fmt::format("The number {} is already that of {}.", other.number, other.name));
  }
  for (std::size_t i = 0; i < source.fields.size(); ++i) {
    const Field& field = source.type.fields[i];
    if (const auto refusal = check_field(source.type, field, types))
      source.fields[i].fault(refusal->field, refusal->code, refusal->sentence);
  }
}

}  // namespace

Result<Schema> Schema::load(std::span<const DefinitionFile> files) {
  std::vector<toml::table> roots;
  roots.reserve(files.size());  // tables point into them
  std::vector<Source> sources;
  Schema schema;
  for (const DefinitionFile& file : files) {
    Result<toml::table> root = parse_toml(file.path, file.text);
    if (!root) return refuse(root);
    roots.push_back(std::move(*root));
    Source& source = sources.emplace_back(read_type(file, roots.back()));
    if (schema.type(source.type.name) != nullptr)
      source.table.fault("name", Code::duplicate,
                         fmt::format("The record type \"{}\" is defined twice.", excerpt(source.type.name)));
    if (const auto refusal = mistake(source)) return tl::unexpected(*refusal);
    schema.types_.push_back(source.type);
  }
  for (Source& source : sources) {
    check(source, schema.types_);
    if (const auto refusal = mistake(source)) return tl::unexpected(*refusal);
  }
  for (RecordType& type : schema.types_)
    for (Field& field : type.fields) field.initial = *to_stored(field, field.initial);
  std::ranges::sort(schema.types_, {}, &RecordType::number);
  return schema;
}

}  // namespace traction
