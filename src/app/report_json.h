// What programs read of a report: one form for the command line's --json and for the API. Reports that the metric
// engine makes have theirs in metrics/query.h. Pure, thread-safe.
#pragma once

#include <span>
#include <string>

#include "app/doctor.h"
#include "base/json.h"
#include "control/control.h"
#include "metrics/metric.h"

namespace traction {

struct BackupReport;  // backup.h
struct DemoReport;    // demo/demo.h
struct ImportRun;     // import/import.h
struct UndoReport;    // import/undo.h
struct Verified;      // ledger/chain.h

json::object to_json(const Catalogue& catalogue);  // {"metrics": [{name, label, unit, kind, columns, about, …}]}
json::object to_json(const MetricDefinition& metric);

json::object to_json(const ImportRun& run);  // {"reports": […]}, without why it ended
json::object to_json(const UndoReport& report);
json::object to_json(const BackupReport& report);
json::object to_json(const Verified& verified);
// `patterns` is where the list of what was planted is.
json::object to_json(const DemoReport& report, const std::string& workspace, const std::string& patterns);

json::object to_json(std::span<const Control::WorkspaceRow> workspaces);  // {"workspaces": […]}
json::object to_json(std::span<const Finding> findings);                  // {"findings": […]}
std::string_view name(Finding::Health health);                            // "ok", "warning", "BAD"
json::object versions_json();                                             // {"traction": "0.1.0", …}

}  // namespace traction
