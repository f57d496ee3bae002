// TextTable: rows of text shown to a person (aligned columns), or to a program (CSV). It knows no records and no
// metrics. Values, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace traction {

struct TextTable {
  struct Title {
    std::string text;
    bool right = false;  // numbers stand to the right
  };
  std::vector<Title> titles;
  std::vector<std::vector<std::string>> rows;
};

// Columns aligned by what a terminal shows, titles dimmed when `colour`. Control characters are shown as spaces, so
// that no text of a record can command the terminal. Ends with a newline; titles alone for no rows.
std::string render(const TextTable& table, bool colour);

// CSV quoted as in RFC 4180, lines ended by a newline, titles first.
std::string to_csv(const TextTable& table);

// Columns a terminal needs for the text; wide characters count two.
std::size_t shown_width(std::string_view text);

// The text without control characters, at most `width` columns, ended by "…" when shortened.
std::string shown(std::string_view text, std::size_t width);

}  // namespace traction
