// Settings: which of four places a value comes from, and what somebody sees whose file is wrong.
#include "app/config.h"

#include <fmt/format.h>

#include "cli/program.h"

namespace traction {
namespace {

class Settings : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    mkdir(data_.c_str(), 0700);
  }
  // Name of each setting to "value from".
  std::map<std::string, std::string> shown(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"config", "show"});
    std::map<std::string, std::string> found;
    const json::object told = this->told(std::move(arguments));
    for (const json::value& each : told.at("settings").as_array())
      found[std::string(each.at("name").as_string())] = fmt::format(
          "{} {}", std::string_view(each.at("value").as_string()), std::string_view(each.at("origin").as_string()));
    return found;
  }
};

TEST_F(Settings, AFlagGoesOverTheEnvironmentOverTheFileOverTheDefault) {
  EXPECT_EQ(shown()["listen"], "127.0.0.1:8080 default");
  write(data_ + "/traction.toml", "listen = \"127.0.0.1:1111\"\nfollow = false\nhosts = [\"a.test\", \"b.test\"]\n");
  EXPECT_EQ(shown()["listen"], "127.0.0.1:1111 file");
  EXPECT_EQ(shown()["follow"], "false file");
  EXPECT_EQ(shown()["hosts"], "a.test,b.test file");
  environment_ = {"TRACTION_LISTEN=127.0.0.1:2222", "TRACTION_WORKERS="};
  EXPECT_EQ(shown()["listen"], "127.0.0.1:2222 environment");
  EXPECT_EQ(shown()["workers"], "2 default") << "an empty variable is none";
  EXPECT_EQ(shown({"--listen", "127.0.0.1:3333"})["listen"], "127.0.0.1:3333 flag");
  const std::string table = ok({"config", "show", "--origin"});
  EXPECT_NE(table.find("TRACTION_LISTEN"), std::string::npos);
  EXPECT_NE(table.find("traction.toml:2"), std::string::npos);
}

TEST_F(Settings, AnotherFileCanBeNamed) {
  write(data_ + "/traction.toml", "workers = 7\n");
  write(temp("own.toml"), "data = \"elsewhere\"\ncertificate = \"tls/chain.pem\"\n");
  EXPECT_EQ(shown({"--config", temp("own.toml")})["workers"], "2 default");
  EXPECT_EQ(shown({"--config", temp("own.toml")})["certificate"], temp("tls/chain.pem") + " file");
  environment_ = {"TRACTION_CONFIG=" + temp("own.toml")};
  EXPECT_EQ(shown()["certificate"], temp("tls/chain.pem") + " file");
  EXPECT_EQ(shown()["data"], data_ + " flag");
}

TEST_F(Settings, TheWorkspaceOfEveryCommandCanBeSet) {
  ok({"init", "--workspace", "north"});
  ok({"add", "account", "name=Acme", "--workspace", "north"});
  write(data_ + "/traction.toml", "workspace = \"north\"\n");
  EXPECT_EQ(told({"list", "account"}).at("records").as_array().size(), 1u);
  environment_ = {"TRACTION_WORKSPACE=south"};
  EXPECT_EQ(refused({"list", "account"}), "not_found");
}

TEST_F(Settings, WhatIsWrongIsNamedWithItsPlace) {
  const auto wrong = [&](const std::string& text, const std::string& code, const std::string& place) {
    write(data_ + "/traction.toml", text);
    EXPECT_EQ(refused({"config", "show"}), code) << text;
    EXPECT_NE(run({"config", "show"}).err.find("traction.toml" + place), std::string::npos) << text;
    EXPECT_EQ(refused({"workspaces"}), code) << "every command reads it";
    EXPECT_EQ(refused({"serve", "--listen", "127.0.0.1:0"}), code);
  };
  wrong("follow = true\nlisen = \"127.0.0.1:1\"\n", "unknown", ":2");
  EXPECT_NE(run({"config", "show"}).err.find("\"listen\""), std::string::npos) << "the nearest name";
  wrong("Dear all,\n", "invalid", ":1");
  wrong("\xff\xfe\x00", "invalid", "");
  wrong("workers = \"many\"\n", "invalid", ":1");
  wrong("workers = 0\n", "invalid", ":1");
  wrong("\nhosts = [1]\n", "invalid", ":2");
  wrong("log_level = \"loud\"\n", "invalid", ":1");
  wrong("data = \"elsewhere\"\n", "rule", ":1");
  wrong("[listen]\nport = 1\n", "invalid", ":1");
  unlink((data_ + "/traction.toml").c_str());
  EXPECT_EQ(refused({"config", "show", "--config", temp("none.toml")}), "not_found");
  EXPECT_EQ(refused({"config", "show", "--config", root_}), "not_found");
  EXPECT_EQ(refused({"config", "show", "--workers", "many"}, 2), "invalid");
  EXPECT_EQ(run({"config", "show", "--wrokers", "2"}).exit_code, 2);
  EXPECT_EQ(run({"config", "change"}).exit_code, 2);
  environment_ = {"TRACTION_FOLLOW=maybe"};
  EXPECT_EQ(refused({"config", "show"}), "invalid");
}

TEST_F(Settings, AFileOfSettingsMakesNoFolderForeign) {
  write(data_ + "/traction.toml", "workers = 3\n");
  ok({"init"});
}

TEST_F(Settings, EverySettingIsInTheManual) {
  const std::string manual = contents(TRACTION_SOURCE_DIR "/docs/settings.md");
  for (const Setting& each : all_settings()) {
    const std::string row = fmt::format("| `{}` | {} | {} |", each.name, each.about,
                                        each.standard.empty() ? "" : "`" + each.standard + "`");
    EXPECT_NE(manual.find(row), std::string::npos) << "docs/settings.md lacks: " << row;
  }
}

}  // namespace
}  // namespace traction
