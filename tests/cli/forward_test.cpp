// One owner: while a server owns the directory, the command line gives the same through it as it does alone.
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <regex>
#include <set>

#include "cli/program.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

class Forward : public Program {
 protected:
  void TearDown() override {
    if (server_) end_server(server_);
    Program::TearDown();
  }
  void serve() { server_ = begin_server(); }
  void stop() { EXPECT_EQ(end_server(std::exchange(server_, 0)).exit_code, 0); }

  // Everything that came of a command, without how long it took.
  std::string came_of(const Words& words) {
    const Ran ran = run(words);
    const std::string text =
        fmt::format("{}\nexit {}\nout {}\nerr {}\n", fmt::join(words, " "), ran.exit_code, ran.out, ran.err);
    return std::regex_replace(text, std::regex("\"seconds\":[-+.0-9E]+"), "");
  }

  // The same commands from the same beginning, once without and once with a server.
  void compare(const std::function<void()>& prepare, const std::vector<Words>& commands) {
    std::vector<std::string> alone;
    prepare();
    for (const Words& words : commands) alone.push_back(came_of(words));
    fs::remove_all(data_);
    prepare();
    serve();
    for (std::size_t i = 0; i < commands.size(); ++i) EXPECT_EQ(came_of(commands[i]), alone[i]);
    stop();
  }

  pid_t server_ = 0;
};

TEST_F(Forward, ReadingGivesTheSameBytes) {
  folder_ = root_;
  import_extract();
  std::vector<Words> commands{
      {"metrics"},
      {"list", "deal"},
      {"list", "deal", "--where", "stage.kind=won", "--sort", "-amount", "--limit", "7"},
      {"list", "deal", "--where", "amuont>=3"},
      {"list", "account", "--csv"},
      {"list", "nothing"},
      {"search", "gtx"},
      {"search", "no such text"},
      {"metric", "win_rate", "--by", "owner", "--grain", "quarter", "--at", "2018-01-01"},
      {"metric", "sales", "--from", "2017", "--to", "2018", "--at", "2018-01-01", "--passport"},
      {"metric", "won_deals", "--where", "product=GTX Pro", "--rows", "--at", "2018-01-01"},
      {"metric", "sails"},
      {"metric", "sales", "--by", "colour"},
      {"export", "deal"},
      {"export", "deal", "--mapping"},
      {"verify"},
      {"workspaces"},
      {"workspaces", "--workspace", "none"},
      {"list", "deal", "--workspace", "none"},
      {"show", "deal", "999999999"},
      {"add", "deal", "nmae=X"},
      {"change", "deal", "999999999", "name=X"},
      {"backup", "/proc/version"},
      {"import", "none.csv", "--map", "none"},
      {"export", "deal", "--output", "."},
  };
  const std::string id = std::to_string(told({"list", "deal"}).at("records").at(0).at("id").as_int64());
  commands.push_back({"show", "deal", id});
  for (std::size_t i = 0, count = commands.size(); i < count; ++i) {
    commands.push_back(commands[i]);
    commands.back().push_back("--json");
  }
  std::vector<std::string> alone;
  for (const Words& words : commands) alone.push_back(came_of(words));
  serve();
  for (std::size_t i = 0; i < commands.size(); ++i) EXPECT_EQ(came_of(commands[i]), alone[i]);
}

TEST_F(Forward, WritingGivesTheSameBytesAndFilesLieWhereTheCallerStands) {
  folder_ = temp("here");
  fs::create_directory(folder_);
  const std::string from = TRACTION_SOURCE_DIR "/tests/data/crm_sales/";
  write(folder_ + "/p.csv", "Product,Price\nGood,10.50\nBad,\"13,75\"\n");
  write(folder_ + "/map.toml",
        "[[record]]\ntype = \"product\"\nkey = \"name\"\n\n[record.fields]\nname = \"Product\"\nprice_minor = "
        "\"Price\"\n");
  write(folder_ + "/own.toml",
        "[[metric]]\nname = \"lost_share\"\nlabel = \"Lost\"\nunit = \"ratio\"\nkind = \"derived\"\n"
        "formula = \"lost_deals / leads_created\"\nbetter = \"less\"\nabout = \"Ours.\"\nsource = \"own\"\n");
  write(folder_ + "/wrong.toml", contents(folder_ + "/own.toml") + "formla = 1\n");
  fs::create_directory(folder_ + "/set");
  fs::copy(folder_ + "/p.csv", folder_ + "/set/p.csv");
  write(folder_ + "/set/p.toml",
        "[file]\nname = \"p.csv\"\n" + contents(folder_ + "/map.toml") + "sku = { constant = \"S\" }\n");
  const auto prepare = [&] {
    for (const char* made : {"p.rejected.csv", "set/p.rejected.csv", "out.csv", "all.backup"})
      fs::remove(folder_ + "/" + made);
    set_up_selling();
  };
  compare(prepare,
          {
              {"init", "--workspace", "north", "--zone", "Asia/Tokyo", "--currency", "JPY", "--json"},
              {"init", "--workspace", "north", "--json"},
              {"init", "--workspace", "North"},
              {"add", "account", "name=Acme", "--json"},
              {"add", "member", "name=Ada", "--json"},
              {"add", "deal", "name=Laptops", "account=Acme", "pipeline=Sales", "stage=New", "amount=1200.50", "--as",
               "Ada", "--json"},
              {"add", "deal", "name=Laptops", "account=Acme", "pipeline=Sales", "stage=New", "--key", "k", "--json"},
              {"add", "deal", "name=Laptops", "account=Acme", "pipeline=Sales", "stage=New", "--key", "k", "--json"},
              {"add", "deal", "name=Other", "account=Acme", "pipeline=Sales", "stage=New", "--key", "k", "--json"},
              {"change", "account", "Acme", "name=Acme Corp", "--json"},
              {"change", "account", "Acme Corp", "name=Acme", "--if-version", "1", "--json"},
              {"move", "deal", "8", "Lost", "--json"},
              {"move", "deal", "8", "Lost", "lost_reason=price", "--json"},
              {"delete", "deal", "8", "--json"},
              {"undelete", "deal", "8"},
              {"add", "contact", "name=Bob", "--json"},
              {"add", "contact", "name=Rob", "--json"},
              {"merge", "contact", "Rob", "Bob", "--json"},
              {"unmerge", "contact", "Rob", "--json"},
              {"erase", "contact", "Rob", "--json"},
              {"import", "p.csv", "--map", "map.toml", "--dry-run", "--json"},
              {"import", "p.csv", "--map", "map.toml", "--json"},
              {"import", "p.csv", "--map", "map.toml", "--json"},
              {"import", "./p.csv", "--map", "map.toml", "--again"},
              {"import", "set", "--map", "set", "--json"},
              {"import", from + "products.csv", "--map", "crm_sales_products", "--json"},
              {"import", "none.csv", "--map", "map.toml", "--json"},
              {"import", "p.csv", "--map", "none.toml", "--json"},
              {"import", "p.csv", "--map", "map.toml", "--workspace", "west", "--zone", "UTC", "--json"},
              {"undo-import", "1", "--json"},
              {"undo-import", "999", "--json"},
              {"define-metric", "own.toml", "--as", "Ada"},
              {"define-metric", "own.toml", "--json"},
              {"define-metric", "wrong.toml"},
              {"define-metric", "none.toml", "--json"},
              {"hide-metric", "lost_share", "--json"},
              {"metric", "lost_share", "--json"},
              {"unhide-metric", "lost_share"},
              {"hide-metric", "lost_shar", "--json"},
              {"change", "member", "Ada", "key_metrics=lost_share,sales"},
              {"key-metrics", "--member", "Ada", "--json"},
              {"key-metrics"},
              {"export", "account", "--output", "out.csv"},
              {"export", "account", "--output", "out.csv", "--json"},
              {"backup", "p.csv", "--json"},
              {"rebuild", "--json"},
              {"demo", "--reps", "8", "--months", "3", "--activities", "2000", "--json"},
              {"demo", "--reps", "1", "--json"},
              {"metric", "sales", "--workspace", "demo", "--at", "2018-01-01", "--json"},
          });
}

TEST_F(Forward, EveryCommandThatGoesToTheServerIsComparedHere) {
  const std::set<std::string> alone{"serve", "config", "restore", "doctor", "version", "openapi"};
  const std::string help = ok({"--help"}), here = contents(TRACTION_SOURCE_DIR "/tests/cli/forward_test.cpp");
  const std::regex line("(?:^|\n)  ([a-z][a-z-]+) +[A-Z]");
  int commands = 0;
  for (std::sregex_iterator each(help.begin(), help.end(), line), end; each != end; ++each, ++commands)
    if (const std::string name = (*each)[1]; !alone.contains(name)) {
      EXPECT_NE(here.find("{\"" + name + "\""), std::string::npos) << name;
    }
  EXPECT_GT(commands, 20);
}

TEST_F(Forward, ABackupMadeThroughAServerComesBack) {
  import_extract();
  folder_ = root_;
  const std::string before = ok({"export", "deal"});
  serve();
  const json::object made = told({"backup", "night.traction"});
  EXPECT_GT(made.at("parts").as_int64(), 0);
  ok({"backup", "--check", "night.traction"});
  EXPECT_EQ(refused({"restore", "night.traction", "--replace"}, 4), "busy");
  stop();
  ok({"restore", "night.traction", "--replace"});
  EXPECT_EQ(ok({"export", "deal"}), before);
}

TEST_F(Forward, ADoctorAndTheVersionWorkBesideAServer) {
  ok({"init"});
  serve();
  const Ran doctor = run({"doctor"});
  EXPECT_EQ(doctor.exit_code, 0) << doctor.out;
  EXPECT_NE(doctor.out.find(std::to_string(server_)), std::string::npos) << doctor.out;
  EXPECT_NE(doctor.out.find("http://127.0.0.1:"), std::string::npos) << doctor.out;
  ok({"version"});
  ok({"config", "show"});
}

class ForwardImport : public Forward {
 protected:
  static constexpr int kRows = 150'000;

  void SetUp() override {
    Forward::SetUp();
    ok({"init"});
    std::string csv = "Name,Key\n";
    for (int i = 0; i < kRows; ++i) csv += fmt::format("Company {0},k{0}\n", i);
    write(temp("companies.csv"), csv);
    write(temp("map.toml"),
          "[[record]]\ntype = \"account\"\nkey = \"external_id\"\n\n[record.fields]\nname = \"Name\"\nexternal_id = "
          "\"Key\"\n");
    import_ = {"import", temp("companies.csv"), "--map", temp("map.toml")};
  }
  void wait_for_rows() {
    const std::string log = data_ + "/w/default/ledger.db-wal";
    std::error_code missing;
    for (int i = 0; i < 3000 && !(fs::exists(log, missing) && fs::file_size(log, missing) > 2'000'000); ++i)
      usleep(2000);
  }
  void goes_on() {
    const json::object report = told(import_);
    EXPECT_EQ(report.at("reports").at(0).at("resumed"), true);
    EXPECT_EQ(report.at("reports").at(0).at("rows_done"), kRows);
    const std::string accounts = ok({"export", "account"});
    EXPECT_EQ(std::ranges::count(accounts, '\n') - 1, kRows);
    ok({"verify"});
  }

  Words import_;
};

TEST_F(ForwardImport, AnInterruptStopsItCleanlyAndItGoesOn) {
  serve();
  const pid_t client = begin(import_);
  wait_for_rows();
  kill(client, SIGINT);
  const Ran ran = end(client);
  EXPECT_EQ(ran.exit_code, 130) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("the same command goes on"), std::string::npos) << ran.out;
  goes_on();
}

TEST_F(ForwardImport, AClientThatIsKilledStopsItToo) {
  serve();
  const pid_t client = begin(import_);
  wait_for_rows();
  kill(client, SIGKILL);
  end(client);
  stop();  // waits for what is under way
  goes_on();
}

TEST_F(ForwardImport, AServerThatEndsStopsItCleanly) {
  serve();
  const pid_t client = begin(import_);
  wait_for_rows();
  stop();
  EXPECT_EQ(end(client).exit_code, 130);
  goes_on();
}

TEST_F(ForwardImport, AServerThatIsKilledIsToldInOneSentence) {
  serve();
  Words words = import_;
  words.push_back("--json");
  const pid_t client = begin(words);
  wait_for_rows();
  kill(server_, SIGKILL);
  end(std::exchange(server_, 0));
  const Ran ran = end(client);
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("\"fault\""), std::string::npos) << ran.err;
  goes_on();
}

TEST_F(Forward, ASocketFileThatIsNoneIsNotInTheWay) {
  ok({"init"});
  write(data_ + "/sock", "");
  ok({"list", "account"});
  serve();
  ok({"list", "account"});
}

TEST_F(Forward, WhatAnswersButIsNoServerIsToldInOneSentence) {
  ok({"init"});
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (data_ + "/sock").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  for (const char* answer :
       {"", "Dear all,\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nx\xff\xff\xff\xff\xff",
        "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nx\0\0\0\3xyz", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"}) {
    const pid_t client = begin({"list", "account"});
    const int connection = accept(listener, nullptr, nullptr);
    char request[4096];
    ASSERT_GT(read(connection, request, sizeof request), 0);
    ASSERT_GE(::write(connection, answer, strlen(answer)), 0);
    close(connection);
    const Ran ran = end(client);
    EXPECT_EQ(ran.exit_code, 1) << answer;
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
  }
  close(listener);
}

}  // namespace
}  // namespace traction
