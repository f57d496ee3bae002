// answer: from a Query to its Answer, and to the cases behind it. The one entrance to the metric engine: it understands
// the question (question.h), compiles it (compile.h), has the mart run it and reads what comes back. Holds no state;
// thread-safe as far as Run is. Called by app/ask.h.
#pragma once

#include "metrics/question.h"

namespace traction {

// Rows sorted by their keys (stages by their place in the pipeline), except that rows of a single other key without
// grain are sorted by their first value: counts and amounts from the greatest, others from the best, what was not
// reached last, currency by currency. Members, teams, products, stages,
// pipelines and campaigns are listed even without a case, and so are periods between the first and the last; where that
// would be more than 20,000 rows only those with cases are, and the passport says so. Refusals are those of
// understand(), and what Run refuses.
Result<Answer> answer(const Asking& asking, const Query& query);

// The very cases that were counted, over all groups: the columns of their fact, amounts with decimals, references by
// their titles. A derived metric lists the cases of each metric it is computed from, told apart by "counted_in". At
// most `limit` of them.
Result<Cases> cases(const Asking& asking, const Query& query, std::size_t limit = kAllCases);

}  // namespace traction
