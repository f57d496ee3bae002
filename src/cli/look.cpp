// Looking at records: lists, one record with its history, search.
#include <fmt/format.h>

#include <algorithm>

#include "app/given.h"
#include "app/list.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/show.h"

namespace traction {
namespace {

constexpr std::size_t kHistoryShown = 20;

bool is_number(FieldType type) {
  return type == FieldType::integer || type == FieldType::decimal || type == FieldType::money ||
         type == FieldType::duration;
}

// The columns a list shows: those asked for, else the title and whatever is not empty throughout, as far as it fits.
Result<std::vector<const Field*>> columns_of(const RecordType& type, const std::string& asked) {
  std::vector<const Field*> columns;
  if (asked.empty()) {
    if (const Field* title = type.field(type.title)) columns.push_back(title);
    for (const Field& field : type.fields)
      if (field.name != type.title && field.type != FieldType::calendar) columns.push_back(&field);
    return columns;
  }
  for (const std::string& name : split(asked, ',')) {
    const auto field = field_named(type, trim(name));
    if (!field) return refuse(field);
    columns.push_back(*field);
  }
  return columns;
}

void drop_column(TextTable& table, std::size_t column) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  table.titles.erase(table.titles.begin() + at);
  for (auto& row : table.rows) row.erase(row.begin() + at);
}

// Leaves out what says nothing, and then from the end what is too wide for the terminal.
void tidy(TextTable& table, std::size_t columns) {
  for (std::size_t i = table.titles.size(); i-- > 2;)
    if (std::ranges::all_of(table.rows, [&](const auto& row) { return row[i].empty(); })) drop_column(table, i);
  const auto width = [&] {
    const std::string text = render(table, false);
    std::size_t widest = 0;
    for (const std::string& line : split(text, '\n')) widest = std::max(widest, shown_width(line));
    return widest;
  };
  while (columns > 0 && table.titles.size() > 2 && width() > columns) drop_column(table, table.titles.size() - 1);
}

// Records as a table: for people, or with values as programs want them.
TextTable table_of(Names& names, const std::vector<StoredRecord>& records, const std::vector<const Field*>& columns,
                   bool for_people) {
  TextTable table{{{"id", true}}, {}};
  for (const Field* field : columns) {
    // Amounts are shown with their decimals, not as the minor units that the name tells of.
    const bool money = field->type == FieldType::money;
    table.titles.push_back(
        {money ? field->name.substr(0, field->name.rfind("_minor")) : field->name, is_number(field->type)});
  }
  for (const StoredRecord& record : records) {
    const json::object body = parse_stored(record.body);
    auto& row = table.rows.emplace_back();
    row.push_back(std::to_string(record.id));
    for (const Field* field : columns) {
      const json::value* value = body.if_contains(field->name);
      if (for_people || field->type == FieldType::reference) {
        row.push_back(names.show(*field, body));
      } else {
        row.push_back(value ? to_text(*field, *value, names.currency(body)) : "");
      }
    }
  }
  return table;
}

Result<std::size_t> limit_of(const Arguments& given) {
  if (!given.has("--limit")) return ListQuery{}.limit;
  Field limit;
  limit.name = "--limit";
  limit.type = FieldType::integer;
  const auto value = from_text(limit, given.one("--limit"), "");
  if (!value) return refuse(value);
  return static_cast<std::size_t>(std::max<std::int64_t>(value->to_number<std::int64_t>(), 0));
}

Result<int> list_records(CommandSession& session) {
  const Arguments& given = session.arguments();
  const auto limit = limit_of(given);
  if (!limit) return refuse(limit);
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  const auto schema = (*workspace)->schema();
  const auto type = type_named(*schema, given.one("TYPE"));
  if (!type) return refuse(type);
  ListQuery query;
  query.type = (*type)->name;
  for (const std::string& text : given.all("--where")) {
    auto filter = parse_list_filter(text);
    if (!filter) return refuse(filter);
    query.where.push_back(std::move(*filter));
  }
  query.sort = given.one("--sort");
  query.descending = query.sort.starts_with('-');
  if (query.descending) query.sort.erase(0, 1);
  query.cursor = given.one("--cursor");
  query.limit = *limit;
  const auto columns = columns_of(**type, given.one("--fields"));
  if (!columns) return refuse(columns);
  const auto page = list(**workspace, query);
  if (!page) return refuse(page);
  const auto reader = (*workspace)->ledger().read();
  Names names(*reader, *schema, locale_of((*workspace)->settings()));
  if (session.json()) {
    json::array records;
    for (const StoredRecord& record : page->records) records.push_back(names.to_json(**type, record));
    session.print_json(json::object{{"type", query.type}, {"records", std::move(records)}, {"next", page->next}});
    return 0;
  }
  const bool csv = given.has("--csv");
  TextTable table = table_of(names, page->records, *columns, !csv);
  if (!csv && !given.has("--fields")) tidy(table, session.console().facts().columns);
  session.print(table);
  if (!page->next.empty()) session.note(fmt::format("More: the same with --cursor '{}'", page->next));
  return 0;
}

// What an entry set, for people: "stage → Won, amount → 1200.50 USD".
std::string changes_of(Names& names, const RecordType& type, const Entry& entry) {
  json::object fields = parse_stored(entry.plain);
  if (entry.personal && !entry.personal->empty())
    for (auto& [key, value] : parse_stored(*entry.personal)) fields[key] = value;
  std::vector<std::string> parts;
  for (const Field& field : type.fields)
    if (const json::value* value = fields.if_contains(field.name))
      parts.push_back(
          fmt::format("{} → {}", field.name, value->is_null() ? kUnknown : shown(names.show(field, fields), 40)));
  if (!entry.personal) parts.push_back("personal data erased");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<StoredEntry> history_of(Reader& reader, const StoredRecord& record, std::size_t limit) {
  std::vector<StoredEntry> history;
  for (Seq seq = record.version; seq > 0 && history.size() < limit;) {
    auto entry = reader.entry(seq);
    if (!entry) break;
    seq = entry->entry.previous;
    history.push_back(std::move(*entry));
  }
  return history;
}

Result<int> show_record(CommandSession& session) {
  const Arguments& given = session.arguments();
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  const auto schema = (*workspace)->schema();
  const auto type = type_named(*schema, given.one("TYPE"));
  if (!type) return refuse(type);
  const auto reader = (*workspace)->ledger().read();
  const auto id = resolve_any(*reader, *schema, **type, given.one("ID"));
  if (!id) return refuse(id);
  const auto record = reader->record((*type)->number, *id);
  const Locale locale = locale_of((*workspace)->settings());
  Names names(*reader, *schema, locale);
  const auto history =
      history_of(*reader, *record, given.has("--history") || session.json() ? SIZE_MAX : kHistoryShown);
  if (session.json()) {
    json::object out = names.to_json(**type, *record);
    json::array entries;
    for (const StoredEntry& stored : history) entries.push_back(entry_json(**type, stored.entry));
    out["history"] = std::move(entries);
    session.print_json(std::move(out));
    return 0;
  }
  const json::object body = parse_stored(record->body);
  TextTable fields{{{(*type)->label, false}, {fmt::format("#{}", record->id), false}}, {}};
  for (const Field& field : (*type)->fields)
    if (body.contains(field.name)) fields.rows.push_back({field.label, names.show(field, body)});
  if (record->state == RecordState::deleted) fields.rows.push_back({"State", "in the bin"});
  if (record->state == RecordState::merged)
    fields.rows.push_back(
        {"State", fmt::format("merged into {} #{}", names.title(**type, record->merged_into), record->merged_into)});
  session.print(fields);
  TextTable entries{{{"seq", true}, {"happened", false}, {"by", false}, {"what", false}, {"changes", false}}, {}};
  const RecordType& member = schema->need("member");
  for (const StoredEntry& stored : history)
    entries.rows.push_back({std::to_string(stored.entry.seq),
                            stored.entry.occurred_at ? show_moment(*stored.entry.occurred_at, *locale.zone) : kUnknown,
                            stored.entry.actor ? names.title(member, stored.entry.actor) : kUnknown,
                            std::string(name(stored.entry.kind)), changes_of(names, **type, stored.entry)});
  session.print("\n");
  session.print(entries);
  if (history.size() == kHistoryShown && history.back().entry.previous > 0)
    session.note("Earlier entries: the same with --history");
  return 0;
}

Result<int> search_records(CommandSession& session) {
  const Arguments& given = session.arguments();
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  const auto schema = (*workspace)->schema();
  std::int32_t only = 0;
  if (given.has("--type")) {
    const auto type = type_named(*schema, given.one("--type"));
    if (!type) return refuse(type);
    only = (*type)->number;
  }
  const std::string text(trim(given.one("TEXT")));
  if (text.size() < 3) return refuse(Code::invalid, "TEXT", "A search needs at least three letters.");
  const auto reader = (*workspace)->ledger().read();
  constexpr std::size_t kFound = 50;
  const auto found = reader->search(only, text, INT64_MAX, kFound);
  Names names(*reader, *schema, locale_of((*workspace)->settings()));
  json::array records;
  TextTable table{{{"id", true}, {"type", false}, {"name", false}, {"found in", false}}, {}};
  for (const StoredRecord& record : found) {
    const RecordType& type = *schema->type(record.type);
    const json::object body = parse_stored(record.body);
    records.push_back(names.to_json(type, record));
    table.rows.push_back({std::to_string(record.id), type.name, title_of(type, record.id, body),
                          fmt::format("{}", fmt::join(split(search_text(type, body), '\n'), " · "))});
  }
  if (session.json()) {
    session.print_json(json::object{{"records", std::move(records)}});
  } else {
    session.print(table);
    if (found.size() == kFound) session.note(fmt::format("Only the newest {} are shown.", kFound));
  }
  return found.empty() ? 3 : 0;
}

}  // namespace

std::vector<Subcommand> look_commands() {
  const Positional type{"TYPE", "Record type: deal, contact, account, activity …"};
  return {
      {"list",
       "Records",
       "List records, newest first or as asked",
       "traction list deal --where stage.kind=open --where 'amount>=1000' --sort -amount",
       {type},
       {{"--where", "FIELD=VALUE (also != < <= > >= ~); stage.kind reaches through a reference", "CONDITION", true},
        {"--sort", "Field to order by, with \"-\" before it from the greatest", "FIELD"},
        {"--fields", "Columns to show", "A,B"},
        {"--limit", "Records on a page (50)", "N"},
        {"--cursor", "Goes on where the page before ended", "CURSOR"},
        {"--csv", "Print CSV"}},
       list_records},
      {"show",
       "Records",
       "Show one record and its history",
       "traction show deal 4711",
       {type, {"ID", "Its id, external id or exact name"}},
       {{"--history", "All entries, not only the latest 20"}},
       show_record},
      {"search",
       "Records",
       "Find records by a part of their texts",
       "traction search acme --type account",
       {{"TEXT", "At least three letters"}},
       {{"--type", "Only this record type", "TYPE"}},
       search_records},
  };
}

}  // namespace traction
