#include "schema/check.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/text.h"

namespace traction {
namespace {

constexpr std::size_t kMostFields = 500;
constexpr std::size_t kLongestName = 60;
constexpr std::size_t kLargestText = 1'000'000;

// What the mart's tables and the command line call their own columns.
constexpr std::array<std::string_view, 13> kReserved = {
    "id",    "type",   "seq_from",   "seq_to",      "entry_kind",  "state",  "merged_into",
    "actor", "origin", "created_at", "occurred_at", "recorded_at", "version"};

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestName || text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

std::optional<Refusal> wrong(std::string_view key, std::string sentence, Code code = Code::invalid) {
  return Refusal{code, std::string(key), std::move(sentence)};
}

std::optional<Refusal> check_choices(const Field& field) {
  if (field.type != FieldType::choice)
    return field.choices.empty() ? std::nullopt : wrong("choices", "Only a field of type choice has choices.");
  if (field.choices.empty()) return wrong("choices", "A choice needs choices.", Code::required);
  std::set<std::string_view> seen;
  for (const std::string& choice : field.choices) {
    if (trim(choice) != choice || choice.empty() || choice.size() > 200 || !is_text(choice))
      return wrong("choices", fmt::format("\"{}\" cannot be a choice: it is empty, has spaces around it, is over 200 "
                                          "bytes or is not UTF-8.",
                                          excerpt(choice)));
    if (!seen.insert(choice).second)
      return wrong("choices", fmt::format("The choice \"{}\" is there twice.", excerpt(choice)), Code::duplicate);
  }
  return std::nullopt;
}

std::optional<Refusal> check_reference(const Field& field, std::span<const RecordType> types) {
  if (field.type != FieldType::reference)
    return field.references.empty() ? std::nullopt
                                    : wrong("references", "Only a field of type reference refers to records.");
  if (field.references.empty()) return wrong("references", "A reference needs the record type.", Code::required);
  std::vector<std::string> names;
  for (const RecordType& type : types) names.push_back(type.name);
  if (std::ranges::find(names, field.references) == names.end())
    return wrong("references",
                 fmt::format("There is no record type \"{}\".{}", excerpt(field.references),
                             did_you_mean(excerpt(field.references), names)),
                 Code::unknown);
  return std::nullopt;
}

std::optional<Refusal> check_money(const RecordType& type, const Field& field) {
  if (field.type != FieldType::money) return std::nullopt;
  if (!field.name.ends_with("_minor")) return wrong("name", "The name of a money field ends in _minor.");
  const Field* currency = type.field("currency");
  if (currency == nullptr || currency->type != FieldType::currency)
    return wrong("type", "A money field needs a field \"currency\" of type currency beside it.");
  return std::nullopt;
}

std::optional<Refusal> check_bounds(const Field& field) {
  const bool number = field.type == FieldType::integer || field.type == FieldType::decimal ||
                      field.type == FieldType::money || field.type == FieldType::duration;
  if ((field.min || field.max) && !number) return wrong(field.min ? "min" : "max", "Only numbers have a min and max.");
  if (field.min && field.max && *field.min > *field.max) return wrong("min", "min is greater than max.");
  if (field.max_length == 0 || field.max_length > kLargestText)
    return wrong("max_length", fmt::format("max_length lies between 1 and {}.", kLargestText));
  return std::nullopt;
}

std::optional<Refusal> check_roles(const RecordType& type, const Field& field) {
  if (field.searchable && (field.type != FieldType::text || !type.small))
    return wrong("searchable", "Only texts of small record types can be searched.");
  if (field.unique && field.type != FieldType::text && field.type != FieldType::integer)
    return wrong("unique", "Only a text or an integer can be unique.");
  if (field.unique && field.personal)
    return wrong("unique", "A personal field cannot be unique: its key would outlive an erasure.");
  if (field.system && field.required) return wrong("system", "A field set by the rules cannot be required of anybody.");
  return std::nullopt;
}

}  // namespace

std::optional<FieldType> field_type(std::string_view type_name) {
  for (int i = 0; i <= static_cast<int>(FieldType::calendar); ++i)
    if (name(static_cast<FieldType>(i)) == type_name) return static_cast<FieldType>(i);
  return std::nullopt;
}

std::vector<std::string> field_type_names() {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(FieldType::calendar); ++i) names.emplace_back(name(static_cast<FieldType>(i)));
  return names;
}

std::optional<Refusal> check_field(const RecordType& type, const Field& field, std::span<const RecordType> types) {
  if (!is_name(field.name))
    return wrong("name", fmt::format("\"{}\" cannot be a field's name: it takes lower case letters, digits and "
                                     "underscores, begins with a letter and has at most {} characters.",
                                     excerpt(field.name), kLongestName));
  if (std::ranges::find(kReserved, field.name) != kReserved.end())
    return wrong("name", fmt::format("The name \"{}\" is taken: every record has it.", field.name), Code::duplicate);
  for (const Field& other : type.fields) {
    if (&other == &field) break;
    if (other.name == field.name)
      return wrong("name", fmt::format("{} already has a field \"{}\".", type.label, field.name), Code::duplicate);
  }
  if (type.fields.size() > kMostFields)
    return wrong("name", fmt::format("{} has more than {} fields.", type.label, kMostFields), Code::too_large);
  if (trim(field.label).empty() || !is_text(field.label))
    return wrong("label", fmt::format("The field \"{}\" needs a label.", field.name), Code::required);
  if (auto refusal = check_choices(field)) return refusal;
  if (auto refusal = check_reference(field, types)) return refusal;
  if (auto refusal = check_money(type, field)) return refusal;
  if (auto refusal = check_bounds(field)) return refusal;
  if (auto refusal = check_roles(type, field)) return refusal;
  if (const Result<json::value> initial = to_stored(field, field.initial); !initial)
    return wrong("initial", initial.error().sentence, initial.error().code);
  return std::nullopt;
}

std::optional<Refusal> check_type(const RecordType& type) {
  if (!is_name(type.name))
    return wrong("name", fmt::format("\"{}\" cannot be the name of a record type: it takes lower case letters, digits "
                                     "and underscores and begins with a letter.",
                                     excerpt(type.name)));
  if (type.number <= 0) return wrong("number", "A record type needs a number from 1 on.");
  for (const auto& [key, text] : {std::pair{"label", &type.label}, {"plural", &type.plural}, {"title", &type.title}})
    if (trim(*text).empty()) return wrong(key, fmt::format("A record type needs a {}.", key), Code::required);
  const Field* title = type.field(type.title);
  if (title == nullptr || title->type != FieldType::text)
    return wrong("title", fmt::format("The title must name a text field; \"{}\" does not.", excerpt(type.title)),
                 Code::unknown);
  return std::nullopt;
}

}  // namespace traction
