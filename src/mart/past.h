// Past: the mart as it would be had the ledger ended at an earlier entry. A connection of its own whose temporary views
// and tables stand before the mart's by name (DuckDB looks there first), so that every statement made for the present
// works unchanged: r_<type> holds the versions known then, <type> what was live then, and each fact and roll-up is
// reckoned back from the present (mart/backwards.h) when a statement first names it, of a large fact the columns that
// it names. Settings, stages, teams and a workspace's own fields are those of then. What was erased since is gone here
// too.
//
// What is kept is a copy, and the past does not change: it stays right while the present moves on. What is kept later
// is reckoned from the present of that moment, whole and in one transaction, and builds on nothing kept before.
//
// Threads: any; statements run one at a time. Made and kept by Readers, and let go of before the Database.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "domain/entry.h"
#include "mart/duckdb_db.h"
#include "metrics/fact.h"
#include "schema/schema.h"

namespace traction {

class Past {
 public:
  // `schema` is without the workspace's own fields, `facts` outlives this, and the mart holds the entry `last`. A fact
  // of up to `whole_cells` is kept with all columns at once, for the next question names others of them.
  Past(Database& database, const Schema& schema, const std::vector<FactDefinition>& facts, Seq last,
       std::int64_t whole_cells);

  // As MartReader::query.
  Result<Table> query(const std::string& sql, const std::vector<Cell>& parameters, std::size_t limit);

  // As MartReader::look_up: what was answered once is kept.
  Result<Table> look_up(const std::string& sql);

  Seq last() const { return last_; }

  // With the fields that the workspace had then.
  const Schema& schema() const { return schema_; }

 private:
  using Columns = std::set<std::string>;

  void keep_what(const std::string& sql);
  bool is_small(const FactDefinition& fact);
  void keep(const std::map<std::string, Columns>& tables);

  const std::vector<FactDefinition>& facts_;
  const Seq last_;
  const std::int64_t whole_cells_;
  std::mutex mutex_;  // of all below
  Connection connection_;
  Schema schema_;
  std::string database_;
  std::map<std::string, Columns> kept_;  // facts with the columns that are kept, and roll-ups
  std::map<std::string, Table> known_;   // by SQL
};

}  // namespace traction
