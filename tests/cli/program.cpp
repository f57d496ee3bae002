#include "cli/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace traction {

namespace fs = std::filesystem;

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

void Program::SetUp() {
  std::string pattern = (fs::temp_directory_path() / "traction-cli-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  root_ = pattern;
  data_ = root_ + "/data";
}

void Program::TearDown() { fs::remove_all(root_); }

pid_t Program::begin(std::vector<std::string> arguments) {
  std::vector<std::string> words{TRACTION_BINARY, "--data", data_};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    for (std::string& variable : environment_) putenv(variable.data());
    const std::string out = fmt::format("{}/out.{}", root_, getpid()), err = fmt::format("{}/err.{}", root_, getpid());
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    if (!folder_.empty() && chdir(folder_.c_str()) != 0) _exit(127);
    execv(argv[0], argv.data());
    _exit(127);
  }
  return child;
}

Ran Program::end(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  Ran ran;
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = contents(fmt::format("{}/out.{}", root_, child));
  ran.err = contents(fmt::format("{}/err.{}", root_, child));
  return ran;
}

pid_t Program::begin_server(std::vector<std::string> arguments) {
  std::vector<std::string> words{"serve", "--listen", "127.0.0.1:0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const pid_t server = begin(std::move(words));
  const std::string out = fmt::format("{}/out.{}", root_, server);
  siginfo_t ended{};
  for (int i = 0; i < 6000 && ended.si_pid == 0 && contents(out).find('\n') == std::string::npos; ++i) {
    usleep(5000);
    waitid(P_PID, static_cast<id_t>(server), &ended, WEXITED | WNOHANG | WNOWAIT);
  }
  EXPECT_EQ(ended.si_pid, 0) << contents(fmt::format("{}/err.{}", root_, server));
  return server;
}

Ran Program::end_server(pid_t server) {
  kill(server, SIGTERM);
  return end(server);
}

Ran Program::run(std::vector<std::string> arguments) { return end(begin(std::move(arguments))); }

std::string Program::ok(std::vector<std::string> arguments) {
  const std::string what = fmt::format("{}", fmt::join(arguments, " "));
  const Ran ran = run(std::move(arguments));
  EXPECT_EQ(ran.exit_code, 0) << what << "\n" << ran.out << ran.err;
  return ran.out;
}

json::object Program::told(std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const std::string out = ok(std::move(arguments));
  const auto value = parse_json(out.substr(0, out.find('\n')));
  EXPECT_TRUE(value && value->is_object()) << out;
  return value && value->is_object() ? value->get_object() : json::object{};
}

std::string Program::refused(std::vector<std::string> arguments, int exit_code) {
  arguments.push_back("--json");
  const std::string what = fmt::format("{}", fmt::join(arguments, " "));
  const Ran ran = run(std::move(arguments));
  EXPECT_EQ(ran.exit_code, exit_code) << what << "\n" << ran.out << ran.err;
  for (std::size_t begin = 0; begin < ran.err.size();) {
    const std::size_t end = ran.err.find('\n', begin);
    const auto value = parse_json(std::string_view(ran.err).substr(begin, end - begin));
    if (value && value->is_object() && value->get_object().contains("error"))
      return std::string(value->at("error").at("code").as_string());
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return "";
}

std::string Program::add(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "add");
  return std::to_string(told(std::move(arguments)).at("id").as_int64());
}

void Program::set_up_selling() {
  ok({"init", "--zone", "Europe/Berlin", "--currency", "EUR"});
  ok({"add", "pipeline", "name=Sales"});
  ok({"add", "stage", "name=New", "kind=open", "position=1", "pipeline=Sales"});
  ok({"add", "stage", "name=Talk", "kind=open", "position=2", "pipeline=Sales"});
  ok({"add", "stage", "name=Won", "kind=won", "position=3", "pipeline=Sales"});
  ok({"add", "stage", "name=Lost", "kind=lost", "position=4", "pipeline=Sales"});
}

void Program::import_extract() {
  const std::string files = TRACTION_SOURCE_DIR "/tests/data/crm_sales/";
  ok({"import", files + "products.csv", files + "accounts.csv", files + "sales_teams.csv", files + "sales_pipeline.csv",
      "--map", "crm_sales_products", "--map", "crm_sales_accounts", "--map", "crm_sales_teams", "--map",
      "crm_sales_pipeline"});
}

}  // namespace traction
