#include "domain/rules.h"

namespace traction {
namespace {

// Takes over what the deal says, unless the client cleared it in this very change or it is of no use any more.
void take_from_deal(Batch& batch, Change& change, const Record& deal, std::string_view name) {
  if (change.after(name) || change.fields.contains(name)) return;
  const json::value* value = deal.body.if_contains(name);
  if (value && usable(batch, change.type.field(name)->references, value->get_int64(), "")) change.set(name, *value);
}

}  // namespace

Result<void> activity_rules(Batch& batch, Change& change) {
  const json::value* deal_id = change.fields.if_contains("deal");
  if (deal_id && !deal_id->is_null()) {
    const RecordType& deal_type = batch.schema().need("deal");
    const Record* deal = batch.find(deal_type, deal_id->get_int64());
    take_from_deal(batch, change, *deal, "contact");
    take_from_deal(batch, change, *deal, "account");
  }
  // A planned activity was noted before it happened: it happens now that it is done.
  const json::value* status = change.fields.if_contains("status");
  if (change.before && status && *status == "done" && !change.after("happened_at") && change.occurred_at)
    change.set("happened_at", change.occurred_at->micros);
  return {};
}

}  // namespace traction
