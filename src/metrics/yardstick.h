// Yardstick: what the cases of a metric are held against: a number of another metric, per group where enough cases
// stand behind it, else what a field of the group's record or a setting of the workspace says. A weight, a limit, the
// edges of bands. It rests on all there is up to the instant judged, whatever the question's period and filters.
// Internal to metrics/. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "metrics/select.h"

namespace traction {

// Reads {metric = "NAME" or "NAME.column", by = "COLUMN", least = N, otherwise = "COLUMN.field", say = "…"}; refused
// (invalid) with what it takes.
Result<Yardstick> read_yardstick(std::string_view key, const json::value& given);

// The workspace's setting that it falls back on: "forgotten_days"; "" for a field of the group's record, or none.
std::string setting_of(const Yardstick& yardstick);

// Checks a metric's yardsticks against the other metrics, the facts and the records; nothing when they hold.
std::optional<Refusal> check_yardstick(const MetricDefinition& metric, const Catalogue& catalogue,
                                       const Schema& schema);

// A table (key, n, v, v0, v1 …, above, below): per group how many cases its metric has, what cases are held against
// (null when neither cases nor the record tell), all columns of the metric, and v as the fraction that a share is. One
// row with a null key where there are no groups.
std::string yardstick_table(Select& select, const Yardstick& yardstick, const FactDefinition& fact);

// A statement for (title, n, v, v0, v1 …) of each group that the yardstick tells of.
std::string compile_yardstick(const Catalogue& catalogue, const Schema& schema, const Question& question,
                              std::size_t leaf);

// "Offer: 0.32 (n = 120)", "Lead: 0.1 (set; n = 3)": a row of that statement in words.
std::string yardstick_words(const MetricDefinition& leaf, const MetricDefinition& metric, const TableRow& row);

}  // namespace traction
