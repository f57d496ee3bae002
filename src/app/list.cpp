#include "app/list.h"

#include <fmt/format.h>

#include <array>

#include "app/given.h"
#include "base/fault.h"
#include "base/text.h"

namespace traction {
namespace {

// A column of a record view that people can ask for without its being a field.
const std::array<Field, 2>& built_in() {
  static const std::array<Field, 2> fields = [] {
    Field id, created;
    id.name = "id";
    id.type = FieldType::integer;
    created.name = "created_at";
    created.type = FieldType::instant;
    return std::array{id, created};
  }();
  return fields;
}

Result<const Field*> find_field(const RecordType& type, std::string_view name) {
  for (const Field& field : built_in())
    if (field.name == name) return &field;
  return field_named(type, name);
}

std::string quoted(std::string_view name) { return fmt::format("\"{}\"", name); }

// Builds one SELECT; parameters are numbered as they come.
struct Builder {
  Reader& reader;
  const Schema& schema;
  const Locale& locale;
  std::vector<Cell> parameters;

  template <class T>
  std::string parameter(T value) {
    parameters.emplace_back(std::move(value));
    return fmt::format("${}", parameters.size());
  }

  // A stored value as a parameter of its column's type.
  std::string stored_parameter(const Field& field, const json::value& stored) {
    if (stored.is_bool()) return parameter(stored.get_bool());
    if (stored.is_double()) return parameter(stored.get_double());
    if (stored.is_string()) {
      const std::string name = parameter(std::string(stored.get_string()));
      return field.type == FieldType::date ? fmt::format("CAST({} AS DATE)", name) : name;
    }
    const std::string name = parameter(stored.to_number<std::int64_t>());
    return field.type == FieldType::instant ? fmt::format("make_timestamp({})", name) : name;
  }

  Result<std::string> predicate(const RecordType& type, std::string_view path, const ListFilter& condition) {
    const auto dot = path.find('.');
    const auto field = find_field(type, path.substr(0, dot));
    if (!field) return refuse(field);
    const std::string column = quoted((*field)->name);
    if (dot != std::string_view::npos) {
      if ((*field)->type != FieldType::reference)
        return refuse(Code::invalid, condition.field,
                      fmt::format("\"{}\" is no reference: nothing can follow its point.", (*field)->name));
      const RecordType& target = schema.need((*field)->references);
      auto inner = predicate(target, path.substr(dot + 1), condition);
      if (!inner) return inner;
      return fmt::format("{} IN (SELECT id FROM {} WHERE {})", column, quoted(target.name), *inner);
    }
    if ((*field)->type == FieldType::calendar)
      return refuse(Code::invalid, condition.field, "Working hours cannot be filtered by.");
    if (condition.is == ListFilter::Is::contains) {
      if ((*field)->type != FieldType::text)
        return refuse(Code::invalid, condition.field, "\"~\" looks into texts alone; use \"=\" here.");
      return fmt::format("contains(lower({}), lower({}))", column, parameter(condition.value));
    }
    const bool equal = condition.is == ListFilter::Is::equal, unequal = condition.is == ListFilter::Is::not_equal;
    const auto value = from_given(reader, schema, **field, path, condition.value, locale, locale.currency);
    if (!value) return refuse(value);
    if (value->is_null()) {
      if (equal || unequal) return fmt::format("{} IS {}NULL", column, equal ? "" : "NOT ");
      return refuse(Code::invalid, condition.field, "Empty is neither more nor less than anything.");
    }
    static constexpr std::array kOperators = {"=", "IS DISTINCT FROM", "<", "<=", ">", ">="};
    return fmt::format("{} {} {}", column, kOperators[static_cast<std::size_t>(condition.is)],
                       stored_parameter(**field, *value));
  }

  // A sort key as a cursor has it.
  std::string key_parameter(const json::value& key) {
    if (key.is_string()) return parameter(std::string(key.get_string()));
    if (key.is_double()) return parameter(key.get_double());
    return parameter(key.to_number<std::int64_t>());
  }

  // What rows are ordered by: a plain number or text, references by the name they show.
  std::string sort_key(const Field& field) const {
    const std::string column = "r." + quoted(field.name);
    switch (field.type) {
      case FieldType::reference: {
        const RecordType& target = schema.need(field.references);
        return fmt::format("(SELECT o.{} FROM {} o WHERE o.id = {})", quoted(target.title), quoted(target.name),
                           column);
      }
      case FieldType::instant:
        return fmt::format("epoch_us({})", column);
      case FieldType::date:
        return fmt::format("CAST({} - DATE '1970-01-01' AS BIGINT)", column);
      case FieldType::boolean:
        return fmt::format("CAST({} AS BIGINT)", column);
      default:
        return column;
    }
  }
};

struct Cursor {
  json::value key;
  Id id = 0;
};

Result<Cursor> parse_cursor(const std::string& text) {
  const auto value = parse_json(text);
  if (value && value->is_array() && value->get_array().size() == 2 && value->get_array()[1].is_int64())
    return Cursor{value->get_array()[0], value->get_array()[1].get_int64()};
  return refuse(Code::invalid, "cursor", "This is not a cursor that a list gave. Begin without one.");
}

json::value to_value(const Cell& cell) {
  return std::visit(
      [](const auto& value) -> json::value {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, std::vector<double>>)
          return nullptr;
        else
          return json::value(value);
      },
      cell);
}

Page newest_page(Reader& reader, const RecordType& type, Id before, std::size_t limit) {
  Page page;
  page.known = reader.head().seq;
  page.records = reader.newest(type.number, before, limit + 1);
  if (page.records.size() > limit) {
    page.records.resize(limit);
    page.next = json::serialize(json::array{nullptr, page.records.back().id});
  }
  return page;
}

}  // namespace

Result<ListFilter> parse_list_filter(std::string_view text) {
  using Is = ListFilter::Is;
  static constexpr std::array<std::pair<std::string_view, Is>, 7> kSigns{{{"!=", Is::not_equal},
                                                                          {"<=", Is::less_equal},
                                                                          {">=", Is::greater_equal},
                                                                          {"=", Is::equal},
                                                                          {"<", Is::less},
                                                                          {">", Is::greater},
                                                                          {"~", Is::contains}}};
  const auto where = text.find_first_of("!<>=~");
  for (const auto& [sign, is] : kSigns)
    if (where != std::string_view::npos && where > 0 && text.substr(where).starts_with(sign))
      return ListFilter{std::string(trim(text.substr(0, where))), is,
                        std::string(trim(text.substr(where + sign.size())))};
  return refuse(Code::invalid, std::string(text.substr(0, 60)),
                "A condition is FIELD=VALUE; besides \"=\" there are !=, <, <=, >, >= and ~ (contains).");
}

Result<Page> list(Workspace& workspace, const ListQuery& query) {
  const auto schema = workspace.schema();
  const auto named = type_named(*schema, query.type);
  if (!named) return refuse(named);
  const RecordType* type = *named;
  if (query.limit < 1 || query.limit > kLongestPage)
    return refuse(Code::too_large, "limit", fmt::format("A page has 1 to {} records.", kLongestPage));
  Cursor cursor{nullptr, INT64_MAX};
  if (!query.cursor.empty()) {
    auto parsed = parse_cursor(query.cursor);
    if (!parsed) return refuse(parsed);
    cursor = *parsed;
  }
  const bool sorted = !query.sort.empty();
  if (!sorted && query.where.empty()) return newest_page(*workspace.ledger().read(), *type, cursor.id, query.limit);

  const auto mart = workspace.read_mart(query.at_least);
  const auto reader = workspace.ledger().read();
  const Locale locale = locale_of(workspace.settings());
  Builder build{*reader, *schema, locale, {}};
  std::string where = "true";
  for (const ListFilter& condition : query.where) {
    auto predicate = build.predicate(*type, condition.field, condition);
    if (!predicate) return refuse(predicate);
    where += " AND " + *predicate;
  }
  std::string key = "NULL";
  if (sorted) {
    const auto field = find_field(*type, query.sort);
    if (!field) return refuse(field);
    key = build.sort_key(**field);
  }
  std::string after = "true";
  if (!query.cursor.empty()) {
    after = fmt::format("id < {}", build.parameter(cursor.id));
    if (sorted && cursor.key.is_null()) {
      after = fmt::format("(k IS NULL AND {})", after);
    } else if (sorted) {
      const std::string last = build.key_parameter(cursor.key);
      after = fmt::format("(k {} {} OR k IS NULL OR (k = {} AND {}))", query.descending ? "<" : ">", last, last, after);
    }
  }
  const std::string sql = fmt::format(
      "SELECT id, k FROM (SELECT r.id AS id, {} AS k FROM {} r WHERE {}) WHERE {} ORDER BY {}id DESC LIMIT {}", key,
      quoted(type->name), where, after,
      sorted ? fmt::format("k {} NULLS LAST, ", query.descending ? "DESC" : "ASC") : "", query.limit + 1);
  const auto found = mart->query(sql, build.parameters);
  if (!found)
    throw Fault(Fault::Kind::internal, fmt::format("The list's own SQL failed: {}", to_string(found.error())));
  Page page;
  page.known = mart->seq();
  for (std::size_t i = 0; i < found->size() && i < query.limit; ++i) {
    const Id id = *found->columns[0].whole(i);
    if (auto record = reader->record(type->number, id); record && record->state == RecordState::live)
      page.records.push_back(std::move(*record));
  }
  if (found->size() > query.limit) {
    const TableRow last = (*found)[query.limit - 1];
    page.next = json::serialize(json::array{to_value(last[1]), *last.whole(0)});
  }
  return page;
}

}  // namespace traction
