#include "mart/tables.h"

#include <fmt/format.h>

#include "base/check.h"
#include "ledger/chain.h"
#include "mart/rollups.h"
#include "metrics/path.h"

namespace traction {
namespace {

struct HeadColumn {
  std::string_view name;
  ColumnKind kind;
};

// In the order of VersionColumn.
constexpr HeadColumn kHead[] = {
    {"id", ColumnKind::bigint},           {"seq_from", ColumnKind::bigint},     {"seq_to", ColumnKind::bigint},
    {"entry_kind", ColumnKind::integer},  {"state", ColumnKind::integer},       {"merged_into", ColumnKind::bigint},
    {"actor", ColumnKind::bigint},        {"origin", ColumnKind::bigint},       {"created_at", ColumnKind::instant},
    {"occurred_at", ColumnKind::instant}, {"recorded_at", ColumnKind::instant},
};
static_assert(std::size(kHead) == kFieldColumns);

// Grows when tables, views or the folding of entries change in a way that stored marts do not have.
constexpr int kLayoutVersion = 1;

// The bound is a range, though none is beyond: by an equation DuckDB expects next to no rows, and joins accordingly.
std::string create_view(const RecordType& type) {
  return fmt::format("CREATE OR REPLACE VIEW {} AS {};\n", quoted(type.name),
                     live_records(type, fmt::format("r.seq_to >= {}", kCurrent)));
}

}  // namespace

ColumnKind column_kind(FieldType type) {
  switch (type) {
    case FieldType::text:
    case FieldType::currency:
    case FieldType::choice:
    case FieldType::calendar:
      return ColumnKind::text;
    case FieldType::integer:
    case FieldType::duration:
    case FieldType::money:
    case FieldType::reference:
      return ColumnKind::bigint;
    case FieldType::decimal:
      return ColumnKind::real;
    case FieldType::boolean:
      return ColumnKind::boolean;
    case FieldType::date:
      return ColumnKind::date;
    case FieldType::instant:
      return ColumnKind::instant;
  }
  CHECK(false);
}

std::string versions_table(const RecordType& type) { return "r_" + type.name; }

std::vector<ColumnKind> version_kinds(const RecordType& type) {
  std::vector<ColumnKind> kinds;
  for (const HeadColumn& column : kHead) kinds.push_back(column.kind);
  for (const Field& field : type.fields) kinds.push_back(column_kind(field.type));
  return kinds;
}

std::string create_tables(const RecordType& type) {
  const std::string table = quoted(versions_table(type));
  std::string columns, sql;
  for (const HeadColumn& column : kHead)
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", quoted(column.name), sql_name(column.kind));
  for (const Field& field : type.fields)
    if (!field.custom) columns += fmt::format(", {} {}", quoted(field.name), sql_name(column_kind(field.type)));
  sql += fmt::format("CREATE TABLE IF NOT EXISTS {} ({});\n", table, columns);
  for (const Field& field : type.fields)
    if (field.custom)
      sql += fmt::format("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {};\n", table, quoted(field.name),
                         sql_name(column_kind(field.type)));
  return sql + create_view(type);
}

std::string create_tables(const Schema& schema) {
  std::string sql =
      "CREATE TABLE IF NOT EXISTS mart (ledger_id VARCHAR, seq BIGINT, hash VARCHAR, layout VARCHAR);\n"
      "CREATE TABLE IF NOT EXISTS alias (id BIGINT, root BIGINT);\n";
  for (const RecordType& type : schema.types()) sql += create_tables(type);
  return sql;
}

std::string live_records(const RecordType& type, const std::string& condition) {
  return live_records(type, quoted(versions_table(type)), condition);
}

std::string live_records(const RecordType& type, const std::string& versions, const std::string& condition) {
  std::string columns = "r.id, r.created_at, r.seq_from AS version", joins;
  for (const Field& field : type.fields) {
    if (field.type == FieldType::reference && can_merge(field.references)) {
      const std::string alias = quoted("alias of " + field.name);
      columns += fmt::format(", coalesce({0}.root, r.{1}) AS {1}, r.{1} AS {2}", alias, quoted(field.name),
                             quoted("named " + field.name));
      joins += fmt::format(" LEFT JOIN alias {0} ON {0}.id = r.{1}", alias, quoted(field.name));
    } else {
      columns += fmt::format(", r.{}", quoted(field.name));
    }
  }
  return fmt::format("SELECT {} FROM {} r{} WHERE r.state = {} AND {}", columns, versions, joins,
                     static_cast<int>(RecordState::live), condition);
}

std::string create_past(const RecordType& type, const std::string& database, Seq last) {
  const std::string table = quoted(versions_table(type));
  std::string columns;
  for (std::size_t i = 0; i < kFieldColumns; ++i) {
    const std::string column = quoted(kHead[i].name);
    columns += columns.empty() ? "" : ", ";
    columns += i == kSeqToColumn
                   ? fmt::format("CASE WHEN {0} > {1} THEN {2} ELSE {0} END AS {0}", column, last, kCurrent)
                   : column;
  }
  for (const Field& field : type.fields) columns += ", " + quoted(field.name);
  // The live ones are read from the real table, where the bounds on seq_from and seq_to pass over whole parts of it.
  const std::string real = fmt::format("{}.main.{}", database, table);
  return fmt::format("CREATE TEMP VIEW {} AS SELECT {} FROM {} WHERE seq_from <= {};\n", table, columns, real, last) +
         fmt::format("CREATE TEMP VIEW {} AS {};\n", quoted(type.name),
                     live_records(type, real, fmt::format("r.seq_from <= {0} AND r.seq_to > {0}", last)));
}

Schema with_own_fields(Connection& connection, Schema schema, Seq last) {
  const Result<Table> fields =
      connection.query(fmt::format("SELECT record_type, name, field_type, choices, \"references\" FROM r_field "
                                   "WHERE entry_kind = 1 AND seq_from <= {} ORDER BY id",
                                   last));
  CHECK(fields.has_value());
  for (const TableRow row : fields->rows()) {
    json::object record;
    for (std::size_t i = 0; i < row.size(); ++i)
      if (const std::string& text = row.text(i); !text.empty()) record[fields->columns[i].name()] = text;
    if (Result<Schema> wider = with_custom_field(schema, record)) schema = std::move(*wider);
  }
  return schema;
}

std::string create_fact(const FactDefinition& fact) {
  std::string columns;
  for (const FactColumn& column : fact.columns)
    columns +=
        fmt::format("{}{} {}", columns.empty() ? "" : ", ", quoted(column.name), sql_name(column_kind(column.type)));
  return fmt::format("CREATE OR REPLACE TABLE {} ({});\n", quoted(fact.name), columns);
}

bool can_merge(std::string_view type_name) { return type_name == "account" || type_name == "contact"; }

std::string fill_alias(const Schema& schema) {
  std::string merged;
  for (const RecordType& type : schema.types())
    if (can_merge(type.name))
      merged += fmt::format("{}SELECT id, merged_into FROM {} WHERE state = {} AND seq_to = {}",
                            merged.empty() ? "" : " UNION ALL ", quoted(versions_table(type)),
                            static_cast<int>(RecordState::merged), kCurrent);
  return fmt::format(
      "DELETE FROM alias;\n"
      "INSERT INTO alias WITH RECURSIVE merged AS ({}), climb AS (SELECT id, merged_into AS root FROM merged UNION ALL "
      "SELECT c.id, m.merged_into FROM climb c JOIN merged m ON m.id = c.root) "
      "SELECT id, root FROM climb WHERE root NOT IN (SELECT id FROM merged);\n",
      merged);
}

std::string layout_digest(const Schema& schema, const std::vector<FactDefinition>& facts) {
  std::string text = fmt::format("{}\n", kLayoutVersion);
  for (const RecordType& type : schema.types()) {
    text += fmt::format("{} {}\n", type.name, type.number);
    for (const Field& field : type.fields)
      if (!field.custom) text += fmt::format("  {} {} {}\n", field.name, name(field.type), field.references);
  }
  for (const FactDefinition& fact : facts) {
    text += create_fact(fact) + create_rollups(fact) + fact.select;
    for (const FactColumn& column : fact.columns) text += column.merge + "," + column.by + "\n";
    for (const auto& [source, keys] : fact.touched) text += source + keys + "\n";
  }
  return fmt::format("{:016x}", short_digest(text));
}

}  // namespace traction
