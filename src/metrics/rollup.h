// Which table a part of a statement reads: a fact, or the smallest of its roll-ups that has all columns the part names.
// A roll-up holds many cases in a row, so who reads it adds up its `cases` where a fact's rows would be counted.
// Internal to metrics/. Pure, thread-safe.
#pragma once

#include <string_view>

#include "metrics/question.h"

namespace traction {

// The roll-up from which a leaf's counts, sums and shares can be told, when `sql` holds all that is said of the fact's
// columns, as f."name", besides the sum asked for; null where there is none: then the fact is read. Also null where the
// world is seen at an earlier instant, for which facts are clipped and roll-ups are not.
const Rollup* rollup_for(const Catalogue& catalogue, const Question& question, std::size_t leaf, std::string_view sql);

}  // namespace traction
