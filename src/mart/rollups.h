// Roll-ups: the small tables of a fact's cases counted and added up (metrics/fact.h), kept exact while the fact
// changes: of the keys that an update replaces, the rows before are taken away and the rows after added, so that what
// an update costs does not depend on the size of the fact.
//
// Works within the transaction of the connection it is given, one thread at a time. Called by Facts and
// Backwards.
#pragma once

#include <string>

#include "mart/duckdb_db.h"
#include "metrics/fact.h"

namespace traction {

// Empty tables for a fact's roll-ups, in the place of whatever was there.
std::string create_rollups(const FactDefinition& fact);

// Fills them from the whole fact.
void fill_rollups(Connection& connection, const FactDefinition& fact);

// Brings them up to date after a change of the fact: rows that the table `was` holds went, those of `now` came.
void change_rollups(Connection& connection, const FactDefinition& fact, const std::string& was, const std::string& now);

// A SELECT of a roll-up of these rows.
std::string rolled_up(const Rollup& rollup, const std::string& rows);

// A SELECT of a roll-up of these rows, where `table` has what it is of all days but those that the table `days` names.
std::string rolled_up(const Rollup& rollup, const std::string& rows, const std::string& table, const std::string& days);

}  // namespace traction
