// What SQL does badly or not at all, added to a Database as functions of ours:
//   survival(seconds BIGINT, ended BOOLEAN) → DOUBLE[]   Kaplan-Meier quantiles (survival.h), each NULL when never
//     reached, how many there are and how many of them ended: [p50, p75, p90, count, ended]. Rows with a NULL do not
//     count; a NULL list when none count.
//   survival(since TIMESTAMP, until TIMESTAMP, judged TIMESTAMP) → DOUBLE[]   the same of the whole seconds between, at
//     least 0: to the end, or without one to the instant judged, up to which it has lasted.
//   lifetimes(…) → BLOB   takes what survival takes and gathers it, sorted; NULL when no row counts.
//   survival(BLOB) → DOUBLE[]   the same as of all that several lifetimes() gathered; within one statement.
//   fences(x DOUBLE, segment BIGINT) → DOUBLE[]          of the values within Tukey's fences (outliers.h) their mean
//   and
//     how many they are; the fences; how many lie beyond, and the segment that all of these have, NULL where they have
//     not: [mean, inside, low, high, beyond, segment]. Rows with a NULL x do not count; a NULL list when none count.
//   local_day(TIMESTAMP, zone VARCHAR) → DATE            the calendar day on which the instant falls in that IANA zone
//     (base/zone.h); NULL for NULL and for the infinities.
//   local_hour(TIMESTAMP, zone VARCHAR) → BIGINT         0 … 23 on the wall clock there; NULL as above.
//   day_start(DATE, zone VARCHAR) → TIMESTAMP            the instant at which that day begins in that zone
//   converted(minor BIGINT, currency VARCHAR, rate DOUBLE, wanted VARCHAR) → BIGINT   the amount in the wanted currency
//     (base/convert.h): itself where it is in it already, else by the rate; NULL for a rate of 0, which stands for
//     none.
//   business_seconds(TIMESTAMP, TIMESTAMP, zone VARCHAR, calendar VARCHAR) → BIGINT   working time between two instants
//     (base/business_clock.h), the calendar as JSON; 0 when the second is not the later; NULL as above.
// Called once by Mart for every Database it opens.
#pragma once

#include "mart/duckdb_db.h"

namespace traction {

void register_functions(Connection& connection);

}  // namespace traction
