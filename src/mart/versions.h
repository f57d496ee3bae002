// Versions: turns entries, in the order of their seqs, into the rows of r_<type>: each entry ends the version before it
// and begins one. Knows no database: full chunks go to a sink, the ends of rows written earlier are collected.
//
// It remembers records that were edited, so that a deal that changes again and again is looked up once, and not the
// millions that never change. One thread at a time; made once per mart, called by apply.cpp.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/entry.h"
#include "ledger/ledger.h"
#include "mart/duckdb_db.h"
#include "schema/schema.h"

namespace traction {

// The version of `record` that began at `from`, written earlier as the last, ended at `to`.
struct Ended {
  Id record = 0;
  Seq from = 0, to = 0;
};

// Where rows go. Called on the thread that calls Versions.
class VersionSink {
 public:
  virtual ~VersionSink() = default;
  virtual void rows(const RecordType& type, std::unique_ptr<Chunk> chunk) = 0;
  // From here on the type has another field at its end; rows of it that came before have no value there.
  virtual void widened(const RecordType& type) = 0;
};

class Versions {
 public:
  explicit Versions(Schema schema) : schema_(std::move(schema)) {}

  // Takes the next entry; all entries before it were taken or are in the mart already. `lookup` finds earlier ones.
  // Fault(damaged) when stored bytes make no sense.
  void take(const Entry& entry, Reader& lookup, VersionSink& sink);

  // Hands over what is not yet written, as versions that still last. To be called before rows are counted on.
  void finish(VersionSink& sink);

  // The ends of rows that were written before they ended, by type number.
  std::unordered_map<std::int32_t, std::vector<Ended>> take_ended() { return std::exchange(ended_, {}); }

  const Schema& schema() const { return schema_; }

 private:
  // The last version of an edited record. Bodies are kept as bytes: a tenth of what they take as objects.
  struct Last {
    Id id = 0;
    std::int32_t type = 0;
    Seq version = 0;
    RecordState state = RecordState::live;
    Id merged_into = 0;
    EntryKind kind = EntryKind::created;
    Id actor = 0, origin = 0;
    std::optional<Instant> created_at, occurred_at;
    Instant recorded_at;
    std::string body;
    bool written = false;
  };
  struct Rows {
    const RecordType* type = nullptr;
    std::vector<ColumnKind> kinds;
    std::unique_ptr<Chunk> chunk;
  };

  Rows& rows_of(std::int32_t type);
  void create(const Entry& entry, VersionSink& sink);
  void edit(const Entry& entry, Reader& lookup, VersionSink& sink);
  Last& last(const Entry& entry, Reader& lookup);
  void write_head(Chunk& chunk, const Last& version, Seq until);
  void write_body(Rows& rows, const json::object& body);
  void write(const Last& version, Seq until, VersionSink& sink);
  void end_row(Rows& rows, VersionSink& sink);
  void widen(const json::object& field_record, VersionSink& sink);

  Schema schema_;
  std::unordered_map<std::int32_t, Rows> rows_;
  std::unordered_map<Id, Last> edited_;
  std::size_t edited_bytes_ = 0;
  std::unordered_map<std::int32_t, std::vector<Ended>> ended_;
  std::vector<unsigned char> parse_space_ = std::vector<unsigned char>(1 << 16);
};

}  // namespace traction
