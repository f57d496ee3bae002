// Backwards: the facts as of an earlier entry, as an update of the present that goes back in time: what was created
// since is gone, what was changed since is as it was. By the same [touched] rules as a catch-up (metrics/fact.h), seen
// from the present, in which nothing is new: rows of keys created since are left out, those of touched keys are
// selected again by the fact's own SELECT over the record views of then, all others are the present's. Only where a
// setting that a fact reads has changed since, the fact and those that read it are built from nothing.
//
// Works within one transaction, in which the present stands still; what it makes are temporary views and tables of the
// connection, which stand before the mart's by name. One thread. Past is the caller.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "domain/entry.h"
#include "mart/duckdb_db.h"
#include "mart/touched.h"
#include "schema/schema.h"

namespace traction {

// True when the SQL has that name as a word, be it for something else, but not as a text or a function.
bool names(const std::string& sql, const std::string& name);

class Backwards {
 public:
  // The connection's temporary views and `alias` tell of the records as of the entry `last`; the mart is `database`.
  Backwards(Connection& connection, const Schema& schema, const std::vector<FactDefinition>& facts,
            std::string database, Seq last);

  // Makes these facts and what they read views of their rows then.
  void reach(std::set<std::string> facts);

  // A SELECT of a roll-up then, of a fact that was reached.
  std::string roll_up(const FactDefinition& fact, const Rollup& rollup);

  // Drops all that was made.
  void leave();

 private:
  void stage_records(const std::set<std::string>& needed);
  void note_settings();
  void reach(const FactDefinition& fact);
  bool stage_keys(const FactDefinition& fact);
  bool is_anew(const FactDefinition& fact) const;
  std::string present(const std::string& table) const;
  void make(const char* kind, const std::string& name, const std::string& select);

  Connection& connection_;
  const Schema& schema_;
  const std::vector<FactDefinition>& facts_;
  const std::string database_;
  const Seq last_;
  Between between_;
  std::set<std::string> settings_;  // the workspace's, that have changed since
  std::set<std::string> anew_;      // facts that are built from nothing
  std::string drops_;
};

}  // namespace traction
