// Load: one run of wrk with one of the scripts beside this file, and what it came to. Whether an answer is as it should
// be is for the script to say; a run with one that is not is none. One thread.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/json.h"
#include "server/child.h"

namespace traction {

struct Load {
  std::int64_t answers = 0;  // that were as they should be
  double per_second = 0;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
  double processor_us = 0;  // of the server, an answer; 0 where its work is done by processes of its own

  json::object json() const {
    json::object all{
        {"per_second", std::round(per_second)}, {"p50_ms", p50_ms}, {"p95_ms", p95_ms}, {"p99_ms", p99_ms}};
    if (processor_us > 0) all["processor_us"] = std::round(processor_us * 10) / 10;
    return all;
  }
};

struct LoadPlan {
  std::string script;  // its name: "read.lua"
  std::string address{};
  int connections = 64;
  double seconds = 10;
  std::vector<std::string> words{};  // for the script, which gets the seconds before them
};

// Runs wrk with two threads. An answer that the script does not accept, or a connection that breaks, is wrong.
inline Load run_wrk(const Child& server, const LoadPlan& plan) {
  // The scripts stop asking after `seconds`; the second more is for the last answers to come in.
  std::vector<std::string> words{"wrk",
                                 "-t2",
                                 fmt::format("-c{}", plan.connections),
                                 fmt::format("-d{}s", std::ceil(plan.seconds) + 1),
                                 "-s",
                                 TRACTION_SOURCE_DIR "/bench/server/" + plan.script,
                                 plan.address,
                                 "--",
                                 fmt::format("{}", plan.seconds)};
  words.insert(words.end(), plan.words.begin(), plan.words.end());
  const double before = server.processor_seconds();
  Child wrk(words);
  std::string last;
  while (const auto line = wrk.line()) last = *line;
  if (wrk.wait() != 0 || !last.starts_with('{')) wrong("wrk (Debian's package) did not run " + plan.script);
  const json::object result = json::parse(last).as_object();
  if (const auto failures = result.at("failures").as_int64(); failures != 0)
    wrong(fmt::format("{} of wrk's requests failed, such as: {}", failures, result.at("failure").as_string().c_str()));
  const auto number = [&](const char* name) { return result.at(name).to_number<double>(); };
  Load load;
  load.answers = result.at("answers").as_int64();
  load.per_second = static_cast<double>(load.answers) / plan.seconds;
  load.p50_ms = number("p50_ms");
  load.p95_ms = number("p95_ms");
  load.p99_ms = number("p99_ms");
  if (load.answers == 0) wrong("nothing was answered");
  load.processor_us = (server.processor_seconds() - before) * 1e6 / static_cast<double>(load.answers);
  return load;
}

// The run in the middle by answers a second.
inline Load median(std::vector<Load> runs) {
  std::ranges::sort(runs, {}, &Load::per_second);
  return runs[runs.size() / 2];
}

}  // namespace traction
