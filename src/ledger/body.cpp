#include "ledger/body.h"

#include <algorithm>

namespace traction {

std::string joined_body(std::string_view plain, const std::optional<std::string_view>& personal) {
  if (!personal || personal->size() <= 2) return std::string(plain);
  if (plain.size() <= 2) return std::string(*personal);
  std::string body;
  body.reserve(plain.size() + personal->size() - 1);
  body.append(plain.substr(0, plain.size() - 1)).append(",").append(personal->substr(1));
  return body;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace traction
