#include <fmt/format.h>

#include "domain/rules.h"

namespace traction {

Result<void> stage_rules(Batch&, Change& change) {
  if (!change.before) return {};
  for (const std::string_view fixed : {"kind", "pipeline"})
    if (change.fields.contains(fixed))
      return refuse(Code::rule, fmt::format("fields.{}", fixed),
                    fmt::format("A stage keeps its {}, because deals went through it. Make a new stage and remove "
                                "this one.",
                                fixed));
  return {};
}

Result<void> stage_removal_rules(Batch& batch, const Record& stage) {
  const RecordType& deals = batch.schema().need("deal");
  for (const Id id : batch.naming(deals, *deals.field("stage"), {stage.id})) {
    const Record* deal = batch.find(deals, id);
    if (deal && deal->state == RecordState::live && deal->body.at("stage") == stage.id)
      return refuse(Code::rule, "target",
                    fmt::format("Deal {} stands in this stage, perhaps others too. Move them first.", id));
  }
  return {};
}

Result<void> pipeline_removal_rules(Batch& batch, const Record& pipeline) {
  for (const Record& stage : batch.all(batch.schema().need("stage")))
    if (stage.body.at("pipeline") == pipeline.id)
      return refuse(Code::rule, "target", "This pipeline has stages. Remove them first.");
  return {};
}

}  // namespace traction
