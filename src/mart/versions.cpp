#include "mart/versions.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/fault.h"
#include "domain/decide.h"
#include "mart/tables.h"

namespace traction {
namespace {

// What edited records may take in memory before they are let go; each then costs a walk through its history again.
constexpr std::size_t kMostEditedBytes = 32 << 20;
constexpr std::size_t kPerRecord = 300;  // beside its body

[[noreturn]] void damaged(Seq seq) {
  throw Fault(Fault::Kind::damaged, fmt::format("Entry {} of the ledger is not readable.", seq));
}

std::optional<std::int64_t> whole(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  return std::nullopt;
}

void write_value(Chunk& chunk, std::size_t column, const Field& field, const json::value& value) {
  switch (field.type) {
    case FieldType::integer:
    case FieldType::duration:
    case FieldType::money:
    case FieldType::reference:
    case FieldType::instant:
      if (const auto number = whole(value)) return chunk.set(column, *number);
      break;
    case FieldType::decimal:
      if (value.is_number()) return chunk.set_real(column, value.to_number<double>());
      break;
    case FieldType::boolean:
      if (value.is_bool()) return chunk.set_boolean(column, value.get_bool());
      break;
    case FieldType::date:
      if (value.is_string())
        if (const auto date = parse_date(value.get_string())) return chunk.set(column, date->days);
      break;
    case FieldType::calendar:
      return chunk.set_text(column, json::serialize(value));
    case FieldType::text:
    case FieldType::currency:
    case FieldType::choice:
      if (value.is_string()) return chunk.set_text(column, value.get_string());
      break;
  }
  throw Fault(Fault::Kind::damaged, fmt::format("A stored value of the field {} is not of its type.", field.name));
}

}  // namespace

void Versions::take(const Entry& entry, Reader& lookup, VersionSink& sink) {
  if (entry.kind == EntryKind::created)
    create(entry, sink);
  else
    edit(entry, lookup, sink);
}

void Versions::create(const Entry& entry, VersionSink& sink) {
  Rows& rows = rows_of(entry.type);
  Chunk& chunk = *rows.chunk;
  Last head;
  head.id = entry.record;
  head.version = entry.seq;
  head.kind = entry.kind;
  head.actor = entry.actor;
  head.origin = entry.origin;
  head.created_at = head.occurred_at = entry.occurred_at;
  head.recorded_at = entry.recorded_at;
  write_head(chunk, head, kCurrent);
  json::monotonic_resource space(parse_space_.data(), parse_space_.size());
  const std::string_view personal = entry.personal ? std::string_view(*entry.personal) : "";
  for (const std::string_view part : {std::string_view(entry.plain), personal}) {
    if (part.empty() || part == "{}") continue;
    json::error_code ec;
    const json::value value = json::parse(part, ec, &space);
    if (ec || !value.is_object()) damaged(entry.seq);
    write_body(rows, value.get_object());
    if (rows.type->name == "field") widen(value.get_object(), sink);
  }
  end_row(rows, sink);
}

void Versions::edit(const Entry& entry, Reader& lookup, VersionSink& sink) {
  Last& version = last(entry, lookup);
  if (version.version != entry.previous) damaged(entry.seq);
  if (version.written)
    ended_[entry.type].push_back({entry.record, version.version, entry.seq});
  else
    write(version, entry.seq, sink);

  Record record{version.id, version.type, version.version, version.state, version.merged_into, {}};
  const bool folds = entry.kind == EntryKind::changed;
  if (folds) record.body = parse_stored(version.body);
  apply(record, entry);
  version.version = entry.seq;
  version.state = record.state;
  version.merged_into = record.merged_into;
  version.kind = entry.kind;
  version.actor = entry.actor;
  version.origin = entry.origin;
  version.occurred_at = entry.occurred_at;
  version.recorded_at = entry.recorded_at;
  version.written = false;
  if (folds) {
    edited_bytes_ -= version.body.size();
    version.body = json::serialize(record.body);
    edited_bytes_ += version.body.size();
  }
  if (edited_bytes_ > kMostEditedBytes) {
    finish(sink);
    edited_.clear();
    edited_bytes_ = 0;
  }
}

// The record's version before `entry`, from memory or from its history in the ledger.
Versions::Last& Versions::last(const Entry& entry, Reader& lookup) {
  const auto [place, is_new] = edited_.try_emplace(entry.record);
  Last& version = place->second;
  if (!is_new) return version;
  std::vector<Entry> history;
  for (Seq seq = entry.previous; seq != 0; seq = history.back().previous) {
    std::optional<StoredEntry> stored = lookup.entry(seq);
    if (!stored || stored->entry.record != entry.record || stored->entry.previous >= seq) damaged(entry.seq);
    history.push_back(std::move(stored->entry));
  }
  if (history.empty() || history.back().kind != EntryKind::created) damaged(entry.seq);
  Record record;
  for (auto past = history.rbegin(); past != history.rend(); ++past) apply(record, *past);
  const Entry& latest = history.front();
  version = {record.id,
             record.type,
             record.version,
             record.state,
             record.merged_into,
             latest.kind,
             latest.actor,
             latest.origin,
             history.back().occurred_at,
             latest.occurred_at,
             latest.recorded_at,
             json::serialize(record.body),
             true};
  edited_bytes_ += version.body.size() + kPerRecord;
  return version;
}

void Versions::finish(VersionSink& sink) {
  for (auto& [id, version] : edited_) {
    if (version.written) continue;
    write(version, kCurrent, sink);
    version.written = true;
  }
  for (auto& [type, rows] : rows_)
    if (rows.chunk->rows() > 0) {
      sink.rows(*rows.type, std::move(rows.chunk));
      rows.chunk = std::make_unique<Chunk>(rows.kinds);
    }
}

Versions::Rows& Versions::rows_of(std::int32_t type) {
  Rows& rows = rows_[type];
  if (rows.chunk) return rows;
  rows.type = schema_.type(type);
  if (!rows.type) throw Fault(Fault::Kind::damaged, fmt::format("The ledger holds records of a type {}.", type));
  rows.kinds = version_kinds(*rows.type);
  rows.chunk = std::make_unique<Chunk>(rows.kinds);
  return rows;
}

void Versions::write(const Last& version, Seq until, VersionSink& sink) {
  Rows& rows = rows_of(version.type);
  write_head(*rows.chunk, version, until);
  json::monotonic_resource space(parse_space_.data(), parse_space_.size());
  write_body(rows, json::parse(version.body, &space).as_object());
  end_row(rows, sink);
}

void Versions::write_head(Chunk& chunk, const Last& version, Seq until) {
  chunk.set(kIdColumn, version.id);
  chunk.set(kSeqFromColumn, version.version);
  chunk.set(kSeqToColumn, until);
  chunk.set(kEntryKindColumn, static_cast<int>(version.kind));
  chunk.set(kStateColumn, static_cast<int>(version.state));
  chunk.set(kMergedIntoColumn, version.merged_into);
  chunk.set(kActorColumn, version.actor);
  chunk.set(kOriginColumn, version.origin);
  if (version.created_at) chunk.set(kCreatedAtColumn, version.created_at->micros);
  if (version.occurred_at) chunk.set(kOccurredAtColumn, version.occurred_at->micros);
  chunk.set(kRecordedAtColumn, version.recorded_at.micros);
}

void Versions::write_body(Rows& rows, const json::object& body) {
  const std::vector<Field>& fields = rows.type->fields;
  std::size_t next = 0;  // keys mostly stand in the order of the fields
  for (const auto& [key, value] : body) {
    if (value.is_null()) continue;
    const std::size_t start = next;
    while (next < fields.size() && fields[next].name != key) ++next;
    if (next == fields.size()) {
      next = 0;
      while (next < start && fields[next].name != key) ++next;
      if (next == start)
        throw Fault(Fault::Kind::damaged, fmt::format("The ledger holds a field {} that {} has not.",
                                                      std::string_view(key), rows.type->plural));
    }
    write_value(*rows.chunk, kFieldColumns + next, fields[next], value);
    ++next;
  }
}

void Versions::end_row(Rows& rows, VersionSink& sink) {
  rows.chunk->end_row();
  if (!rows.chunk->full()) return;
  sink.rows(*rows.type, std::move(rows.chunk));
  rows.chunk = std::make_unique<Chunk>(rows.kinds);
}

// A custom field begins to exist with the record that describes it. A schema that was given with it already has it.
void Versions::widen(const json::object& field_record, VersionSink& sink) {
  Result<Schema> wider = with_custom_field(schema_, field_record);
  if (!wider) return;
  const std::string type_name(field_record.at("record_type").as_string());
  for (auto& [number, rows] : rows_) {
    if (rows.type->name == type_name && rows.chunk->rows() > 0) sink.rows(*rows.type, std::move(rows.chunk));
  }
  schema_ = std::move(*wider);
  // The types moved with the schema; chunks of the wider one get its columns.
  for (auto& [number, rows] : rows_) {
    rows.type = schema_.type(number);
    rows.kinds = version_kinds(*rows.type);
    if (rows.type->name == type_name) rows.chunk = std::make_unique<Chunk>(rows.kinds);
  }
  sink.widened(schema_.need(type_name));
}

}  // namespace traction
