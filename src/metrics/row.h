// Rows: groups as the rows of an answer: values with their standing and interval, in order, with everything listed that
// belongs there without a case. Internal to metrics/. Pure, thread-safe.
#pragma once

#include "metrics/groups.h"

namespace traction {

struct Rows {
  std::vector<std::vector<KeyName>> names;  // as Answer::names
  std::vector<Row> rows;
  std::optional<Row> total;
  bool all_listed = true;               // false: too many groups to list those without a case
  std::vector<std::string> currencies;  // that occur, when the metric is money
};

// Adds to the groups those without a case that belong in the answer. `listed` holds, per `by`, the keys to list without
// a case; nullopt where only keys with cases are listed.
Rows make_rows(const Catalogue& catalogue, const Question& question, Groups& groups,
               const std::vector<std::optional<std::vector<std::string>>>& listed);

}  // namespace traction
