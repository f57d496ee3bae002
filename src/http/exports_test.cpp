#include "http/exports.h"

#include "http/routes.h"
#include "http/test_api.h"

namespace traction {
namespace {

// Takes so many pieces, then has gone.
class Taking : public Sink {
 public:
  explicit Taking(int pieces) : left_(pieces) {}
  bool write(std::string_view bytes) override {
    if (left_-- <= 0) return false;
    text += bytes;
    return true;
  }
  std::string text;
  int left() const { return left_; }

 private:
  int left_;
};

class ExportsTest : public ApiTest {
 protected:
  ExportsTest() {
    serve(export_routes(schema()));
    Command command;
    for (int i = 0; i < 3'000; ++i) {
      Action& action = command.actions.emplace_back();
      action.type = "account";
      action.fields["name"] = "Account " + std::to_string(i);
    }
    EXPECT_TRUE((*host_->workspace("default"))->workspace().execute(std::move(command)));
  }

  // What a client that takes so many pieces of it gets.
  std::string exported(const std::string& target, Taking& client) {
    const Received answer = get(target);
    EXPECT_EQ(answer.status, 200);
    std::get<Producer>(answer.response.body)(client);
    return client.text;
  }

  std::vector<Control::AuditLine> audit() { return host_->directory().control().audit_lines(); }
};

TEST_F(ExportsTest, givesEveryRecordAndNotesIt) {
  Taking client(1'000'000);
  const std::string text = exported("/api/v1/accounts/export", client);
  EXPECT_EQ(std::ranges::count(text, '\n'), 3'001);
  ASSERT_EQ(audit().size(), 1u);
  EXPECT_EQ(audit()[0].action, "export");
  EXPECT_EQ(audit()[0].workspace, "default");
  EXPECT_TRUE(audit()[0].detail.starts_with("3000 "));
}

TEST_F(ExportsTest, stopsWhenTheClientHasGoneAndNotesThatToo) {
  Taking client(1);
  exported("/api/v1/accounts/export?format=jsonl", client);
  EXPECT_EQ(client.left(), -1) << "asked again after the client had gone";
  ASSERT_EQ(audit().size(), 1u);
  EXPECT_EQ(audit()[0].action, "export");
}

TEST_F(ExportsTest, namesOnlyWhatIsThere) {
  EXPECT_EQ(get("/api/v1/accounts/export?workspace=nowhere").status, 404);
  EXPECT_EQ(get("/api/v1/accounts/export?format=xls").status, 400);
  EXPECT_TRUE(audit().empty());
}

TEST(Attachment, isANameAndNothingElse) {
  EXPECT_EQ(attachment("deals.csv"), "attachment; filename=\"deals.csv\"");
  EXPECT_EQ(attachment("../../etc/a \"b\"\r\nX: y"), "attachment; filename=\"a__b___X__y\"");
}

}  // namespace
}  // namespace traction
