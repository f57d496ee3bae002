// Past: the mart as it would be had the ledger ended at an earlier entry. A connection of its own whose temporary views
// and tables stand before the mart's by name (DuckDB looks there first), so that every statement made for the present
// works unchanged: r_<type> holds the versions known then, <type> what was live then, and each fact is built from them
// by its own SELECT when a statement first names it. Settings, stages, teams and a workspace's own fields are those of
// then. What was erased since is gone here too.
//
// Threads: any; statements run one at a time. Made and kept by Mart, and let go of before its Database.
#pragma once

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
  // `schema` is without the workspace's own fields, `facts` outlives this, and the mart holds the entry `last`.
  Past(Database& database, const Schema& schema, const std::vector<FactDefinition>& facts, Seq last);

  // As Mart::query.
  Result<Table> query(const std::string& sql, const std::vector<Cell>& parameters, std::size_t limit);

  // With the fields that the workspace had then.
  const Schema& schema() const { return schema_; }

 private:
  void build(const FactDefinition& fact);

  const std::vector<FactDefinition>& facts_;
  const Seq last_;
  std::mutex mutex_;  // of the connection and what is built
  Connection connection_;
  Schema schema_;
  std::set<std::string> built_;
};

}  // namespace traction
