#include "cli/table.h"

#include <wchar.h>

#include <algorithm>
#include <cstdint>

namespace traction {
namespace {

constexpr std::size_t kWidest = 60;  // of a cell, but in the last column: longer texts are for show and for programs

// One code point from the front of well-formed UTF-8; a broken byte stands for itself.
char32_t take(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 1 || length > text.size()) {
    text.remove_prefix(1);
    return first;
  }
  char32_t point = first & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte(i) & 0x3F);
  text.remove_prefix(length);
  return point;
}

bool controls(char32_t point) {
  const bool direction_marks = (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || direction_marks;
}

std::size_t columns_of(char32_t point) {
  if (controls(point)) return 1;
  const int width = wcwidth(static_cast<wchar_t>(point));
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t shown = shown_width(text);
  const std::string gap(width > shown ? width - shown : 0, ' ');
  return right ? gap + text : text + gap;
}

}  // namespace

std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += columns_of(take(text));
  return width;
}

std::string shown(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t used = 0, fits = 0;  // fits: bytes of `out` that leave room for the ellipsis
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = take(text);
    if (used < width) fits = out.size();
    const std::size_t columns = columns_of(point);
    if (used + columns > width) return out.substr(0, fits) + "…";
    used += columns;
    if (controls(point)) {
      out += ' ';
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::string render(const TextTable& table, bool colour) {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::size_t> widths;
  for (const auto& title : table.titles) widths.push_back(shown_width(title.text));
  for (const auto& row : table.rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      line.push_back(shown(i < row.size() ? row[i] : "", i + 1 < widths.size() ? kWidest : SIZE_MAX));
      widths[i] = std::max(widths[i], shown_width(line[i]));
    }
  }
  std::string out;
  const auto add_line = [&](const auto& text_of) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i)
      line += (i ? "  " : "") + padded(text_of(i), widths[i], table.titles[i].right);
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  const std::string head = add_line([&](std::size_t i) { return table.titles[i].text; });
  out += colour ? "\x1b[2m" + head + "\x1b[0m\n" : head + "\n";
  for (const auto& line : cells) out += add_line([&](std::size_t i) { return line[i]; }) + "\n";
  return out;
}

std::string to_csv(const TextTable& table) {
  std::string out;
  const auto field = [&](const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
  };
  for (std::size_t i = 0; i < table.titles.size(); ++i) out += (i ? "," : "") + field(table.titles[i].text);
  out += "\n";
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < table.titles.size(); ++i) out += (i ? "," : "") + field(i < row.size() ? row[i] : "");
    out += "\n";
  }
  return out;
}

}  // namespace traction
