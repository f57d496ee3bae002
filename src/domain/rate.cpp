#include "domain/rules.h"

namespace traction {

Result<void> rate_rules(const Change& change) {
  const json::value* rate = change.after("rate");
  if (!rate || rate->to_number<double>() > 0) return {};
  return refuse(Code::invalid, "fields.rate",
                "A rate is above 0: it says what one unit of the currency is worth in the workspace's.");
}

}  // namespace traction
