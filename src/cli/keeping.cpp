// Keeping the data: workspaces, backups, checks.
#include <fmt/format.h>

#include <algorithm>

#include "app/backup.h"
#include "app/doctor.h"
#include "app/report_json.h"
#include "base/zone.h"
#include "cli/commands.h"
#include "cli/forward.h"
#include "cli/session.h"
#include "ledger/chain.h"

namespace traction {
namespace {

std::string megabytes(std::int64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

Result<int> init(CommandSession& session) {
  const auto workspace = session.create_workspace(session.workspace_name());
  if (!workspace) return refuse(workspace);
  if (session.json())
    session.print_json(json::object{{"workspace", (*workspace)->name()}, {"settings", (*workspace)->settings()}});
  return 0;
}

Result<int> workspaces(CommandSession& session) {
  const auto directory = session.directory();
  if (!directory) return refuse(directory);
  TextTable table{{{"workspace", false}, {"made", false}}, {}};
  const auto rows = (*directory)->control().workspaces();
  for (const auto& row : rows) table.rows.push_back({row.name, to_string((*Zone::find("UTC"))->day(row.created_at))});
  if (session.json()) {
    session.print_json(to_json(rows));
  } else {
    session.print(table);
  }
  return 0;
}

Result<int> back_up(CommandSession& session) {
  const std::string file = session.arguments().one("FILE");
  if (session.arguments().has("--check")) {
    const auto report = check_backup(session.path(file));
    if (!report) return refuse(report);
    if (session.json()) {
      session.print_json(to_json(*report));
    } else {
      session.print(fmt::format("{} is whole: {} parts, {}, made {}\n", file, report->parts, megabytes(report->bytes),
                                to_string(report->made_at)));
    }
    return 0;
  }
  const auto directory = session.directory();
  if (!directory) return refuse(directory);
  const auto report = backup(**directory, session.path(file), session.clock(), session.progress("Backup"));
  if (!report) return refuse(report);
  if (session.json()) {
    session.print_json(to_json(*report));
  } else {
    session.print(fmt::format("{}: {} workspaces, {} parts, {} before packing\n", file, report->workspaces.size(),
                              report->parts, megabytes(report->bytes)));
  }
  return 0;
}

Result<int> bring_back(CommandSession& session) {
  const Arguments& given = session.arguments();
  const auto definitions = session.definitions();
  if (!definitions) return refuse(definitions);
  const auto report = restore(session.path(given.one("FILE")), session.data_path(), given.has("--replace"),
                              *definitions, session.clock(), session.random(), session.progress("Restore"));
  if (!report) return refuse(report);
  if (session.json()) {
    session.print_json(to_json(*report));
    return 0;
  }
  session.print(fmt::format("{}: {} workspaces as of {}, {} entries verified\n", session.data_path(),
                            report->workspaces.size(), to_string(report->made_at), report->entries));
  if (report->erased_again) session.print(fmt::format("Erased again: {} records\n", report->erased_again));
  if (!report->set_aside.empty())
    session.print(fmt::format("What was there is now in {}; delete it when you are sure.\n", report->set_aside));
  if (report->list_lost)
    session.note("What was there could not say whose data had been erased since the backup: erase them again.");
  return 0;
}

Result<int> verify_all(CommandSession& session) {
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  const auto verified = verify((*workspace)->ledger(), *(*workspace)->schema(), session.progress("Verify"));
  if (!verified) return refuse(verified);
  if (session.json()) {
    session.print_json(to_json(*verified));
  } else {
    session.print(fmt::format("{} entries and {} records agree; the chain ends in {}\n", verified->entries,
                              verified->records, to_hex(verified->head)));
  }
  return 0;
}

Result<int> rebuild(CommandSession& session) {
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  Mart* const mart = (*workspace)->mart();
  mart->rebuild(session.progress("Rebuild"));
  const Seq applied = mart->applied();
  if (session.json()) {
    session.print_json(json::object{{"entries", applied}});
  } else {
    session.print(fmt::format("The mart was built from {} entries.\n", applied));
  }
  return 0;
}

Result<int> doctor(CommandSession& session) {
  using Health = Finding::Health;
  auto findings = examine(session.data_path(), session.clock(), session.random());
  if (const auto server = server_of(session.data_path())) {
    // That the directory is in use is as it should be.
    std::erase_if(findings, [](const Finding& each) { return each.what == "Directory"; });
    findings.push_back({Health::good, "Server",
                        fmt::format("process {} serves {} at {}", server->process, session.data_path(),
                                    server->address.empty() ? "its socket" : server->address),
                        ""});
  }
  std::string text;
  for (const Finding& each : findings) {
    text += fmt::format("{:<8} {}: {}\n", name(each.health), each.what, each.found);
    if (!each.advice.empty()) text += fmt::format("{:<8} → {}\n", "", each.advice);
  }
  if (session.json()) {
    session.print_json(to_json(findings));
  } else {
    session.print(text);
  }
  return std::ranges::any_of(findings, [](const Finding& each) { return each.health == Health::bad; }) ? 1 : 0;
}

Result<int> version(CommandSession& session) {
  std::string text;
  for (const auto& [name, number] : versions()) text += fmt::format("{} {}\n", name, number);
  if (session.json()) {
    session.print_json(versions_json());
  } else {
    session.print(text);
  }
  return 0;
}

}  // namespace

std::vector<Subcommand> keeping_commands() {
  const char* data = "Data directory";
  return {
      {"init",
       data,
       "Make a workspace with its settings",
       "traction init --zone Europe/Berlin --currency EUR",
       {},
       {{"--name", "The company's name", "NAME"},
        {"--zone", "Its time zone (UTC)", "ZONE"},
        {"--currency", "Of amounts given without one (USD)", "CODE"}},
       init},
      {"workspaces", data, "List the workspaces", "traction workspaces", {}, {}, workspaces},
      {"backup",
       data,
       "Write everything to one file, while work goes on",
       "traction backup tonight.traction",
       {{"FILE", "A new file"}},
       {{"--check", "Do not write: check an existing backup"}},
       back_up},
      {"restore",
       data,
       "Make the data directory from a backup",
       "traction restore tonight.traction --data /srv/traction",
       {{"FILE", "A backup"}},
       {{"--replace", "Set aside what is in the directory"}},
       bring_back,
       true},
      {"verify",
       data,
       "Recompute the chain and every record from the stored bytes",
       "traction verify",
       {},
       {},
       verify_all},
      {"rebuild", data, "Build the mart anew from the ledger", "traction rebuild", {}, {}, rebuild},
      {"doctor", data, "Look everything over and say what to do", "traction doctor", {}, {}, doctor, true},
      {"version", data, "Print the version and those of its parts", "traction version", {}, {}, version, true},
  };
}

}  // namespace traction
