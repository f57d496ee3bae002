// Batch: one decision in the making. It shows records, keys and entries as they stand after the actions decided so far,
// and collects the entries of the present one. Internal to domain/: decide() makes one per command, the rules use it.
// Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/decide.h"

namespace traction {

class Batch {
 public:
  Batch(const Schema& schema, Records& records, const Command& command, Seq next, Instant now,
        const MetricCheck& metrics = {});

  const Schema& schema() const { return own_schema_ ? *own_schema_ : schema_; }
  void extend(Schema schema) { own_schema_ = std::move(schema); }
  const Command& command() const { return command_; }
  Instant now() const { return now_; }
  MetricsHeld metrics(std::span<const json::object> own) const;
  Seq next() const { return next_ + static_cast<Seq>(decision_.entries.size()); }

  // The record as it stands, in whatever state, or null. Valid until something is written about it.
  const Record* find(const RecordType& type, Id id);
  // The record that an alias stands for in the end; a record that is no alias stands for itself.
  const Record& root(const RecordType& type, const Record& record);
  // The record's version before this command.
  Seq version_before(const Record& record) const;
  std::vector<Record> all(const RecordType& type);
  std::optional<Entry> entry(Seq seq);
  // The record's entries, oldest first.
  std::vector<Entry> history(const Record& record);
  std::vector<Id> aliases(const RecordType& type, Id id);
  std::vector<Id> naming(const RecordType& type, const Field& field, const std::vector<Id>& ids);

  // The id a reference stands for; whether there is such a record is not asked. Refused (invalid) when it is none or
  // names a later creation, (not_found) when nobody has the client_ref.
  Result<Id> resolve(const Ref& ref, const std::string& field);

  // Writes the next entry and brings the record up to it. Only created and changed take fields.
  Seq created(const RecordType& type, const json::object& fields, std::optional<Instant> occurred_at);
  Seq changed(const RecordType& type, Id id, const json::object& fields, std::optional<Instant> occurred_at);
  Seq noted(EntryKind kind, const RecordType& type, Id id, std::string plain, std::optional<Instant> occurred_at);

  // Gives a key to a record. Refused (duplicate) when another has it.
  Result<void> take_key(const std::string& key, Id id);
  void give_up_key(const std::string& key, Id id);

  // Destroys the personal values in a record's entries (in `only` that one); the record becomes the fold of what is
  // left.
  void forget(const RecordType& type, Id id, std::optional<Seq> only = {});

  void done(Id record, Seq version) { decision_.done.push_back({record, version}); }
  Decision finish();

 private:
  struct Touched {
    Record record;
    Seq version_before;
  };
  Touched& touch(const RecordType& type, Id id);
  Id find_key(const std::string& key);
  Entry& append(EntryKind kind, const RecordType& type, Id id, Seq previous, std::optional<Instant> occurred_at);

  const Schema& schema_;
  std::optional<Schema> own_schema_;
  Records& records_;
  const Command& command_;
  const Seq next_;
  const Instant now_;
  const MetricCheck& metrics_;
  Decision decision_;
  std::deque<Touched> touched_;  // in the order of first touch
  std::unordered_map<Id, std::size_t> places_;
  std::map<std::string, Id> keys_;
  std::vector<Id> created_;
};

}  // namespace traction
