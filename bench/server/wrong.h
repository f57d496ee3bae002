// Wrong: what ends the bench of the server: an answer that is not as it should be, or a program that is not there. It
// is thrown, so that every program that was started and the folder are cleared away on the way out.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "base/result.h"

namespace traction {

class Wrong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void wrong(const std::string& what) { throw Wrong(what); }

template <class T>
T must(Result<T> result) {
  if (!result) wrong(to_string(result.error()));
  return std::move(*result);
}

}  // namespace traction
