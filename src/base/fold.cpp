#include "base/fold.h"

#include <cstdint>

namespace traction {
namespace {

// Unicode's simple case mapping within the letters of two bytes (U+0080 … U+07FF).
std::uint32_t small(std::uint32_t c) {
  const auto within = [c](std::uint32_t first, std::uint32_t last) { return c >= first && c <= last; };
  if (within(0x00C0, 0x00DE)) return c == 0x00D7 ? c : c + 0x20;
  if (c == 0x0130 || c == 0x0149 || c == 0x017F) return c;  // their counterparts are not of one letter or one length
  if (c == 0x0178) return 0x00FF;
  // In these stretches a capital is followed by its small letter: on even numbers here …
  if (within(0x0100, 0x0137) || within(0x014A, 0x0177) || within(0x0460, 0x0481) || within(0x048A, 0x04BF) ||
      within(0x04D0, 0x052F) || within(0x01DE, 0x01EF) || within(0x01F8, 0x021F) || within(0x0222, 0x0233))
    return c | 1;
  // … and on odd ones here.
  if (within(0x0139, 0x0148) || within(0x0179, 0x017E) || within(0x04C1, 0x04CE) || within(0x01CD, 0x01DC))
    return c + (c & 1);
  if (within(0x0391, 0x03AB)) return c == 0x03A2 ? c : c + 0x20;
  if (c == 0x0386) return 0x03AC;
  if (within(0x0388, 0x038A)) return c + 0x25;
  if (c == 0x038C) return 0x03CC;
  if (c == 0x038E || c == 0x038F) return c + 0x3F;
  if (c == 0x03C2) return 0x03C3;  // a sigma at the end of a word is a sigma
  if (within(0x0400, 0x040F)) return c + 0x50;
  if (within(0x0410, 0x042F)) return c + 0x20;
  if (c == 0x04C0) return 0x04CF;
  return c;
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto first = static_cast<unsigned char>(out[i]);
    if (first >= 'A' && first <= 'Z') {
      out[i] = static_cast<char>(first + 0x20);
    } else if (first >= 0xC2 && first <= 0xDF && i + 1 < out.size()) {
      const auto second = static_cast<unsigned char>(out[i + 1]);
      if ((second & 0xC0) != 0x80) continue;
      const std::uint32_t c = small((first & 0x1Fu) << 6 | (second & 0x3Fu));
      out[i] = static_cast<char>(0xC0 | c >> 6);
      out[++i] = static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

}  // namespace traction
