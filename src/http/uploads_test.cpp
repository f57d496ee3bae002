#include "http/uploads.h"

#include <fstream>
#include <sstream>

#include "http/test_api.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

class UploadsTest : public ApiTest {
 protected:
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  std::string keep(std::string body) {
    Request request;
    request.body = std::move(body);
    return keep_upload(*host_, request);
  }
};

TEST_F(UploadsTest, keepsWhatWasSent) {
  const std::string id = keep("a,b\n1,2\n");
  const auto path = find_upload(*host_, id);
  ASSERT_TRUE(path);
  EXPECT_EQ(text_of(*path), "a,b\n1,2\n");
  EXPECT_NE(keep(""), id);
}

TEST_F(UploadsTest, takesOverWhatWasSpooled) {
  Request request;
  request.body_file = folder_ + "/spooled";
  std::ofstream(request.body_file) << "long";
  const auto path = find_upload(*host_, keep_upload(*host_, request));
  ASSERT_TRUE(path);
  EXPECT_EQ(text_of(*path), "long");
  EXPECT_FALSE(fs::exists(request.body_file));
}

TEST_F(UploadsTest, areForTheirOwnerAlone) {
  const auto path = find_upload(*host_, keep("secret"));
  EXPECT_EQ(fs::status(*path).permissions() & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(fs::path(*path).parent_path()).permissions() & (fs::perms::group_all | fs::perms::others_all),
            fs::perms::none);
}

TEST_F(UploadsTest, findsNothingByAnythingButAnId) {
  const std::string id = keep("x");
  for (const std::string& wrong : {std::string(), std::string("../control.db"), "../uploads/" + id, id + "/", id + "0",
                                   id.substr(1), std::string(32, 'g'), std::string(32, '.'), std::string(32, '\0')}) {
    const auto found = find_upload(*host_, wrong);
    ASSERT_FALSE(found) << wrong;
    EXPECT_EQ(found.error().code, Code::not_found);
  }
}

TEST_F(UploadsTest, areGoneAtTheNextStart) {
  const std::string id = keep("x");
  clear_uploads(host_->directory().path());
  EXPECT_FALSE(find_upload(*host_, id));
  EXPECT_TRUE(find_upload(*host_, keep("y")));
}

}  // namespace
}  // namespace traction
