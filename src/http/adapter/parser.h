// RequestParser: reads one HTTP/1 request out of bytes as they come. It refuses what could be read in two ways (both
// lengths, several hosts, other transfer codings) and what is too long. The one part that includes Beast, which takes
// long to compile. For one request and one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace traction::adapter {

class RequestParser {
 public:
  // `most_header` bounds the bytes of the head, and of a chunk's head.
  static std::unique_ptr<RequestParser> make(std::size_t most_header);
  virtual ~RequestParser() = default;

  // Takes bytes from the front of what has come so far and says how many. It stops where the head ends; called again it
  // goes on with the body. Given nothing new, or too little to go on, it takes none.
  virtual std::size_t put(std::string_view bytes) = 0;

  bool head_done() const { return head_done_; }
  bool done() const { return done_; }

  // What is wrong: a status (400, 417, 431) with a sentence; 0 when nothing is.
  int trouble() const { return trouble_; }
  const std::string& sentence() const { return sentence_; }

  // Of the head, once it is done.
  const std::shared_ptr<Request>& request() const { return request_; }
  bool keep_alive() const { return keep_alive_; }  // what the client would like
  bool modern() const { return modern_; }          // HTTP/1.1
  bool expects() const { return expects_; }        // Expect: 100-continue
  std::optional<std::uint64_t> length() const { return length_; }

  // The part of the body that has come and was not taken yet, and the size of all that has come.
  std::string& body() { return body_; }
  std::uint64_t body_size() const { return body_size_; }

 protected:
  std::shared_ptr<Request> request_ = std::make_shared<Request>();
  bool head_done_ = false, done_ = false, keep_alive_ = false, modern_ = false, expects_ = false;
  int trouble_ = 0;
  std::string sentence_, body_;
  std::optional<std::uint64_t> length_;
  std::uint64_t body_size_ = 0;
};

// What stands behind a status: "Not Found". "" for an unknown one.
std::string_view reason(int status);

}  // namespace traction::adapter
