// Schema: which record types exist and which fields each has, read from definitions/records/*.toml and extended by a
// workspace's own fields. Validation, mart columns, import mapping, forms and API documents all derive from it. Pure:
// it is handed texts, it opens no file. Immutable once built, thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace traction {

// What a field holds, and how it stands in a record's JSON body.
enum class FieldType {
  text,       // string, UTF-8, no NUL, at most Field::max_length bytes
  integer,    // 64-bit integer
  decimal,    // finite number, at most 10^18 either side of 0, always held as a double; never money
  boolean,    // true or false
  date,       // "2017-12-31"
  instant,    // integer: microseconds since 1970 UTC (texts given from outside are RFC 3339)
  duration,   // integer: seconds, at most kLongestSeconds either side of 0
  money,      // integer: minor units of the currency in the record's field `currency`; the name ends in _minor
  currency,   // ISO 4217 code
  choice,     // one of Field::choices
  reference,  // integer: the id of a record of type Field::references
  calendar,   // object: working hours, see base/calendar.h
};

std::string_view name(FieldType type);

// A thousand years.
inline constexpr std::int64_t kLongestSeconds = 31'556'952'000;

struct Field {
  std::string name;   // [a-z][a-z0-9_]*, the key in the JSON body
  std::string label;  // for people, sentence case
  std::string about;  // one sentence, may be empty
  FieldType type = FieldType::text;
  bool required = false;
  bool personal = false;    // erased with the person it tells of
  bool unique = false;      // at most one live record of the type has a given value
  bool searchable = false;  // part of the text search; only on small types
  bool custom = false;      // a workspace's own, added at run time
  bool system = false;      // set by the rules alone; refused from a client
  std::vector<std::string> choices;
  std::string references;  // record type, for FieldType::reference
  std::optional<std::int64_t> min, max;
  std::size_t max_length = 1000;  // bytes, for text
  json::value initial;            // value of a new record when none is given; null = none
};

struct RecordType {
  std::string name;    // "deal"
  std::string label;   // "Deal"
  std::string plural;  // "deals"
  std::string about;
  std::int32_t number = 0;  // stands for the type in stored rows; never reused
  std::string title;        // the field that names a record to a person: "name", "subject" …
  bool small = true;        // false for the types that come by the million (activity): no text search over them
  bool single = false;      // at most one record of the type (the workspace's settings)
  std::vector<Field> fields;

  // The field of that name, or null.
  const Field* field(std::string_view field_name) const;
  std::vector<std::string> field_names() const;
};

// A definition file: its path (for messages) and its text.
struct DefinitionFile {
  std::string path;
  std::string text;
};

class Schema {
 public:
  // Reads all record definitions. Refused with `field` = "records/deal.toml:12" at the first mistake: TOML that does
  // not parse, an unknown key or type, a reference to no type, a number or name used twice, a money field without
  // `currency` beside it or whose name does not end in _minor, searchable on a large type, a bad default.
  static Result<Schema> load(std::span<const DefinitionFile> files);

  // The same schema with the workspace's own field at the end of a type. Refused when the type is unknown, the name is
  // taken or malformed, or the field is required (records made before it would be wrong).
  Result<Schema> with_field(std::string_view type_name, Field field) const;

  const RecordType* type(std::string_view type_name) const;  // or null
  const RecordType* type(std::int32_t number) const;         // or null
  const RecordType& need(std::string_view type_name) const;  // CHECKs that it exists
  std::span<const RecordType> types() const { return types_; }
  std::vector<std::string> type_names() const;

 private:
  std::vector<RecordType> types_;  // by number
};

// One field's value from JSON as a client sends it, into the form in which it is stored: instants given as RFC 3339
// become microseconds; everything else must already be of the field's JSON type. Refused (invalid, too_large; unknown
// for a choice or currency) with `field` set. Null stays null and a text of nothing but white space becomes null.
// Whether a reference's target exists is not asked here.
Result<json::value> to_stored(const Field& field, const json::value& value);

// One field's value from text (a CSV cell, a command-line argument) into stored form. Empty text is null. Money needs
// the currency of its record; decimals with a point. Booleans: true/false/yes/no/1/0. References: digits, the id.
Result<json::value> from_text(const Field& field, std::string_view text, std::string_view currency);

// A stored value as text for people and CSV: money with its decimals, instants as RFC 3339, null as "".
std::string to_text(const Field& field, const json::value& stored, std::string_view currency);

// Checks the fields of a command against the type and brings each to stored form, in definition order. With `creating`,
// fills `initial` values and refuses (required) what is missing; otherwise a null means "clear" and is refused for a
// required field. Refused also for a name that is no field's (unknown, with the nearest), a system field (forbidden)
// and whatever to_stored() refuses.
Result<json::object> validate(const RecordType& type, const json::object& fields, bool creating);

// The unique keys a record with this body holds: "type.field=value" for every unique field that is not null.
std::vector<std::string> unique_keys(const RecordType& type, const json::object& body);

// The searchable texts of a body, joined by newlines; empty when there are none.
std::string search_text(const RecordType& type, const json::object& body);

// Fields split by whether they are personal; both keep definition order.
struct SplitBody {
  json::object plain;
  json::object personal;
};
SplitBody split_personal(const RecordType& type, const json::object& fields);

// A column of a mart table made from a field: its name and DuckDB type (TIMESTAMP for instants, BIGINT for money,
// references and durations, JSON-free VARCHAR for choices …).
struct Column {
  std::string name;
  std::string sql_type;
};
std::vector<Column> mart_columns(const RecordType& type);

// What a form or an import mapping needs to know of a type, as JSON: label, fields with type, label, unit, choices,
// required. Also the API's description of the type.
json::object describe(const RecordType& type);

}  // namespace traction
