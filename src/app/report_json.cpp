#include "app/report_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/backup.h"
#include "app/demo/demo.h"
#include "app/import/undo.h"
#include "ledger/chain.h"

namespace traction {
namespace {

json::object by_type(const std::map<std::string, std::int64_t>& counts) {
  json::object out;
  for (const auto& [type, count] : counts) out[type] = count;
  return out;
}

json::object to_json(const ImportReport& report) {
  json::array problems;
  for (const Problem& problem : report.problems)
    problems.push_back(json::object{
        {"row", problem.row}, {"column", problem.column}, {"value", problem.value}, {"reason", problem.reason}});
  return {{"file", report.file},
          {"mapping", report.mapping},
          {"import", report.import},
          {"finished", report.finished},
          {"resumed", report.resumed},
          {"encoding", report.encoding},
          {"delimiter", std::string(1, report.delimiter)},
          {"rows", report.rows},
          {"rows_done", report.rows_done},
          {"rows_rejected", report.rows_rejected},
          {"rows_unchanged", report.rows_unchanged},
          {"created", by_type(report.created)},
          {"changed", by_type(report.changed)},
          {"rejected_path", report.rejected_path},
          {"seconds", report.seconds},
          {"problems", std::move(problems)}};
}

}  // namespace

json::object to_json(const MetricDefinition& metric) {
  std::vector<std::string> columns;
  for (const MetricColumn& column : metric.columns)
    if (column.name != "value") columns.push_back(column.name);
  return {{"name", metric.name},
          {"label", metric.label},
          {"unit", metric.unit},
          {"kind", name(metric.kind)},
          {"better", metric.better},
          {"by", json::array(metric.by.begin(), metric.by.end())},
          {"columns", fmt::format("{}", fmt::join(columns, ", "))},
          {"about", metric.about},
          {"source", metric.source},
          {"version", metric.version},
          {"compares", std::ranges::none_of(metric.columns, [](const auto& each) { return looks_back(each.formula); })},
          {"trend", metric.trend},
          {"own", metric.own}};
}

json::object to_json(const Catalogue& catalogue) {
  json::array list;
  for (const MetricDefinition& metric : catalogue.metrics())
    if (!metric.hidden) list.push_back(to_json(metric));
  return {{"metrics", std::move(list)}};
}

json::object to_json(const ImportRun& run) {
  json::array reports;
  for (const ImportReport& report : run.reports) reports.push_back(to_json(report));
  return {{"reports", std::move(reports)}};
}

json::object to_json(const UndoReport& report) {
  json::array kept;
  for (const Kept& each : report.kept)
    kept.push_back(
        json::object{{"type", each.type}, {"id", each.record}, {"title", each.title}, {"reason", each.reason}});
  return {{"import", report.import},
          {"removed", by_type(report.removed)},
          {"restored", by_type(report.restored)},
          {"kept", std::move(kept)}};
}

json::object to_json(const BackupReport& report) {
  return {{"made_at", to_string(report.made_at)},
          {"workspaces", json::array(report.workspaces.begin(), report.workspaces.end())},
          {"parts", report.parts},
          {"bytes", report.bytes},
          {"entries", report.entries},
          {"erased_again", report.erased_again},
          {"set_aside", report.set_aside},
          {"list_of_erasures_lost", report.list_lost}};
}

json::object to_json(const Verified& verified) {
  return {{"entries", verified.entries}, {"records", verified.records}, {"head", to_hex(verified.head)}};
}

json::object to_json(const DemoReport& report, const std::string& workspace, const std::string& patterns) {
  return {{"workspace", workspace},      {"from", to_string(report.from)}, {"to", to_string(report.to)},
          {"entries", report.entries},   {"deals", report.deals},          {"activities", report.activities},
          {"contacts", report.contacts}, {"accounts", report.accounts},    {"patterns", patterns}};
}

json::object to_json(std::span<const Control::WorkspaceRow> workspaces) {
  json::array list;
  for (const auto& row : workspaces)
    list.push_back(json::object{{"workspace", row.name}, {"created_at", to_string(row.created_at)}});
  return {{"workspaces", std::move(list)}};
}

std::string_view name(Finding::Health health) {
  static constexpr std::string_view kWords[] = {"ok", "warning", "BAD"};
  return kWords[static_cast<int>(health)];
}

json::object to_json(std::span<const Finding> findings) {
  json::array list;
  for (const Finding& each : findings)
    list.push_back(json::object{
        {"health", name(each.health)}, {"what", each.what}, {"found", each.found}, {"advice", each.advice}});
  return {{"findings", std::move(list)}};
}

json::object versions_json() {
  json::object parts;
  for (const auto& [name, number] : versions()) parts[name] = number;
  return parts;
}

}  // namespace traction
