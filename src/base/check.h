// CHECK ends the program when our own reasoning is wrong. It is on in release builds: a ledger is better down than
// wrong. Not for bad input (Refusal) and not for a failing machine (Fault). Thread-safe.
#pragma once

namespace traction {

// Prints the failed condition with its place to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace traction

#define CHECK(condition) ((condition) ? static_cast<void>(0) : ::traction::check_failed(#condition, __FILE__, __LINE__))
