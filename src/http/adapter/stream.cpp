#include "http/adapter/stream.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fault.h"

namespace traction::adapter {
namespace {

using End = Attempt::End;

class Plain final : public Stream {
 public:
  explicit Plain(int descriptor) : descriptor_(descriptor) {}

  Attempt handshake() override { return {End::done}; }

  Attempt read(std::span<char> into) override {
    for (;;) {
      const ssize_t size = recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
      if (size > 0) return {End::done, static_cast<std::size_t>(size)};
      if (size == 0) return {End::closed};
      if (errno == EINTR) continue;
      return {errno == EAGAIN || errno == EWOULDBLOCK ? End::read : End::failed};
    }
  }

  Attempt write(const Parts& parts) override {
    std::array<iovec, std::tuple_size_v<Parts>> pieces;
    msghdr message{};
    message.msg_iov = pieces.data();
    for (const std::string_view part : parts)
      if (!part.empty()) pieces[message.msg_iovlen++] = {const_cast<char*>(part.data()), part.size()};
    for (;;) {
      const ssize_t size = sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (size >= 0) return {End::done, static_cast<std::size_t>(size)};
      if (errno == EINTR) continue;
      return {errno == EAGAIN || errno == EWOULDBLOCK ? End::write : End::failed};
    }
  }

  bool holding() const override { return false; }
  void leave() override {}

 private:
  const int descriptor_;
};

class Tls final : public Stream {
 public:
  Tls(int descriptor, SSL_CTX* context) : ssl_(SSL_new(context)) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor) != 1)
      throw Fault(Fault::Kind::internal, "A TLS connection could not be set up.");
  }

  Attempt handshake() override {
    ERR_clear_error();
    return outcome(SSL_accept(ssl_.get()), 0);
  }

  Attempt read(std::span<char> into) override {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
    return outcome(result, size);
  }

  Attempt write(const Parts& parts) override {
    // One record for a short answer: its head and body in one.
    static constexpr std::size_t kRecord = 16 * 1024;
    std::string_view bytes;
    std::string joined;
    for (const std::string_view part : parts) {
      if (part.empty()) continue;
      if (bytes.empty()) {
        bytes = part;
        continue;
      }
      if (joined.empty()) joined = bytes.substr(0, kRecord);
      joined += part.substr(0, kRecord - std::min(kRecord, joined.size()));
    }
    if (!joined.empty()) bytes = joined;
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
    return outcome(result, size);
  }

  bool holding() const override { return SSL_has_pending(ssl_.get()) == 1; }

  void leave() override {
    if (!broken_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Attempt outcome(int result, std::size_t size) {
    if (result == 1) return {End::done, size};
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {End::read};
      case SSL_ERROR_WANT_WRITE:
        return {End::write};
      case SSL_ERROR_ZERO_RETURN:
        return {End::closed};
      default:
        broken_ = true;
        return {End::failed};
    }
  }

  std::unique_ptr<SSL, Free> ssl_;
  bool broken_ = false;
};

// Why OpenSSL would not, in its words; empty when it has none.
std::string because() {
  const unsigned long error = ERR_peek_last_error();
  const char* words = error ? ERR_reason_error_string(error) : nullptr;
  ERR_clear_error();
  return words ? fmt::format(" ({})", words) : "";
}

// A password would be asked for at the terminal, where nobody may sit.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Result<TlsContext> load_tls(const std::string& certificate, const std::string& private_key) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw Fault(Fault::Kind::internal, "TLS could not be set up.");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Connections that wait need no buffers of their own.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  const auto readable = [](const char* field, const std::string& path) -> Result<void> {
    if (access(path.c_str(), R_OK) == 0) return {};
    return refuse(errno == ENOENT ? Code::not_found : Code::forbidden, field,
                  fmt::format("The file {} cannot be read: {}.", path, std::strerror(errno)));
  };
  if (auto found = readable("certificate", certificate); !found) return refuse(found);
  if (auto found = readable("private_key", private_key); !found) return refuse(found);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return refuse(Code::invalid, "certificate",
                  fmt::format("{} holds no certificate in PEM form{}. Name the file that begins with \"-----BEGIN "
                              "CERTIFICATE-----\".",
                              certificate, because()));
  if (SSL_CTX_use_PrivateKey_file(context.get(), private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    // OpenSSL compares the two as soon as it has both.
    const bool mismatch = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                          ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
    if (!mismatch)
      return refuse(Code::invalid, "private_key",
                    fmt::format("{} holds no private key in PEM form that can be read without a password{}.",
                                private_key, because()));
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    ERR_clear_error();
    return refuse(Code::invalid, "private_key",
                  fmt::format("The private key in {} does not belong to the certificate in {}. Give the key with which "
                              "the certificate was asked for.",
                              private_key, certificate));
  }
  return context;
}

std::unique_ptr<Stream> plain_stream(int descriptor) { return std::make_unique<Plain>(descriptor); }

std::unique_ptr<Stream> tls_stream(int descriptor, const TlsContext& context) {
  return std::make_unique<Tls>(descriptor, context.get());
}

}  // namespace traction::adapter
