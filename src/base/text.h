// Small questions about text that several modules ask: which known name is nearest, how a list reads. Pure,
// thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace traction {

// Edit distance (Levenshtein, bytes), case folded for ASCII.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known name most like `wrong`, or empty when none is within a third of its length.
std::string nearest(std::string_view wrong, std::span<const std::string> known);

// " Did you mean \"stage\"?", or empty: to end a sentence about an unknown name.
std::string did_you_mean(std::string_view wrong, std::span<const std::string> known);

// "a, b and c"
std::string enumerate(std::span<const std::string> names);

// At most `bytes` bytes of text of any origin, fit to be quoted in a sentence: cut between characters with "…" in place
// of the rest, and with "?" for each byte that is not UTF-8 or is a control character.
std::string excerpt(std::string_view text, std::size_t bytes = 40);

// Lower case for ASCII only.
std::string lower(std::string_view text);

// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

// The parts between separators; "a,,b" gives three, "" gives none.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace traction
