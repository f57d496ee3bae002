// Stream: the bytes of a connection, plain or under TLS, without waiting: what cannot be done now says what to wait
// for. It knows no HTTP and does not wait itself; the session does. It does not own the socket. For one thread.
#pragma once

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace traction::adapter {

// What an attempt came to.
struct Attempt {
  enum class End {
    done,    // `size` bytes went through
    read,    // again when the socket is readable
    write,   // again when it is writable
    closed,  // the other side has ended
    failed,
  };
  End end = End::failed;
  std::size_t size = 0;
};

// Bytes to be written one after the other.
using Parts = std::array<std::string_view, 3>;

class Stream {
 public:
  virtual ~Stream() = default;
  virtual Attempt handshake() = 0;
  virtual Attempt read(std::span<char> into) = 0;
  virtual Attempt write(const Parts& parts) = 0;
  // Whether it holds bytes that are to be read although the socket has none.
  virtual bool holding() const = 0;
  // Says goodbye where the protocol has a word for it, without waiting for the other's.
  virtual void leave() = 0;
};

// Certificate and key of a server. Thread-safe.
using TlsContext = std::shared_ptr<SSL_CTX>;

// Reads the PEM files. Refused (field "certificate" or "private_key") when one is missing or not what it should be, or
// when the key is not the certificate's.
Result<TlsContext> load_tls(const std::string& certificate, const std::string& private_key);

std::unique_ptr<Stream> plain_stream(int descriptor);
std::unique_ptr<Stream> tls_stream(int descriptor, const TlsContext& context);

}  // namespace traction::adapter
