#include "http/site.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/fault.h"
#include "http/problem.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".wasm", "application/wasm"},
}};

std::string type_of(const std::string& path) {
  const std::string extension = fs::path(path).extension().string();
  for (const auto& [ending, type] : kTypes)
    if (extension == ending) return std::string(type);
  return "application/octet-stream";
}

std::string sha256(std::string_view text) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
                 nullptr) != 1)
    throw Fault(Fault::Kind::internal, "SHA-256 failed.");
  return digest;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// The digests of the page's inline scripts, which are all that may run besides our own files.
std::string policy_of(std::string_view html) {
  std::set<std::string> digests;
  for (std::size_t at = 0; (at = html.find("<script", at)) != html.npos;) {
    const std::size_t open = html.find('>', at), end = html.find("</script", at);
    if (open == html.npos || end == html.npos) break;
    if (open < end && html.substr(at, open - at).find(" src=") == html.npos)
      digests.insert(fmt::format(" 'sha256-{}'", base64(sha256(html.substr(open + 1, end - open - 1)))));
    at = end;
  }
  std::string scripts;
  for (const std::string& digest : digests) scripts += digest;
  // Styles may stand in the page: its parts set their sizes and places by them.
  return fmt::format(
      "default-src 'self'; script-src 'self'{}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
      "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      scripts);
}

std::optional<std::string> decoded(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= path.size()) return std::nullopt;
    const char* first = path.data() + i + 1;
    if (std::from_chars(first, first + 2, value, 16).ptr != first + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Whether an If-None-Match names the tag. Weak and strong are the same here.
bool names(std::string_view header, std::string_view tag) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    std::string_view item = trimmed(header.substr(0, comma));
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
    header = comma < header.size() ? header.substr(comma + 1) : std::string_view();
  }
  return false;
}

// One range of bytes, [first, last]. Nothing when the header is not one that we serve: then it does not count. A first
// beyond the last says that there is no such part.
std::optional<std::pair<std::size_t, std::size_t>> range_of(std::string_view header, std::size_t size) {
  if (!header.starts_with("bytes=")) return std::nullopt;
  header.remove_prefix(6);
  const std::size_t dash = header.find('-');
  if (dash == header.npos || header.find(',') != header.npos) return std::nullopt;
  const auto number = [](std::string_view text) -> std::optional<std::size_t> {
    std::size_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
  if (from.empty()) {  // the last so many
    const auto count = number(to);
    if (!count) return std::nullopt;
    if (*count == 0 || size == 0) return std::pair<std::size_t, std::size_t>{1, 0};
    return std::pair{size - std::min(*count, size), size - 1};
  }
  const auto first = number(from);
  const auto last = to.empty() ? std::optional<std::size_t>(size) : number(to);
  if (!first || !last || *last < *first) return std::nullopt;
  if (*first >= size) return std::pair<std::size_t, std::size_t>{1, 0};
  return std::pair{*first, std::min(*last, size - 1)};
}

bool wants_a_page(const Request& request) {
  const std::string* accept = request.header("accept");
  const std::size_t slash = request.path.rfind('/');
  return accept && accept->find("text/html") != std::string::npos && request.path.find('.', slash) == std::string::npos;
}

Response page_missing() {
  Response answer;
  answer.headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-cache"}};
  answer.body = std::string(
      "Traction is running, but its page is not installed beside it.\n\n"
      "Install it to share/traction/web next to the program's bin folder, or set TRACTION_WEB to where it is.\n"
      "The API is at /api/v1; what it does can be read at /docs.\n");
  return answer;
}

bool holds_page(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "index.html", ignored) || fs::is_regular_file(folder / "200.html", ignored);
}

}  // namespace

Result<std::string> find_web() {
  if (const char* given = std::getenv("TRACTION_WEB"); given && *given) {
    if (holds_page(given)) return std::string(given);
    return refuse(Code::not_found, "TRACTION_WEB",
                  fmt::format("TRACTION_WEB says {}, but there is no index.html in it.", given));
  }
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed).parent_path();
  const fs::path installed = program.parent_path() / "share/traction/web";
  if (!failed && holds_page(installed)) return installed.string();
  // A program in a build tree stands some folders below the source tree.
  for (fs::path up = program; !failed && up.has_relative_path(); up = up.parent_path())
    if (holds_page(up / "web/build")) return (up / "web/build").string();
  return refuse(Code::not_found, "web",
                fmt::format("The page is neither in {} nor in web/build of a folder above {}. Build it with "
                            "script/build, or set TRACTION_WEB to where it is.",
                            installed.string(), program.string()));
}

Site::Site(const std::string& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), {}};
    if (!in) throw Fault(Fault::Kind::disk, fmt::format("{} cannot be read.", entry.path().string()));
    contents[fs::relative(entry.path(), folder).generic_string()] = std::move(content);
  }
  // What a build encoded stands beside the plain file and is no file of its own.
  const auto sibling = [&](const std::string& path) {
    return (path.ends_with(".br") && contents.contains(path.substr(0, path.size() - 3))) ||
           (path.ends_with(".gz") && contents.contains(path.substr(0, path.size() - 3)));
  };
  for (const auto& [path, content] : contents) {
    if (sibling(path)) continue;
    File& file = files_[path];
    file.type = type_of(path);
    file.tag = hex(sha256(content)).substr(0, 20);
    file.lasting = path.starts_with("_app/immutable/");
    if (file.type.starts_with("text/html")) file.policy = policy_of(content);
    file.plain = std::make_shared<const std::string>(content);
    for (const Coding coding : {Coding::gzip, Coding::brotli}) {
      std::string encoded;
      if (const auto given = contents.find(path + (coding == Coding::gzip ? ".gz" : ".br")); given != contents.end())
        encoded = given->second;
      else if (content.size() >= kWorthEncoding && compressible(file.type))
        encoded = compress(content, coding, Encoder::Effort::lasting);
      if (!encoded.empty() && encoded.size() < content.size())
        file.encoded[static_cast<std::size_t>(coding)] = std::make_shared<const std::string>(std::move(encoded));
    }
  }
}

const Site::File* Site::find(const Request& request) const {
  const auto path = decoded(request.path);
  if (!path || !path->starts_with('/')) return nullptr;
  std::string name = path->substr(1);
  while (name.ends_with('/')) name.pop_back();
  for (const std::string& candidate :
       {name, name + ".html", name.empty() ? std::string("index.html") : name + "/index.html"})
    if (const auto found = files_.find(candidate); found != files_.end()) return &found->second;
  if (wants_a_page(request))
    for (const char* fallback : {"200.html", "index.html"})
      if (const auto found = files_.find(fallback); found != files_.end()) return &found->second;
  return nullptr;
}

Response Site::answer(const Request& request) const {
  if (files_.empty() && (request.path == "/" || wants_a_page(request))) return page_missing();
  const File* file = find(request);
  if (!file)
    return problem(404, "not_found", "", "There is nothing at this address. Check it, or begin at the first page.");
  Response answer = whole(request, *file);

  // A part is one of the file as it is; it is told apart from encoded ones by its tag.
  const std::string* asked = request.header("range");
  if (!asked || request.method != Method::get) return answer;
  const std::string plain_tag = fmt::format("\"{}\"", file->tag);
  if (const std::string* still = request.header("if-range"); still && *still != plain_tag) return answer;
  if (answer.status != 200) return answer;
  const auto range = range_of(*asked, file->plain->size());
  if (!range) return answer;
  std::erase_if(answer.headers,
                [](const Header& header) { return header.name == "Content-Encoding" || header.name == "ETag"; });
  answer.headers.push_back({"ETag", plain_tag});
  const auto [first, last] = *range;
  if (first > last) {
    answer.status = 416;
    answer.headers.push_back({"Content-Range", fmt::format("bytes */{}", file->plain->size())});
    answer.body = std::string();
    return answer;
  }
  answer.status = 206;
  answer.headers.push_back({"Content-Range", fmt::format("bytes {}-{}/{}", first, last, file->plain->size())});
  answer.body = file->plain->substr(first, last - first + 1);
  return answer;
}

Response Site::whole(const Request& request, const File& file) const {
  Coding coding = Coding::identity;
  const bool encoded = file.encoded[1] || file.encoded[2];
  if (const std::string* accept = request.header("accept-encoding"); accept && encoded) {
    coding = accepted_coding(*accept);
    if (!file.encoded[static_cast<std::size_t>(coding)]) coding = Coding::identity;
  }
  const std::string tag =
      coding == Coding::identity ? fmt::format("\"{}\"", file.tag) : fmt::format("\"{}-{}\"", file.tag, name(coding));
  Response answer;
  answer.headers = {{"Content-Type", file.type},
                    {"ETag", tag},
                    {"Cache-Control", file.lasting ? "public, max-age=31536000, immutable" : "no-cache"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "same-origin"},
                    {"Accept-Ranges", "bytes"}};
  if (encoded) answer.headers.push_back({"Vary", "Accept-Encoding"});
  if (!file.policy.empty()) {
    answer.headers.push_back({"Content-Security-Policy", file.policy});
    answer.headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  }
  if (const std::string* known = request.header("if-none-match"); known && names(*known, tag)) {
    answer.status = 304;
    return answer;
  }
  if (coding != Coding::identity) answer.headers.push_back({"Content-Encoding", std::string(name(coding))});
  answer.body = coding == Coding::identity ? file.plain : file.encoded[static_cast<std::size_t>(coding)];
  return answer;
}

}  // namespace traction
