// All subcommands of the program as data, one function for each file that holds some; what they do is in those files,
// how they are read from the command line in arguments.h. Put together by cli.cpp. Values, thread-safe.
#pragma once

#include <span>
#include <vector>

#include "cli/arguments.h"

namespace traction {

std::vector<Subcommand> number_commands();      // metrics, metric
std::vector<Subcommand> own_metric_commands();  // define-metric, hide-metric, unhide-metric, key-metrics
std::vector<Subcommand> look_commands();        // list, show, search
std::vector<Subcommand> record_commands();      // add, change, move, delete, undelete, merge, unmerge, erase
std::vector<Subcommand> transfer_commands();    // import, undo-import, export, demo
std::vector<Subcommand> keeping_commands();     // init, workspaces, backup, restore, verify, rebuild, doctor, version
std::vector<Subcommand> openapi_commands();     // openapi
std::vector<Subcommand> server_commands();      // serve, config

// All of them, as `traction --help` lists them.
std::span<const Subcommand> all_commands();

}  // namespace traction
