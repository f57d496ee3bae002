// apply_entries(): brings the record tables of the mart from one seq of the ledger to another, within the transaction
// of the connection it is given. Few entries go one by one on the caller's thread; many are read and taken apart on a
// second thread beside the one that appends. Called by Mart, one at a time.
#pragma once

#include <functional>

#include "mart/duckdb_db.h"
#include "mart/facts.h"
#include "mart/versions.h"

namespace traction {

struct Span {
  Seq after = 0;  // entries with after < seq <= last
  Seq last = 0;
};

struct Applied {
  Digest hash{};        // of the entry at Span::last
  bool erased = false;  // an erasure is among them: nothing was finished, the mart must be made anew
  bool merging = false;
  Changes changes;  // empty after a bulk run
};

// With `bulk`: for a mart that starts from nothing, or for very many entries.
Applied apply_entries(Ledger& ledger, Versions& versions, Connection& connection, Span span, bool bulk,
                      const std::function<void(Seq)>& progress);

}  // namespace traction
