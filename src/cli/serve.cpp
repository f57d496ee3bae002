// The server: its start, its stop, and its settings.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/fault.h"
#include "cli/commands.h"
#include "cli/forward.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "http/events.h"
#include "http/log.h"
#include "http/prometheus.h"
#include "http/router.h"
#include "http/routes.h"
#include "http/server.h"
#include "http/site.h"
#include "http/uploads.h"

namespace traction {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// Requests in flight get this long to finish, and after the second time the process ends whatever else is still at
// work: nothing that was acknowledged depends on it.
constexpr seconds kFinish{6};
constexpr std::chrono::milliseconds kEnd{7'500};

// Until there is access control, whoever reaches the server may do everything.
Result<void> check_loopback(const Chosen& listen) {
  const auto colon = listen.value.rfind(':');
  std::string address = listen.value.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  in_addr four{};
  in6_addr six{};
  const bool is_four = inet_pton(AF_INET, address.c_str(), &four) == 1;
  const bool is_six = !is_four && inet_pton(AF_INET6, address.c_str(), &six) == 1;
  const bool loopback = is_four ? (ntohl(four.s_addr) >> 24) == 127 : is_six && IN6_IS_ADDR_LOOPBACK(&six);
  if ((is_four || is_six) && !loopback)
    return refuse(Code::rule, listen.place,
                  fmt::format("{} can be reached by other machines, and Traction has no log-in yet: anybody could read "
                              "and change everything. Listen on 127.0.0.1 and reach it through an SSH tunnel.",
                              address));
  return {};  // what is no address at all is refused by the server
}

// SIGINT and SIGTERM, blocked from construction on in this thread and those that it starts.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  // Waits for the first one; a second one ends the process at once.
  void wait() const {
    int which = 0;
    sigwait(&set_, &which);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_{};
};

ServerOptions options_of(const Config& config, const std::string& data) {
  ServerOptions options;
  options.listen = config.text("listen");
  options.socket = socket_of(data);
  options.certificate = config.text("certificate");
  options.private_key = config.text("private_key");
  options.threads = static_cast<int>(config.integer("io_threads"));
  options.most_header = static_cast<std::size_t>(config.integer("most_header_bytes"));
  options.most_connections = static_cast<std::size_t>(config.integer("most_connections"));
  options.header_time = seconds(config.integer("header_seconds"));
  options.body_time = seconds(config.integer("body_seconds"));
  options.idle_time = seconds(config.integer("idle_seconds"));
  options.stop_time = kFinish;
  return options;
}

// Opened now, so that whoever comes first does not wait. What cannot be opened is said, and the rest is served.
void open_workspaces(Host& host) {
  for (const std::string& name : host.directory().workspaces()) {
    try {
      if (const auto opened = host.workspace(name); !opened)
        log(LogLevel::error, fmt::format("workspace {}: {}", name, to_string(opened.error())));
    } catch (const Fault& fault) {
      log(LogLevel::error, fmt::format("workspace {}: {}", name, fault.what()));
    }
  }
}

std::shared_ptr<const Site> page() {
  const auto folder = find_web();
  if (folder) return std::make_shared<Site>(*folder);
  log(LogLevel::warning, to_string(folder.error()));
  return std::make_shared<Site>();
}

void stop(Host& host, Router& router, Server& server) {
  log(LogLevel::info, "stopping");
  std::thread([] {
    std::this_thread::sleep_for(kEnd);
    log(LogLevel::warning, "stopped with work still going on; it is taken up at the next start");
    _exit(0);
  }).detach();
  router.not_ready();
  std::thread jobs([&] { host.jobs().stop_all(); });
  server.stop();
  jobs.join();
}

Result<int> serve(CommandSession& session) {
  const auto config = config_of(session.arguments());
  if (!config) return refuse(config);
  set_log_level(config->text("log_level"));
  if (const auto good = check_loopback(config->find("listen")); !good) return refuse(good);
  const auto definitions = session.definitions();
  if (!definitions) return refuse(definitions);
  const Signals signals;  // before the first thread

  const std::string data = fs::absolute(session.data_path()).lexically_normal().string();
  auto host = Host::open(data, *definitions, {.create = true, .follow = config->flag("follow")}, session.clock(),
                         session.random());
  if (!host) return refuse(host);
  clear_uploads(data);
  fs::remove(socket_of(data));  // left by a server that was killed: the directory is ours now

  Events events;
  std::atomic<Server*> running = nullptr;
  std::stop_source ending;
  const Schema& schema = (*definitions)->schema;
  Router* counting = nullptr;  // there before the first request
  const auto connections = [&] { return running ? running.load()->counts() : ServerCounts{}; };
  std::vector<Route> routes =
      api_routes(schema, events, {prometheus_route({[&counting] { return counting->counts(); }, connections})});
  for (Route& each : routes)
    if (each.body.kind == Body::Kind::file)
      each.body.most = static_cast<std::uint64_t>(config->integer("most_upload_bytes"));
  for (Route& each : command_routes([&] { return running ? running.load()->address() : ""; }, ending.get_token()))
    routes.push_back(std::move(each));
  RouterOptions options;
  options.workers = static_cast<int>(config->integer("workers"));
  options.spool = uploads_folder(data);
  options.hosts = config->list("hosts");
  options.otherwise = [site = page()](const Request& request) { return site->answer(request); };
  auto router = std::make_unique<Router>(**host, std::move(routes), std::move(options));
  counting = router.get();
  const auto server = Server::start(options_of(*config, data), *router);
  if (!server) return refuse(server);
  running = server->get();
  log(LogLevel::info, fmt::format("process {} serves {} at {}", getpid(), data, (*server)->address()));
  session.print(fmt::format("Traction is at {}\n", (*server)->address()));
  std::fflush(stdout);
  open_workspaces(**host);
  signals.wait();
  ending.request_stop();
  stop(**host, *router, **server);
  router.reset();  // before the server: what its workers still do may ask for the server's counts
  fs::remove(socket_of(data));
  log(LogLevel::info, "stopped");
  return 0;
}

Result<int> config_show(CommandSession& session) {
  const Arguments& given = session.arguments();
  if (given.one("WHAT") != "show")
    return refuse(Code::invalid, "--help",
                  fmt::format("\"{}\" is nothing that can be done with settings: show.", given.one("WHAT")));
  const auto config = config_of(given);
  if (!config) return refuse(config);
  const bool origin = given.has("--origin");
  TextTable table{{{"setting", false}, {"value", false}}, {}};
  if (origin) table.titles.push_back({"from", false});
  json::array list;
  for (const Chosen& each : config->all()) {
    const std::string from = each.place.empty() ? std::string(name(each.origin)) : each.place;
    auto& row = table.rows.emplace_back(std::vector{each.setting->name, each.value});
    if (origin) row.push_back(from);
    list.push_back(json::object{
        {"name", each.setting->name}, {"value", each.value}, {"origin", name(each.origin)}, {"place", each.place}});
  }
  if (session.json()) {
    session.print_json(json::object{{"file", config->file()}, {"settings", std::move(list)}});
  } else {
    session.print(table);
  }
  return 0;
}

}  // namespace

std::vector<Subcommand> server_commands() {
  const char* group = "Server";
  std::vector<Option> shown = setting_options();
  shown.insert(shown.begin(), {"--origin", "Say of each where it comes from"});
  return {
      {"serve",
       group,
       "Serve the page and the API on this machine",
       "traction serve --data /srv/traction --listen 127.0.0.1:8080",
       {},
       setting_options(),
       serve,
       true},
      {"config",
       group,
       "Show the settings and where they come from",
       "traction config show --origin",
       {{"WHAT", "show"}},
       std::move(shown),
       config_show,
       true},
  };
}

}  // namespace traction
