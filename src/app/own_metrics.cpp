#include "app/own_metrics.h"

#include "app/store_records.h"

namespace traction {
namespace {

OwnMetric own_metric(const json::object& body) {
  OwnMetric own;
  own.name = body.at("name").as_string();
  if (const json::value* text = body.if_contains("definition")) own.definition = text->as_string();
  if (const json::value* version = body.if_contains("definition_version")) own.version = version->to_number<int>();
  if (const json::value* hidden = body.if_contains("hidden")) own.hidden = hidden->as_bool();
  return own;
}

// The record as it stood when `at` was the last entry; nullopt when it was not there yet.
std::optional<Record> as_of(Reader& reader, const StoredRecord& stored, Seq at) {
  std::vector<Entry> history;
  for (Seq seq = stored.version; seq > 0;) {
    const auto entry = reader.entry(seq);
    if (!entry) return std::nullopt;
    seq = entry->entry.previous;
    if (entry->entry.seq <= at) history.push_back(entry->entry);
  }
  if (history.empty()) return std::nullopt;
  Record record;
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) apply(record, *entry);
  return record;
}

template <class Take>
void each_own(const Schema& schema, Reader& reader, const Take& take) {
  if (const RecordType* type = schema.type("own_metric"))
    reader.records(type->number, 0, [&](const StoredRecord& stored) { return take(stored), true; });
}

}  // namespace

Catalogue workspace_catalogue(const Catalogue& shipped, const Schema& schema, Reader& reader) {
  std::vector<OwnMetric> own;
  each_own(schema, reader, [&](const StoredRecord& stored) { own.push_back(own_metric(parse_stored(stored.body))); });
  return shipped.with_own(own, schema);
}

Catalogue workspace_catalogue_at(const Catalogue& shipped, const Schema& schema, Reader& reader, Seq at) {
  std::vector<OwnMetric> own;
  each_own(schema, reader, [&](const StoredRecord& stored) {
    if (const auto record = as_of(reader, stored, at)) own.push_back(own_metric(record->body));
  });
  return shipped.with_own(own, schema);
}

MetricCheck metric_check(const Catalogue& shipped) {
  return [&shipped](const Schema& schema, std::span<const json::object> bodies) {
    std::vector<OwnMetric> own;
    for (const json::object& body : bodies) own.push_back(own_metric(body));
    const Catalogue all = shipped.with_own(own, schema);
    MetricsHeld held{{}, all.wrong()};
    for (const MetricDefinition& metric : all.metrics())
      if (!metric.hidden) held.names.push_back(metric.name);
    return held;
  };
}

}  // namespace traction
