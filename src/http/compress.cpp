#include "http/compress.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/check.h"
#include "base/fault.h"

namespace traction {
namespace {

constexpr std::size_t kStep = 16 * 1024;  // bytes of output asked for at a time

class Gzip : public Encoder {
 public:
  explicit Gzip(Effort effort) {
    // 15 bits of window; 16 more ask for gzip's frame instead of zlib's.
    const int level = effort == Effort::lasting ? 9 : 5;
    if (deflateInit2(&stream_, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw Fault(Fault::Kind::internal, "gzip could not begin.");
  }
  ~Gzip() override { deflateEnd(&stream_); }

  void put(std::string_view bytes, std::string& out) override {
    while (!bytes.empty()) {
      const std::size_t part = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
      run(bytes.substr(0, part), Z_NO_FLUSH, out);
      bytes.remove_prefix(part);
    }
  }
  void finish(std::string& out) override { run({}, Z_FINISH, out); }

 private:
  void run(std::string_view bytes, int flush, std::string& out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const std::size_t size = out.size();
      out.resize(size + kStep);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
      stream_.avail_out = static_cast<uInt>(kStep);
      CHECK(deflate(&stream_, flush) != Z_STREAM_ERROR);
      out.resize(size + kStep - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class Brotli : public Encoder {
 public:
  explicit Brotli(Effort effort) : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw Fault(Fault::Kind::internal, "Brotli could not begin.");
    // Quality 4 is as fast as gzip and smaller; a window of 256 KiB holds an answer and keeps the memory small.
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, effort == Effort::lasting ? 9 : 4);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, effort == Effort::lasting ? 22 : 18);
  }
  ~Brotli() override { BrotliEncoderDestroyInstance(state_); }

  void put(std::string_view bytes, std::string& out) override { run(bytes, BROTLI_OPERATION_PROCESS, out); }
  void finish(std::string& out) override { run({}, BROTLI_OPERATION_FINISH, out); }

 private:
  void run(std::string_view bytes, BrotliEncoderOperation operation, std::string& out) {
    auto next = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::size_t left = bytes.size();
    do {
      std::size_t room = 0;
      CHECK(BrotliEncoderCompressStream(state_, operation, &left, &next, &room, nullptr, nullptr));
      while (BrotliEncoderHasMoreOutput(state_)) {
        std::size_t size = 0;
        const std::uint8_t* made = BrotliEncoderTakeOutput(state_, &size);
        out.append(reinterpret_cast<const char*>(made), size);
      }
    } while (left > 0 || (operation == BROTLI_OPERATION_FINISH && !BrotliEncoderIsFinished(state_)));
  }

  BrotliEncoderState* state_;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a) == lower(b);
  });
}

// Cuts off what stands before the mark, and the mark.
std::string_view cut(std::string_view& text, char mark) {
  std::size_t size = 0;
  while (size < text.size() && text[size] != mark) ++size;
  const std::string_view before = text.substr(0, size);
  text.remove_prefix(size < text.size() ? size + 1 : size);
  return before;
}

// What follows the ";" of one coding: "q=0.5". 1 when there is nothing, 0 when it is not to be understood.
double weight(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return 1;
  if (text.size() < 3 || (text[0] != 'q' && text[0] != 'Q') || text[1] != '=') return 0;
  double q = 0;
  const auto [end, failed] = std::from_chars(text.data() + 2, text.data() + text.size(), q, std::chars_format::fixed);
  if (failed != std::errc() || end != text.data() + text.size() || !(q >= 0 && q <= 1)) return 0;
  return q;
}

}  // namespace

std::string_view name(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return "gzip";
    case Coding::brotli:
      return "br";
    case Coding::identity:
      break;
  }
  return "";
}

Coding accepted_coding(std::string_view header) {
  double gzip = -1, brotli = -1, identity = -1, others = -1;  // below 0: not named
  while (!header.empty()) {
    std::string_view weighed = cut(header, ',');
    const std::string_view coding = trimmed(cut(weighed, ';'));
    const double q = weight(weighed);
    if (same(coding, "gzip") || same(coding, "x-gzip"))
      gzip = q;
    else if (same(coding, "br"))
      brotli = q;
    else if (same(coding, "identity"))
      identity = q;
    else if (coding == "*")
      others = q;
  }
  if (gzip < 0) gzip = others;
  if (brotli < 0) brotli = others;
  // Identity is taken unless it is named, and then only when it is wanted more.
  const double plain = std::max(identity, 0.0);
  if (brotli > 0 && brotli >= gzip && brotli >= plain) return Coding::brotli;
  if (gzip > 0 && gzip >= plain) return Coding::gzip;
  return Coding::identity;
}

bool compressible(std::string_view content_type) {
  const std::string_view type = trimmed(cut(content_type, ';'));
  if (type == "text/event-stream") return false;
  if (type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml")) return true;
  static constexpr std::array<std::string_view, 7> kOthers{
      "application/json", "application/javascript", "application/x-ndjson", "application/jsonl",
      "application/xml",  "application/wasm",       "application/toml"};
  return std::ranges::find(kOthers, type) != kOthers.end();
}

std::unique_ptr<Encoder> Encoder::make(Coding coding, Effort effort) {
  CHECK(coding != Coding::identity);
  if (coding == Coding::gzip) return std::make_unique<Gzip>(effort);
  return std::make_unique<Brotli>(effort);
}

std::string compress(std::string_view text, Coding coding, Encoder::Effort effort) {
  std::string out;
  const auto encoder = Encoder::make(coding, effort);
  encoder->put(text, out);
  encoder->finish(out);
  return out;
}

}  // namespace traction
