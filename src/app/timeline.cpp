#include "app/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"

namespace traction {
namespace {

// Where an item stands: by its moment, then by its entry's seq or its activity's id, of which no two are the same.
struct Place {
  std::int64_t at = 0;
  Seq seq = 0;
  bool activity = false;
  auto operator<=>(const Place&) const = default;
};

constexpr std::int64_t kNoTime = -INT64_MAX;

Result<Place> parse_cursor(const std::string& text) {
  if (text.empty()) return Place{INT64_MAX, INT64_MAX, false};
  const auto value = parse_json(text);
  const json::array* pair = value ? value->if_array() : nullptr;
  if (pair && pair->size() == 2 && (*pair)[0].is_int64() && (*pair)[1].is_int64())
    return Place{(*pair)[0].get_int64(), (*pair)[1].get_int64(), false};
  return refuse(Code::invalid, "cursor", "This is not a cursor that a timeline gave. Begin without one.");
}

void add_entries(Reader& reader, const StoredRecord& record, const Place& before, std::vector<Place>& found) {
  for (Seq seq = record.version; seq > 0;) {
    auto stored = reader.entry(seq);
    if (!stored) throw Fault(Fault::Kind::damaged, fmt::format("Entry {} is missing.", seq));
    const Entry& entry = stored->entry;
    const Place place{entry.occurred_at.value_or(entry.recorded_at).micros, entry.seq, false};
    if (place < before) found.push_back(place);
    seq = entry.previous;
  }
}

void add_activities(MartReader& mart, const RecordType& activity, const RecordType& type, Id record,
                    const Place& before, std::size_t limit, std::vector<Place>& found) {
  std::string refers;
  for (const Field& field : activity.fields)
    if (field.references == type.name && !field.custom)
      refers += fmt::format("{}\"{}\" = $1", refers.empty() ? "" : " OR ", field.name);
  if (refers.empty()) return;
  const std::string sql = fmt::format(
      "SELECT id, k FROM (SELECT id, coalesce(epoch_us(coalesce(happened_at, CASE WHEN status = 'planned' THEN due_at "
      "END, created_at)), {}) AS k FROM \"{}\" WHERE {}) WHERE k < $2 OR (k = $2 AND id < $3) "
      "ORDER BY k DESC, id DESC LIMIT {}",
      kNoTime, activity.name, refers, limit);
  const auto rows = mart.query(sql, {record, before.at, before.seq});
  if (!rows)
    throw Fault(Fault::Kind::internal, fmt::format("The timeline's own SQL failed: {}", to_string(rows.error())));
  for (const TableRow row : rows->rows()) found.push_back({*row.whole(1), *row.whole(0), true});
}

}  // namespace

Result<TimelinePage> timeline(Workspace& workspace, const Schema& schema, const StoredRecord& record, std::size_t limit,
                              const std::string& cursor, Seq at_least) {
  const auto before = parse_cursor(cursor);
  if (!before) return refuse(before);
  const RecordType& activity = schema.need("activity");
  std::vector<Place> found;
  TimelinePage page;
  {
    const auto mart = workspace.read_mart(at_least);
    page.known = mart->seq();
    add_activities(*mart, activity, *schema.type(record.type), record.id, *before, limit + 1, found);
  }
  const auto reader = workspace.ledger().read();
  add_entries(*reader, record, *before, found);
  std::ranges::sort(found, std::ranges::greater{});

  if (found.size() > limit) {
    page.next = json::serialize(json::array{found[limit - 1].at, found[limit - 1].seq});
    found.resize(limit);
  }
  for (const Place& each : found) {
    TimelineItem item;
    if (each.at != kNoTime) item.at = Instant{each.at};
    if (!each.activity)
      item.entry = std::move(reader->entry(each.seq)->entry);
    else
      item.activity = reader->record(activity.number, each.seq);
    if (item.entry || (item.activity && item.activity->state == RecordState::live))
      page.items.push_back(std::move(item));
  }
  return page;
}

}  // namespace traction
