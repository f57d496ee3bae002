#include "base/zone.h"
#include "domain/rules.h"

namespace traction {

Result<void> settings_rules(Change& change) {
  const json::value* zone = change.fields.if_contains("zone");
  if (!zone) return {};
  const auto found = Zone::find(zone->get_string());
  if (!found) return refuse(found.error().code, "fields.zone", found.error().sentence);
  return {};
}

}  // namespace traction
