#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace traction {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "traction: internal error at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace traction
