// Reading [[metric]] blocks: each checked by itself against facts and schema. How metrics stand beside each other is
// the catalogue's business (catalogue.cpp), which calls this; nobody else does. Pure, thread-safe.
#pragma once

#include "metrics/metric.h"

namespace traction {

// The metrics of one file. Refused with `field` = "metrics/revenue.toml:12" at the first mistake.
Result<std::vector<MetricDefinition>> read_metrics(const DefinitionFile& file, std::span<const FactDefinition> facts,
                                                   const Schema& schema);

}  // namespace traction
