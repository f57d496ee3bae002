// Mart: a workspace's ledger as tables that can be counted, in DuckDB. A disposable projection: it can always be
// rebuilt from the ledger and nothing is only here. Holds, for every record type, `r_<type>` (one row per version:
// seq_from, seq_to) and the view `<type>` (live records as they are now, references led to the root of merged records),
// and the fact tables of definitions/facts.
//
// Threads: any. One thread applies entries (catch_up), any number ask. The DuckDB C API is seen only inside mart/.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "base/table.h"
#include "ledger/ledger.h"
#include "metrics/fact.h"
#include "schema/schema.h"

namespace traction {

struct MartOptions {
  std::string path;             // of the DuckDB file; "" = in memory
  std::size_t memory_mb = 440;  // DuckDB's own cap; with what is ours a process of 10 M activities stays below 800 MB
  int threads = 2;
  // Entries followed in one transaction: what DuckDB holds of the changes of many more does not fit its memory.
  Seq most_at_once = 200'000;
  // As of an earlier entry a fact is kept with all columns up to so many cells, and of a larger one those asked for.
  std::int64_t whole_cells = 16'000'000;
};

using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

// The DuckDB that is linked, such as "v1.5.6".
std::string duckdb_version();

// One state of the mart, the same for as many statements as a question takes. Of one thread, which holds no other and
// applies nothing meanwhile; while there is one, the mart is not made anew.
class MartReader {
 public:
  virtual ~MartReader() = default;

  // The last entry that this state knows; 0 = nothing yet, not even the settings.
  virtual Seq seq() const = 0;

  // Runs one SELECT. `parameters` are bound to $1, $2 … Refused (invalid) with DuckDB's words when the SQL is wrong:
  // SQL comes from our compiler, so callers treat that as a bug. At most `limit` rows. A null inside a list, as
  // survival() gives for a quantile not reached, is NaN. Fault(damaged) when the file proves bad in use: the next
  // catch_up() sets it aside and builds a new one.
  virtual Result<Table> query(const std::string& sql, const std::vector<Cell>& parameters = {},
                              std::size_t limit = 10'000'000) = 0;

  // As query(), of the little that many questions need alike: the settings, the names of members and stages. Kept until
  // another entry is applied.
  virtual Result<Table> look_up(const std::string& sql) = 0;

  // As of an earlier entry the schema with the fields of the workspace's own at that time; nullptr of the present,
  // whose schema the workspace has.
  virtual const Schema* schema() const = 0;
};

class Mart {
 public:
  // Opens the mart of this ledger and brings its layout in line with the schema. A file that DuckDB will not open
  // (tried first in a child process, since a bad one can end the process), or that belongs to another ledger, another
  // state of it or older definitions, is set aside as PATH.bad and a new one is built by the next catch_up(). Never
  // throws for a bad mart file; a Fault when not even a new one can be made.
  static std::unique_ptr<Mart> open(MartOptions options, Schema schema, std::vector<FactDefinition> facts,
                                    Ledger& ledger);
  virtual ~Mart() = default;

  // Applies entries up to the ledger's head (at the time of the call). Facts are merged or recomputed for the keys
  // touched, or built from nothing where that is less work. `progress` in entries.
  virtual void catch_up(const Progress& progress = {}) = 0;

  // Seq of the last entry applied; queries see exactly the ledger up to it.
  virtual Seq applied() const = 0;

  // Waits until applied() >= seq while another thread catches up; false after `timeout_ms`.
  virtual bool wait_for(Seq seq, int timeout_ms) = 0;

  // Drops everything and builds it again from the ledger.
  virtual void rebuild(const Progress& progress = {}) = 0;

  // The present, held still. See MartReader.
  virtual std::unique_ptr<MartReader> read() = 0;

  // Seq of the last entry that the ledger had recorded at `instant`, by the entries' own times; 0 = none yet.
  virtual Seq recorded_by(Instant instant) = 0;

  // What the ledger had told by the entry `as_of`: names mean what they meant then, and seq() is `as_of`. The first
  // statement that names a fact reckons it back; some entries asked last are kept. nullptr when the mart does not hold
  // the entry, as while it is built anew.
  virtual std::unique_ptr<MartReader> read_as_of(Seq as_of) = 0;

  // True when a bad mart file was found at open() and set aside.
  virtual bool set_aside() const = 0;
};

}  // namespace traction
