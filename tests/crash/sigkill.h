// What the worker that gets killed and the test that kills it agree on: the commands, and the line by which the worker
// says that one was acknowledged. Tests only.
#pragma once

#include <fmt/format.h>

#include <string>

#include "support/actions.h"

namespace traction {

inline constexpr int kWriters = 8;

struct Acknowledged {
  std::int64_t writer = 0;
  std::int64_t n = 0;
  Seq seq = 0;
};

inline std::string sigkill_key(std::int64_t writer, std::int64_t n) { return fmt::format("key-{}-{}-", writer, n); }

// The n-th command of a writer; it has one entry, in whose bytes its key stands. Every fourth edits an account (the
// writers' accounts are the entries 2 to 9), the others are new activities.
inline Command sigkill_command(std::int64_t writer, std::int64_t n) {
  const std::string key = sigkill_key(writer, n);
  if (n % 4 == 3) return batch({on(Verb::change, "account", Id{2 + writer}, {{"name", key}})}, key);
  return batch({creation("activity", {{"kind", "note"}, {"account", 2 + writer}, {"subject", key}})}, key);
}

}  // namespace traction
