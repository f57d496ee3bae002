#include "http/prometheus.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "app/doctor.h"

namespace traction {
namespace {

class Page {
 public:
  // Begins a family; `kind` is "counter" or "gauge".
  void family(std::string_view name, std::string_view kind, std::string_view about) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, about, name, kind);
  }
  template <class Number>
  void value(Number number, std::string_view labels = "") {
    fmt::format_to(std::back_inserter(text_), "{}{} {}\n", name_, labels, number);
  }
  template <class Number>
  void single(std::string_view name, std::string_view kind, std::string_view about, Number number) {
    family(name, kind, about);
    value(number);
  }
  void add(std::string_view lines) { text_ += lines; }
  std::string take() { return std::move(text_); }

 private:
  std::string name_, text_;
};

void tell_connections(Page& page, const ServerCounts& counts) {
  page.single("traction_connections_accepted_total", "counter", "Connections taken since the start.", counts.accepted);
  page.single("traction_connections_refused_total", "counter", "Connections refused, there being too many.",
              counts.refused_connections);
  page.single("traction_connections", "gauge", "Connections that are open.", counts.open);
  page.single("traction_subscribers", "gauge", "Clients that follow events.", counts.subscribers);
}

// Of workspaces that nobody has asked for since the start there is nothing to tell.
void tell_workspaces(Page& page, Host& host) {
  struct Reached {
    std::string labels;
    Seq head = 0, applied = 0;
  };
  std::vector<Reached> reached;
  for (const auto& hosted : host.open_workspaces()) {
    Workspace& workspace = hosted->workspace();
    const Seq applied = workspace.mart()->applied();  // before the head, so that it is never ahead of it
    reached.push_back(
        {fmt::format("{{workspace=\"{}\"}}", workspace.name()), workspace.ledger().read()->head().seq, applied});
  }
  page.family("traction_ledger_sequence", "gauge", "The ledger's last entry.");
  for (const Reached& each : reached) page.value(each.head, each.labels);
  page.family("traction_mart_sequence", "gauge", "The last entry that numbers know.");
  for (const Reached& each : reached) page.value(each.applied, each.labels);
  page.family("traction_mart_lag_entries", "gauge", "Entries that numbers do not know yet.");
  for (const Reached& each : reached) page.value(each.head - each.applied, each.labels);
}

void tell_jobs(Page& page, const std::vector<JobState>& jobs) {
  std::array<std::int64_t, 5> by_standing{};
  for (const JobState& job : jobs) ++by_standing[static_cast<std::size_t>(job.standing)];
  page.family("traction_jobs", "gauge", "Jobs that are remembered.");
  for (std::size_t i = 0; i < by_standing.size(); ++i)
    page.value(by_standing[i], fmt::format("{{standing=\"{}\"}}", name(static_cast<JobState::Standing>(i))));
}

void tell_process(Page& page) {
  std::int64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  page.single("process_resident_memory_bytes", "gauge", "Memory in use.", resident * sysconf(_SC_PAGESIZE));
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  page.single("process_cpu_seconds_total", "counter", "Time of processors used.",
              seconds(used.ru_utime) + seconds(used.ru_stime));
  std::int64_t open = 0;
  std::error_code none;
  for (std::filesystem::directory_iterator at("/proc/self/fd", none), end; !none && at != end; at.increment(none))
    ++open;
  page.single("process_open_fds", "gauge", "Files and connections that are open.", open);
}

void tell_build(Page& page) {
  std::string labels;
  for (const auto& [part, version] : versions())
    labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", part == "traction" ? "version" : part, version);
  page.family("traction_build_info", "gauge", "Versions of Traction and its parts.");
  page.value(1, "{" + labels + "}");
}

}  // namespace

Route prometheus_route(Counters counters) {
  return {.method = Method::get,
          .path = "/metrics",
          .policy = kOwner,
          .id = "prometheus",
          .tag = "Server",
          .summary = "Counts for Prometheus",
          .about = "Text form 0.0.4.",
          .answers = {{.status = 200, .about = "The counts.", .content_type = "text/plain"}},
          .slow = true,
          .handler = answering([counters = std::move(counters)](const Context& context) -> Result<Response> {
            Page page;
            tell_build(page);
            page.add(counters.requests());
            tell_connections(page, counters.connections());
            tell_workspaces(page, *context.host);
            tell_jobs(page, context.host->jobs().all());
            tell_process(page);
            Response response;
            response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
            response.body = page.take();
            return response;
          })};
}

}  // namespace traction
