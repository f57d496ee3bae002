// Metrics of one's own, hidden ones and key ones: what a workspace says of its numbers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/key_metrics.h"
#include "app/resolve.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "metrics/load.h"

namespace traction {
namespace {

constexpr std::size_t kLongestFile = 8'000;  // as long as the record's field

const Option kAs{"--as", "The member who does it", "MEMBER"};

// The record that says something of the metric; 0 when there is none.
Id record_of(Workspace& workspace, std::string_view metric) {
  return workspace.ledger().read()->key(fmt::format("own_metric.name={}", metric));
}

// Writes the fields into the metric's record, a new one when there is none, and says what came of it.
Result<int> write(CommandSession& session, Workspace& workspace, const std::string& metric, json::object fields,
                  std::string_view done) {
  Command command;
  if (session.arguments().has("--as")) {
    const auto schema = workspace.schema();
    const auto actor =
        resolve(*workspace.ledger().read(), *schema, schema->need("member"), session.arguments().one("--as"));
    if (!actor) return refuse(actor);
    command.actor = *actor;
  }
  Action& action = command.actions.emplace_back();
  action.type = "own_metric";
  const Id known = record_of(workspace, metric);
  if (known != 0) {
    action.verb = Verb::change;
    action.target = known;
  } else {
    fields["name"] = metric;
  }
  action.fields = std::move(fields);
  const auto outcome = workspace.execute(std::move(command));
  if (!outcome) return refuse(outcome);
  const Done& first = outcome->actions.front();
  const MetricDefinition* now = workspace.catalogue()->part(metric);
  if (session.json())
    session.print_json(json::object{{"metric", metric},
                                    {"id", first.record},
                                    {"version", now ? now->version : 0},
                                    {"hidden", now && now->hidden},
                                    {"seq", outcome->seq}});
  else
    session.print(fmt::format("{} {}, version {}\n", metric, done, now ? now->version : 0));
  return 0;
}

Result<int> define_metric(CommandSession& session) {
  const std::string typed = session.arguments().one("FILE");
  const std::string path = session.path(typed);
  std::ifstream in(path, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(path))
    return refuse(Code::not_found, typed, "This is no file that can be read.");
  if (std::filesystem::file_size(path) > kLongestFile)
    return refuse(Code::too_large, typed, fmt::format("A definition takes at most {} bytes.", kLongestFile));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  const auto metrics = read_metrics({typed, text}, (*workspace)->definitions().facts, *(*workspace)->schema());
  if (!metrics) return refuse(metrics);
  if (metrics->size() != 1)
    return refuse(Code::invalid, typed, "The file holds more than one metric; give each its own.");
  return write(session, **workspace, metrics->front().name, {{"definition", text}}, "is defined");
}

Result<int> hide_or_show(CommandSession& session, bool hidden) {
  const std::string metric = session.arguments().one("NAME");
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  if (!(*workspace)->catalogue()->part(metric) && record_of(**workspace, metric) == 0)
    return refuse((*workspace)->catalogue()->find(metric));
  return write(session, **workspace, metric, {{"hidden", hidden}}, hidden ? "is hidden" : "can be asked");
}

Result<int> hide_metric(CommandSession& session) { return hide_or_show(session, true); }
Result<int> unhide_metric(CommandSession& session) { return hide_or_show(session, false); }

Result<int> show_key_metrics(CommandSession& session) {
  const Arguments& given = session.arguments();
  const auto workspace = session.workspace();
  if (!workspace) return refuse(workspace);
  const auto schema = (*workspace)->schema();
  const auto reader = (*workspace)->ledger().read();
  Id member = 0, team = 0;
  for (const auto& [option, type, id] : {std::tuple{"--member", "member", &member}, {"--team", "team", &team}}) {
    if (!given.has(option)) continue;
    const auto found = resolve(*reader, *schema, schema->need(type), given.one(option));
    if (!found) return refuse(found);
    *id = *found;
  }
  const auto key = key_metrics(*reader, *schema, *(*workspace)->catalogue(), member, team);
  if (!key) return refuse(key);
  if (session.json()) {
    session.print_json(to_json(*key));
    return 0;
  }
  if (key->names.empty()) {
    session.print("None are chosen. Choose them with: traction change workspace 1 key_metrics=sales,win_rate\n");
    return 0;
  }
  session.print(fmt::format("{}\nChosen by {} {}\n", fmt::join(key->names, "\n"), key->from,
                            title_of(*reader, schema->need(key->from), key->record)));
  return 0;
}

}  // namespace

std::vector<Subcommand> own_metric_commands() {
  return {
      {"define-metric",
       "Numbers",
       "Define a metric of your own, or a new version of it",
       "traction define-metric big_deals.toml",
       {{"FILE", "One [[metric]] block, as docs/metrics.md describes it"}},
       {kAs},
       define_metric},
      {"hide-metric",
       "Numbers",
       "Take a metric off the list; others that use it go on doing so",
       "traction hide-metric follow_ups",
       {{"NAME", "As \"traction metrics\" lists it"}},
       {kAs},
       hide_metric},
      {"unhide-metric",
       "Numbers",
       "Put a hidden metric back on the list",
       "traction unhide-metric follow_ups",
       {{"NAME", "The metric"}},
       {kAs},
       unhide_metric},
      {"key-metrics",
       "Numbers",
       "What somebody looks at first; chosen by \"traction change team North key_metrics=sales,win_rate\"",
       "traction key-metrics --member Ada",
       {},
       {{"--member", "Of this member, else of its teams, else the workspace's", "MEMBER"},
        {"--team", "Of this team", "TEAM"}},
       show_key_metrics},
  };
}

}  // namespace traction
