// Content codings of answers: which one a client takes, which content is worth it, and the encoding itself, whole or as
// a stream. It knows neither files nor connections, and takes milliseconds for long texts: not for I/O threads. An
// Encoder is for one thread at a time, the functions are thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace traction {

enum class Coding { identity, gzip, brotli };

// As in Content-Encoding: "gzip", "br", "" for identity.
std::string_view name(Coding coding);

// The best of our codings that an Accept-Encoding header takes: by q, Brotli first among equals. What cannot be read in
// it counts as not taken; identity is what is left, even when the client takes nothing.
Coding accepted_coding(std::string_view accept_encoding);

// Whether text of this Content-Type gets smaller: JSON, CSV, JavaScript, SVG …, but no image and no event stream, whose
// pieces must arrive one by one.
bool compressible(std::string_view content_type);

// Texts below this do not pay for their encoding.
inline constexpr std::size_t kWorthEncoding = 1024;

class Encoder {
 public:
  enum class Effort {
    passing,  // for an answer sent once
    lasting,  // for a text sent many times
  };
  // Of one text, in pieces; `coding` is not identity.
  static std::unique_ptr<Encoder> make(Coding coding, Effort effort = Effort::passing);
  virtual ~Encoder() = default;

  // Appends what the bytes give to `out`, which may be nothing yet.
  virtual void put(std::string_view bytes, std::string& out) = 0;
  // Appends the rest. The last call.
  virtual void finish(std::string& out) = 0;
};

// A whole text encoded.
std::string compress(std::string_view text, Coding coding, Encoder::Effort effort = Encoder::Effort::passing);

}  // namespace traction
