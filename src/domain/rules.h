// The rules of selling, one file per concept. Internal to domain/: decide() calls them with a change that is already
// well formed, in stored form and without what does not really change; they refuse it, or add what follows from it.
// Refusals name the field as "fields.stage". Pure; as thread-safe as the Batch they are given.
#pragma once

#include "domain/batch.h"

namespace traction {

// A creation or change of one record that is about to become an entry.
struct Change {
  const RecordType& type;
  const Record* before = nullptr;  // null for a creation
  Id id = 0;                       // what the record is or will be called
  json::object fields;             // null clears
  std::optional<Instant> occurred_at;
  bool dated = false;  // the client said when, or that it is not known

  // The value the record will have; null when it will have none.
  const json::value* after(std::string_view name) const;
  // The value it has now.
  const json::value* now(std::string_view name) const;
  // Sets a field unless that changes nothing.
  void set(std::string_view name, json::value value);
};

// A record to which a new reference may point: it exists and neither it nor what it stands for was deleted. Refused
// (not_found, rule) with `field`.
Result<const Record*> usable(Batch& batch, std::string_view type, Id id, std::string field);

// deal.cpp: a move records stage and time; lost needs a reason; won and lost close.
Result<void> deal_rules(Batch& batch, Change& change);
// activity.cpp: an activity belongs to its deal's contact and account; a planned one happens when it is done.
Result<void> activity_rules(Batch& batch, Change& change);
// stage.cpp: a stage stays what it is, because deals went through it.
Result<void> stage_rules(Batch& batch, Change& change);
Result<void> stage_removal_rules(Batch& batch, const Record& stage);
Result<void> pipeline_removal_rules(Batch& batch, const Record& pipeline);
// field.cpp: a custom field fits its record type and keeps its kind.
Result<void> field_rules(Batch& batch, Change& change);
// metric.cpp: own metrics hold together and are only added to; key metrics are metrics that can be asked.
Result<void> metric_rules(Batch& batch, Change& change);
Result<void> key_metrics_rules(Batch& batch, Change& change);
// settings.cpp: the zone exists, and so do the outcomes that count as success.
Result<void> settings_rules(const Batch& batch, Change& change);
// rate.cpp: a rate is above 0.
Result<void> rate_rules(const Change& change);
// quota.cpp: a quota begins before it ends, within ten years, and is a member's, a team's or the company's.
Result<void> quota_rules(const Change& change);

// tree.cpp: nothing is above itself. `parent_rules` for a change, `is_above` for merging: whether climbing from `from`
// by the field `parent` comes to `goal`, taking aliases for what they stand for, but `apart` for itself.
Result<void> parent_rules(Batch& batch, const Change& change);
bool is_above(Batch& batch, const RecordType& type, Id goal, Id from, Id apart = 0);

// Whole actions about a record that exists. Each writes its entries and says what it came to.
Result<Seq> merge(Batch& batch, const RecordType& type, const Record& alias, const Record& kept,
                  std::optional<Instant> occurred_at);
Result<Seq> unmerge(Batch& batch, const RecordType& type, const Record& alias, std::optional<Instant> occurred_at);
Result<Seq> remove(Batch& batch, const RecordType& type, const Record& record, std::optional<Instant> occurred_at);
Result<Seq> restore(Batch& batch, const RecordType& type, const Record& record, std::optional<Instant> occurred_at);
Result<Seq> erase(Batch& batch, const RecordType& type, const Record& person, std::optional<Instant> occurred_at);

// Refuses (rule) what can only be done to a live record; `field` is "target" or "into".
Result<void> must_be_live(const RecordType& type, const Record& record, std::string field);

}  // namespace traction
