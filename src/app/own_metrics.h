// Own metrics: what a workspace's `own_metric` records make of the shipped catalogue. The records are the ledger's, the
// rules for writing them domain/metric.cpp's, what a definition means the catalogue's (metrics/metric.h); this joins
// them. Stateless, thread-safe as the reader is. Called by writer.h, which keeps the present one, and workspace.h.
#pragma once

#include "domain/decide.h"
#include "ledger/ledger.h"
#include "metrics/metric.h"

namespace traction {

// The shipped metrics with those that the ledger holds, as of its head or of an earlier entry.
Catalogue workspace_catalogue(const Catalogue& shipped, const Schema& schema, Reader& reader);
Catalogue workspace_catalogue_at(const Catalogue& shipped, const Schema& schema, Reader& reader, Seq at);

// What decide() asks about metrics. `shipped` outlives it.
MetricCheck metric_check(const Catalogue& shipped);

}  // namespace traction
