// Case folding for search: which letters count as the same when somebody looks for a text. Covers the Latin,
// Greek and Cyrillic letters of Europe that have a single counterpart; everything else, accents too, stays as it is.
// Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace traction {

// `text` (UTF-8) with capital letters made small; never longer than it was. Bytes that are not UTF-8 stay.
std::string folded(std::string_view text);

}  // namespace traction
