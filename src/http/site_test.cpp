#include "http/site.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace traction {
namespace {

namespace fs = std::filesystem;

class SiteTest : public testing::Test {
 protected:
  SiteTest() {
    std::string name = (fs::temp_directory_path() / "traction-site-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    put("index.html", "<html><script src=\"/a.js\"></script><script>go()</script></html>");
    put("about.html", "<p>about</p>");
    put("_app/immutable/chunk.Ab12.js", std::string(5'000, 'x'));
    put("_app/immutable/chunk.Ab12.js.br", "given br");
    put("data.json", std::string(3'000, '1'));
    put("logo.png", "0123456789");
  }
  ~SiteTest() override { fs::remove_all(folder_); }

  void put(const std::string& path, const std::string& content) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << content;
  }

  using Headers = std::vector<Header>;
  Response ask(const std::string& path, Headers headers = {}) const {
    Request request;
    request.path = path;
    request.headers = std::move(headers);
    return Site(folder_.string()).answer(request);
  }
  static std::string header(const Response& answer, std::string_view name) {
    std::string value;
    for (const Header& header : answer.headers)
      if (header.name == name) value += (value.empty() ? "" : " AND ") + header.value;
    return value;
  }
  static std::string body(const Response& answer) {
    if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&answer.body))
      return *shared ? **shared : "";
    return std::get<std::string>(answer.body);
  }

  fs::path folder_;
};

TEST_F(SiteTest, ServesFilesWithTheirTypes) {
  const Response page = ask("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
  EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_NE(header(page, "Content-Security-Policy").find("frame-ancestors 'none'"), std::string::npos);
  // The digest of go(), as `printf 'go()' | openssl dgst -sha256 -binary | base64` gives it.
  EXPECT_NE(header(page, "Content-Security-Policy").find("'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"),
            std::string::npos)
      << header(page, "Content-Security-Policy");
  EXPECT_EQ(header(page, "Content-Security-Policy").find("script-src 'self' 'unsafe-inline'"), std::string::npos);
  EXPECT_EQ(body(ask("/about")), "<p>about</p>");
  EXPECT_EQ(body(ask("/about/")), "<p>about</p>");
  EXPECT_EQ(header(ask("/logo.png"), "Content-Type"), "image/png");
  EXPECT_EQ(body(ask("/logo%2Epng")), "0123456789");
  const Response chunk = ask("/_app/immutable/chunk.Ab12.js");
  EXPECT_EQ(header(chunk, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(chunk, "Content-Security-Policy"), "");
}

TEST_F(SiteTest, GivesThePageForNavigationsAndNothingElse) {
  EXPECT_EQ(ask("/deals/12").status, 404);
  const Response page = ask("/deals/12", {{"accept", "text/html,*/*"}});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(body(page), body(ask("/")));
  EXPECT_EQ(ask("/missing.js", {{"accept", "text/html,*/*"}}).status, 404);
}

TEST_F(SiteTest, HasNoWayOut) {
  const std::string secret = folder_.filename().string() + ".secret";
  std::ofstream(folder_.parent_path() / secret) << "secret";
  fs::create_symlink(folder_.parent_path() / secret, folder_ / "link.txt");
  for (const std::string& path : {"/../" + secret, "/%2e%2e/" + secret, "/..%2f" + secret, "/_app/../../" + secret,
                                  "//" + secret, std::string("/link.txt"), std::string("/%"), std::string("/%zz"),
                                  std::string("/index.html%00"), std::string("/_app"), std::string("")})
    EXPECT_EQ(ask(path).status, 404) << path;
  fs::remove(folder_.parent_path() / secret);
}

TEST_F(SiteTest, KnowsWhatTheClientHas) {
  const std::string tag = header(ask("/data.json"), "ETag");
  const Response same = ask("/data.json", {{"if-none-match", tag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(body(same), "");
  EXPECT_EQ(header(same, "ETag"), tag);
  EXPECT_EQ(ask("/data.json", {{"if-none-match", "\"a\", W/" + tag}}).status, 304);
  EXPECT_EQ(ask("/data.json", {{"if-none-match", "*"}}).status, 304);
  EXPECT_EQ(ask("/data.json", {{"if-none-match", "\"a\""}}).status, 200);
  put("data.json", std::string(3'000, '2'));
  EXPECT_EQ(ask("/data.json", {{"if-none-match", tag}}).status, 200);
}

TEST_F(SiteTest, ServesEncodedFiles) {
  const Response given = ask("/_app/immutable/chunk.Ab12.js", {{"accept-encoding", "gzip, br"}});
  EXPECT_EQ(header(given, "Content-Encoding"), "br");
  EXPECT_EQ(header(given, "Vary"), "Accept-Encoding");
  EXPECT_EQ(body(given), "given br");
  const Response made = ask("/data.json", {{"accept-encoding", "gzip"}});
  EXPECT_EQ(header(made, "Content-Encoding"), "gzip");
  EXPECT_LT(body(made).size(), 200u);
  EXPECT_NE(header(made, "ETag"), header(ask("/data.json"), "ETag"));
  EXPECT_EQ(ask("/data.json", {{"accept-encoding", "gzip"}, {"if-none-match", header(made, "ETag")}}).status, 304);
  EXPECT_EQ(header(ask("/logo.png", {{"accept-encoding", "gzip"}}), "Content-Encoding"), "");
  EXPECT_EQ(ask("/_app/immutable/chunk.Ab12.js.br").status, 404);
}

TEST_F(SiteTest, ServesParts) {
  const auto part = [&](const std::string& range) { return ask("/logo.png", {{"range", range}}); };
  EXPECT_EQ(part("bytes=2-4").status, 206);
  EXPECT_EQ(body(part("bytes=2-4")), "234");
  EXPECT_EQ(header(part("bytes=2-4"), "Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(body(part("bytes=7-")), "789");
  EXPECT_EQ(body(part("bytes=7-99999999999")), "789");
  EXPECT_EQ(body(part("bytes=-3")), "789");
  EXPECT_EQ(body(part("bytes=-30")), "0123456789");
  EXPECT_EQ(part("bytes=10-").status, 416);
  EXPECT_EQ(part("bytes=-0").status, 416);
  EXPECT_EQ(header(part("bytes=10-"), "Content-Range"), "bytes */10");
  for (const char* odd :
       {"bytes=4-2", "bytes=a-b", "bytes=-", "lines=1-2", "bytes=0-1,3-4", "bytes=99999999999999999999-"})
    EXPECT_EQ(part(odd).status, 200) << odd;
  // Of a file that is sent encoded the part is one of the plain bytes.
  const Response plain = ask("/data.json", {{"range", "bytes=0-9"}, {"accept-encoding", "br"}});
  EXPECT_EQ(plain.status, 206);
  EXPECT_EQ(header(plain, "Content-Encoding"), "");
  EXPECT_EQ(body(plain), "1111111111");
  const std::string tag = header(ask("/logo.png"), "ETag");
  EXPECT_EQ(ask("/logo.png", {{"range", "bytes=0-1"}, {"if-range", tag}}).status, 206);
  EXPECT_EQ(ask("/logo.png", {{"range", "bytes=0-1"}, {"if-range", "\"other\""}}).status, 200);
}

TEST_F(SiteTest, SaysSoWhenThereIsNoPage) {
  Request request;
  request.path = "/";
  const Response answer = Site().answer(request);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(header(answer, "Content-Type"), "text/plain; charset=utf-8");
  request.path = "/a.js";
  EXPECT_EQ(Site().answer(request).status, 404);
}

TEST_F(SiteTest, FindsThePageWhereItIsToldTo) {
  setenv("TRACTION_WEB", folder_.c_str(), 1);
  ASSERT_TRUE(find_web());
  EXPECT_EQ(*find_web(), folder_.string());
  setenv("TRACTION_WEB", (folder_ / "_app").c_str(), 1);
  ASSERT_FALSE(find_web());
  EXPECT_EQ(find_web().error().code, Code::not_found);
  EXPECT_EQ(find_web().error().field, "TRACTION_WEB");
  unsetenv("TRACTION_WEB");
}

}  // namespace
}  // namespace traction
