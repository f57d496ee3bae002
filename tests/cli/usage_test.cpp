// What somebody sees who types something wrong, or asks for help.
#include "cli/program.h"

namespace traction {
namespace {

using Usage = Program;

TEST_F(Usage, EveryCommandHelpsWithAnExample) {
  for (const char* command : {"metrics",     "metric",  "list",     "show",    "search",     "add",    "change",
                              "move",        "delete",  "undelete", "merge",   "unmerge",    "erase",  "import",
                              "undo-import", "export",  "demo",     "init",    "workspaces", "backup", "restore",
                              "verify",      "rebuild", "doctor",   "version", "serve",      "config", "openapi"}) {
    const std::string help = ok({command, "--help"});
    EXPECT_NE(help.find("traction " + std::string(command)), std::string::npos) << command;
    EXPECT_NE(help.find("Example"), std::string::npos) << command;
    EXPECT_NE(ok({"--help"}).find("  " + std::string(command) + " "), std::string::npos) << command;
  }
}

TEST_F(Usage, WrongUsageNamesTheNearestAndIsExitTwo) {
  const auto wrong = [&](std::vector<std::string> arguments, const std::string& hint) {
    const Ran ran = run(std::move(arguments));
    EXPECT_EQ(ran.exit_code, 2) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find(hint), std::string::npos) << ran.err;
  };
  wrong({"metrik", "sales"}, "metric");
  wrong({"metric", "sales", "--grian", "day"}, "--grain");
  wrong({"metric", "sales", "--grain", "fortnight"}, "--grain");
  wrong({"metric", "sales", "--from", "yesterday"}, "--from");
  wrong({"metric", "sales", "--at", "then"}, "--at");
  wrong({"list", "deal", "--limit", "many"}, "--limit");
  wrong({"list"}, "TYPE");
  wrong({"list", "deal", "contact"}, "contact");
  wrong({"add", "deal", "--key"}, "--key");
  EXPECT_EQ(run({}).exit_code, 2);
}

TEST_F(Usage, WithoutDataItSaysSoAndMakesNothing) {
  EXPECT_EQ(refused({"list", "deal"}), "not_found");
  EXPECT_EQ(refused({"metric", "sales"}), "not_found");
  EXPECT_EQ(refused({"metric", "sails"}), "unknown");
  EXPECT_EQ(refused({"backup", temp("b")}), "not_found");
  EXPECT_NE(run({"doctor"}).exit_code, 0);
  EXPECT_NE(access(data_.c_str(), F_OK), 0);
  EXPECT_EQ(ok({"version"}), ok({"--version"}));
  ok({"metrics"});
}

TEST_F(Usage, AForeignFolderIsLeftAlone) {
  data_ = root_;
  write(temp("letter.txt"), "dear");
  EXPECT_EQ(refused({"init"}), "invalid");
  EXPECT_NE(access(temp("control.db").c_str(), F_OK), 0);
}

TEST_F(Usage, WorkspacesStandApart) {
  ok({"init"});
  ok({"init", "--workspace", "north", "--currency", "JPY"});
  EXPECT_EQ(refused({"init", "--workspace", "north"}), "duplicate");
  EXPECT_EQ(refused({"init", "--workspace", "../x"}), "invalid");
  EXPECT_EQ(refused({"init", "--workspace", "south", "--zone", "Mars/Base"}), "unknown");
  EXPECT_EQ(refused({"list", "deal", "--workspace", "nort"}), "not_found");
  ok({"add", "account", "name=Acme", "--workspace", "north"});
  EXPECT_EQ(told({"list", "account"}).at("records").as_array().size(), 0u);
  EXPECT_EQ(told({"list", "account", "--workspace", "north"}).at("records").as_array().size(), 1u);
  EXPECT_EQ(told({"workspaces"}).at("workspaces").as_array().size(), 2u);
}

}  // namespace
}  // namespace traction
