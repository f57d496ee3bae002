// ask: the metric engine put to a workspace's mart: what "metric NAME" and, later, the page ask. It does not bring the
// mart up to date (Workspace::fresh_mart does) and prints nothing. Any thread.
#pragma once

#include "base/result.h"
#include "mart/mart.h"
#include "metrics/metric.h"
#include "metrics/query.h"
#include "schema/schema.h"

namespace traction {

// The answer to a query, over what the mart has applied or, where the query names an instant, over what the ledger had
// recorded by then, which the mart must have applied. Refusals are those of answer() in metrics/answer.h; besides, of
// an instant yet to come (invalid) or before the first entry (not_found), field "as_of". `now` is the instant up to
// which what is still open has lasted, when the query names none.
Result<Answer> ask(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now);

// The very cases that were counted, at most `limit` of them.
Result<Cases> ask_cases(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now,
                        std::size_t limit = kAllCases);

}  // namespace traction
