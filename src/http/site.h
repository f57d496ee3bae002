// Site: the page's files, read once at the start and served from memory: with their types, tags for caches, parts of
// them, and encoded beforehand. What it does not hold it cannot give away: no path of a request reaches the file
// system. A navigation to what is no file gets the page itself, which finds its way from the address. Immutable,
// thread-safe.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/compress.h"
#include "http/message.h"

namespace traction {

// The folder that holds the page: $TRACTION_WEB, else ../share/traction/web beside the program, else web/build of the
// source tree it was built from. Refused (not_found) naming where it looked.
Result<std::string> find_web();

class Site {
 public:
  // A site of no files, whose page says in plain text that it is not installed.
  Site() = default;
  // Reads every file below the folder, links left out. A Fault when one cannot be read.
  explicit Site(const std::string& folder);

  // Answers a GET or HEAD. 404 as a problem.
  Response answer(const Request& request) const;

 private:
  using Text = std::shared_ptr<const std::string>;
  struct File {
    Text plain;
    std::array<Text, 3> encoded;  // by Coding; null where it gains nothing
    std::string type, tag;
    std::string policy;    // Content-Security-Policy, of a page
    bool lasting = false;  // its name changes with its content
  };

  const File* find(const Request& request) const;
  Response whole(const Request& request, const File& file) const;

  std::map<std::string, File, std::less<>> files_;  // by path, without the leading slash
};

}  // namespace traction
