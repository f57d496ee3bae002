// give_way: which threads let others go first: commits come before the mart that must reach them, and that before those
// who ask it. Thread-safe.
#pragma once

#include <unistd.h>

namespace traction {

// From now on this thread gives way to others by so many nice levels more; so do the threads that it starts. On Linux a
// nice level is the thread's own.
inline void give_way(int levels) { [[maybe_unused]] const int level = nice(levels); }

}  // namespace traction
