// The text of an answer's head, and what in an answer decides it: how its body is laid out and in which coding. It
// neither writes nor waits. Pure, thread-safe. The session calls it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/compress.h"
#include "http/message.h"

namespace traction::adapter {

// How an answer is laid out on its connection.
struct Framing {
  std::optional<std::uint64_t> length{};  // of the body, also of one that is not sent (HEAD)
  bool chunked = false;
  bool close = false;       // the connection ends with this answer
  bool keep_alive = false;  // to be said, because HTTP/1.0 would close
};

// "HTTP/1.1 200 OK\r\n…\r\n\r\n". Headers of the answer that are the adapter's own (lengths, connection) are left out;
// a line break in a value, which would begin a header, becomes a space.
std::string head_text(const Response& answer, const Framing& framing, std::string_view date);

// The answer's header of that name in lower case, null when there is none.
const std::string* header_of(const Response& answer, std::string_view name);

// The coding to send the answer in: what the client takes, if its content gets smaller by it and is long enough. When
// it depends on the client, the answer gets the header that says so (Vary).
Coding coding_for(const Request& request, Response& answer);

// 1xx, 204 and 304 have no body, nor has an answer to HEAD.
bool bodiless(int status);

// The time as in the header Date.
std::string http_date(std::int64_t unix_seconds);

}  // namespace traction::adapter
