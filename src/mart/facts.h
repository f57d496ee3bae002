// Facts: keeps the fact tables of definitions/facts equal to what their SELECTs give. Either builds all of them from
// nothing, or, after a few entries, merges what was appended and runs the same SELECTs again for the touched keys alone
// (see [touched] in metrics/fact.h). Either way the tables come out the same, to the last row.
//
// Works within the transaction of the connection it is given. One thread at a time; Mart is the caller.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/entry.h"
#include "mart/duckdb_db.h"
#include "mart/tables.h"
#include "metrics/fact.h"
#include "schema/schema.h"

namespace traction {

// The records that a run of entries created or changed.
struct Changes {
  Seq after = 0;                               // records with a greater id were created
  Seq last = 0;                                // the last entry of the run
  std::map<std::string, std::vector<Id>> ids;  // by record type, ascending, each once
  bool moved = false;                          // the temporary table `moved` holds ids whose root changed
};

// Adds a fact's rows to a table in its form, as the facts and records of the moment give them up to the record `last`:
// all of them, a few million keys at a time, or those of the keys for which `among` holds in the place of '%', of which
// there are at most `keys`.
void fill_rows(Connection& connection, const FactDefinition& fact, const std::string& table, Seq last,
               const std::string& among = "", std::int64_t keys = kCurrent);

class Facts {
 public:
  explicit Facts(std::vector<FactDefinition> definitions);

  const std::vector<FactDefinition>& definitions() const { return definitions_; }

  // Makes every fact table anew, from what the records are after the entry `last`.
  void build(Connection& connection, Seq last) const;

  // Brings the tables, right before `changes`, up to what the records are now.
  void update(Connection& connection, const Schema& schema, const Changes& changes) const;

 private:
  class Update;
  std::vector<FactDefinition> definitions_;
};

}  // namespace traction
