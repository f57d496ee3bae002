#include "http/adapter/parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

namespace traction::adapter {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::size_t kMostHeaders = 100;

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::post:
      return Method::post;
    case http::verb::put:
      return Method::put;
    case http::verb::patch:
      return Method::patch;
    case http::verb::delete_:
      return Method::del;
    case http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

bool same(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

class BeastParser final : public RequestParser, private http::basic_parser<true> {
  using Beast = http::basic_parser<true>;

 public:
  explicit BeastParser(std::size_t most_header) : most_header_(most_header) {
    Beast::header_limit(static_cast<std::uint32_t>(most_header));
    Beast::body_limit(boost::none);  // the service decides, for each request
  }

  std::size_t put(std::string_view bytes) override {
    if (trouble_ || done_ || bytes.empty()) return 0;
    // A chunked body ends with at least "0\r\n\r\n": with less at hand there is nothing to be had, and Beast asserts
    // it.
    if (head_done_ && Beast::chunked() && bytes.size() < 5) return 0;
    error_code failed;
    const std::size_t taken = Beast::put({bytes.data(), bytes.size()}, failed);
    if (failed == http::error::need_more) failed = {};
    if (failed) {
      if (!trouble_) explain(failed);
      return taken;
    }
    if (!head_done_) {
      head_size_ += taken;
      if (Beast::is_header_done()) {
        head_done_ = true;
        keep_alive_ = Beast::keep_alive();
        if (const auto length = Beast::content_length()) length_ = *length;
        Beast::eager(true);
      }
      if (head_size_ > most_header_ || (!head_done_ && head_size_ + bytes.size() - taken > most_header_))
        fail(431, "The request's header is longer than the server takes.");
    } else if (taken == 0 && bytes.size() > most_header_) {
      fail(400, "A chunk of the request's body begins with a line that does not end.");
    }
    done_ = Beast::is_done();
    return taken;
  }

 private:
  void fail(int status, std::string sentence) {
    trouble_ = status;
    sentence_ = std::move(sentence);
  }
  void fail(int status, std::string sentence, error_code& failed) {
    fail(status, std::move(sentence));
    failed = http::error::bad_field;  // any error ends the parsing
  }

  void explain(const error_code& failed) {
    if (failed == http::error::header_limit) return fail(431, "The request's header is longer than the server takes.");
    if (head_done_) return fail(400, "The request's body is not sent as its header says (" + failed.message() + ").");
    fail(400, "The request is not HTTP as the server reads it (" + failed.message() + ").");
  }

  void on_request_impl(http::verb verb, string_view, string_view target, int version, error_code&) override {
    modern_ = version >= 11;
    request_->method = method_of(verb);
    std::string_view path(target.data(), target.size());
    // A proxy's form of the target names the host too.
    if (path.starts_with("http://") || path.starts_with("https://")) {
      const std::size_t slash = path.find('/', path.find("://") + 3);
      path = slash == path.npos ? "/" : path.substr(slash);
    }
    const std::size_t mark = std::min(path.find('?'), path.size());
    request_->path = path.substr(0, mark);
    if (mark < path.size()) request_->query = path.substr(mark + 1);
  }

  void on_response_impl(int, string_view, int, error_code&) override {}

  void on_field_impl(http::field field, string_view field_name, string_view value, error_code& failed) override {
    if (head_done_) return;  // what trails a chunked body changes nothing
    if (request_->headers.size() == kMostHeaders) return fail(431, "The request has more than 100 headers.", failed);
    if (field == http::field::host && ++hosts_ > 1) return fail(400, "The request names several hosts.", failed);
    if (field == http::field::transfer_encoding) {
      if (!modern_ || !same({value.data(), value.size()}, "chunked"))
        return fail(400, "The server knows no Transfer-Encoding but chunked, and that in HTTP/1.1 alone.", failed);
    }
    if (field == http::field::expect) {
      if (!same({value.data(), value.size()}, "100-continue"))
        return fail(417, "The server meets no expectation but 100-continue.", failed);
      expects_ = modern_;
    }
    Header& header = request_->headers.emplace_back();
    header.name.assign(field_name.data(), field_name.size());
    for (char& c : header.name)
      if (c >= 'A' && c <= 'Z') c += 32;
    header.value.assign(value.data(), value.size());
  }

  void on_header_impl(error_code& failed) override {
    if (modern_ && hosts_ == 0) fail(400, "The request does not name its host, as HTTP/1.1 demands.", failed);
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(string_view bytes, error_code&) override {
    body_.append(bytes.data(), bytes.size());
    body_size_ += bytes.size();
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& failed) override {
    return on_body_impl(bytes, failed);
  }
  void on_finish_impl(error_code&) override {}

  const std::size_t most_header_;
  std::size_t head_size_ = 0;
  int hosts_ = 0;
};

}  // namespace

std::unique_ptr<RequestParser> RequestParser::make(std::size_t most_header) {
  return std::make_unique<BeastParser>(most_header);
}

std::string_view reason(int status) {
  const auto known = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {known.data(), known.size()};
}

}  // namespace traction::adapter
