// Numbers: which metrics there are, and what one comes to.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "app/ask.h"
#include "app/asked.h"
#include "app/given.h"
#include "app/report_json.h"
#include "base/money.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/show.h"

namespace traction {
namespace {

Result<int> list_metrics(CommandSession& session) {
  const auto definitions = session.definitions();
  if (!definitions) return refuse(definitions);
  const auto workspace = session.workspace();
  if (!workspace && !session.arguments().workspace.empty()) return refuse(workspace);
  const auto own = workspace ? (*workspace)->catalogue() : nullptr;
  const Catalogue& catalogue = own ? *own : (*definitions)->catalogue;
  TextTable table{{{"metric", false}, {"unit", false}, {"by", false}, {"about", false}}, {}};
  for (const MetricDefinition& metric : catalogue.metrics()) {
    if (metric.hidden) continue;
    table.rows.push_back({metric.name, metric.unit, fmt::format("{}", fmt::join(metric.by, ", ")), metric.about});
  }
  if (session.json()) {
    session.print_json(to_json(catalogue));
  } else {
    session.print(table);
  }
  return 0;
}

// A slip of the pen in an option is told by the option's name.
template <class Place>
Result<Query> query_of(const Arguments& given, Place& place) {
  const auto text = [&](const char* option) {
    return given.has(option) ? std::optional(given.one(option)) : std::nullopt;
  };
  Asked asked{given.one("NAME"), given.all("--by"), given.all("--where"), text("--grain"),   text("--from"),
              text("--to"),      text("--at"),      text("--as-of"),      text("--compare"), given.has("--converted")};
  auto query = traction::query_of(asked, place);
  if (!query) query.error().field = query.error().field == "as_of" ? "--as-of" : "--" + query.error().field;
  return query;
}

// Every number of the answer as it is, for programs that read CSV.
std::string exact(const Value& value, std::string_view unit, const std::string& currency) {
  if (value.standing != Standing::value && !value.number) return "";
  if (unit == "money" && !currency.empty()) {
    if (value.minor) return format_minor(*value.minor, currency);
    return fmt::format("{}", value.number.value_or(0) / std::pow(10.0, *currency_decimals(currency)));
  }
  return value.number ? fmt::format("{}", *value.number) : "";
}

TextTable csv_of(const Answer& answer) {
  static constexpr const char* kStandings[] = {"value", "empty", "too_few", "not_reached", "met"};
  TextTable table;
  for (const std::string& key : answer.by) {
    table.titles.push_back({key + "_key", false});
    table.titles.push_back({key, false});
  }
  const bool by_currency = !answer.passport.currency_rule.empty();
  const bool compared = !answer.passport.compared.empty();
  if (by_currency) table.titles.push_back({"currency", false});
  for (const std::string& column : answer.columns) {
    for (const char* part : {"", "_low", "_high", "_standing"}) table.titles.push_back({column + part, false});
    if (answer.passport.target) table.titles.push_back({column + "_band", false});
    if (compared) table.titles.push_back({column + "_compared", false});
  }
  for (const char* last : {"n", "numerator", "denominator"}) table.titles.push_back({last, false});
  const auto number = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; };
  for (const Row& row : answer.rows) {
    auto& line = table.rows.emplace_back();
    for (std::size_t i = 0; i < answer.by.size(); ++i) {
      line.push_back(answer.key(row, i));
      line.push_back(answer.label(row, i));
    }
    if (by_currency) line.push_back(row.currency);
    for (std::size_t i = 0; i < answer.columns.size(); ++i) {
      const Value& value = row.values[i];
      line.push_back(exact(value, answer.units[i], row.currency));
      line.push_back(number(value.low));
      line.push_back(number(value.high));
      line.push_back(kStandings[static_cast<int>(value.standing)]);
      if (answer.passport.target) line.emplace_back(name(value.band));
      if (compared)
        line.push_back(i < row.compared.size() ? exact(row.compared[i], answer.units[i], row.currency) : "");
    }
    line.push_back(std::to_string(row.n));
    line.push_back(number(row.numerator));
    line.push_back(number(row.denominator));
  }
  return table;
}

// For people: keys, each number in its unit, a rate's interval, the compared number, n.
TextTable table_of(const Answer& answer) {
  TextTable table;
  const bool compared = !answer.passport.compared.empty();
  const auto has_interval = [&](std::size_t i) {
    return std::ranges::any_of(answer.rows, [&](const Row& row) { return row.values[i].low.has_value(); });
  };
  // An amount says its currency itself.
  const bool currencies =
      std::ranges::find(answer.units, "money") == answer.units.end() &&
      std::ranges::any_of(answer.rows, [&](const Row& row) { return row.currency != answer.rows[0].currency; });
  for (const std::string& key : answer.by) table.titles.push_back({key, false});
  if (currencies) table.titles.push_back({"currency", false});
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    const std::string& column = answer.columns[i];
    table.titles.push_back({column == "value" ? answer.passport.name : column, true});
    if (has_interval(i)) table.titles.push_back({"95 % between", true});
    if (compared) table.titles.push_back({column == "value" ? "compared" : column + " compared", true});
  }
  table.titles.push_back({"n", true});
  const auto add = [&](const Row& row, bool total) {
    auto& line = table.rows.emplace_back();
    for (std::size_t i = 0; i < answer.by.size(); ++i)
      line.push_back(total ? (i == 0 ? "Total" : "") : answer.label(row, i));
    if (currencies) line.push_back(row.currency);
    for (std::size_t i = 0; i < answer.columns.size(); ++i) {
      const auto text = [&](const Value& value) {
        return show_value(value, answer.units[i], row.currency, row.n, answer.passport.smallest_n);
      };
      const Value& value = row.values[i];
      line.push_back(text(value));
      if (has_interval(i)) line.push_back(value.low ? show_interval(value, answer.units[i]) : "");
      if (compared) line.push_back(i < row.compared.size() ? text(row.compared[i]) : kUnknown);
    }
    line.push_back(std::to_string(row.n));
  };
  for (const Row& row : answer.rows) add(row, false);
  if (answer.total) add(*answer.total, true);
  return table;
}

std::string in_short(const Passport& passport, bool at_asked) {
  std::vector<std::string> parts{passport.period};
  if (!passport.compared.empty()) parts.push_back("compared with " + passport.compared);
  if (!passport.as_of_at.empty()) parts.push_back("as known at " + passport.as_of_at);
  if (at_asked) parts.push_back("judged at " + passport.at);
  parts.push_back(passport.zone);
  for (const std::string& filter : passport.filters) parts.push_back(filter);
  if (passport.smallest_n) parts.push_back(fmt::format("smallest n {}", passport.smallest_n));
  std::string text = fmt::format("\n{}\n", fmt::join(parts, " · "));
  for (const std::string& each : passport.left_out) text += fmt::format("Note: {}\n", each);
  return text;
}

// The numbers of a single row to six decimals, where the table rounds them.
std::string exactly(const Answer& answer) {
  if (!answer.by.empty() || answer.rows.size() != 1) return "";
  const Row& row = answer.rows.front();
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    const Value& value = row.values[i];
    if (value.standing != Standing::value || !value.number || answer.units[i] == "seconds") continue;
    double number = *value.number;
    if (answer.units[i] == "money") {
      if (value.minor || row.currency.empty()) continue;
      number /= std::pow(10.0, *currency_decimals(row.currency));
    }
    if (number == std::floor(number)) continue;
    if (answer.units[i] == "verdict") continue;
    parts.push_back(
        fmt::format("{} {:.6f}", answer.columns[i] == "value" ? answer.passport.name : answer.columns[i], number));
  }
  if (parts.empty()) return "";
  std::string text = fmt::format("Exactly: {}", fmt::join(parts, " · "));
  if (row.numerator && row.denominator && answer.passport.unit == "rate")
    text += fmt::format(" = {} / {}", *row.numerator, *row.denominator);
  return text + "\n";
}

TextTable in_full(const Passport& passport) {
  TextTable table{{{"Passport", false}, {passport.name, false}}, {}};
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) table.rows.push_back({what, text});
  };
  const auto add_all = [&](const char* what, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) add(what, text);
  };
  add("Label", passport.label);
  add("Unit", passport.unit);
  add("About", passport.about);
  add("Formula", passport.formula);
  add("Version", std::to_string(passport.version));
  add_all("Made of", passport.parts);
  add("Period", passport.period);
  add("Compared with", passport.compared);
  add("At", passport.at);
  add("Zone", passport.zone);
  add("Currency", passport.currency_rule);
  add_all("Filter", passport.filters);
  add_all("Grouped by", passport.grouped);
  add_all("Setting", passport.settings);
  add_all("Note", passport.left_out);
  if (passport.smallest_n) add("Smallest n", std::to_string(passport.smallest_n));
  add("Better", passport.better);
  add("Source", passport.source);
  add("As known at", passport.as_of_at);
  add("As of entry", std::to_string(passport.as_of));
  return table;
}

Result<int> print_cases(CommandSession& session, const Cases& cases) {
  if (session.json()) {
    session.print_json(to_json(cases));
    return 0;
  }
  TextTable table;
  for (const std::string& column : cases.columns) table.titles.push_back({column, false});
  table.rows = cases.rows;
  session.print(table);
  return 0;
}

Result<int> metric(CommandSession& session) {
  const Arguments& given = session.arguments();
  if (const auto readable = query_of(given, **Zone::find("UTC")); !readable) return refuse(readable);
  const auto workspace = session.workspace();
  if (!workspace) {
    // A slip of the pen is told even where there are no data.
    const auto definitions = session.definitions();
    if (!definitions) return refuse(definitions);
    if (const auto known = (*definitions)->catalogue.find(given.one("NAME")); !known) return refuse(known);
    return refuse(workspace);
  }
  const auto query = query_of(given, **workspace);
  if (!query) return refuse(query);
  const auto mart = (*workspace)->fresh_mart(session.progress("Catching up"));
  // A number as of then is made by the definitions of then.
  const auto own =
      query->as_of ? (*workspace)->catalogue_at(mart->recorded_by(*query->as_of)) : (*workspace)->catalogue();
  const Catalogue& catalogue = *own;
  if (const auto known = catalogue.find(given.one("NAME")); !known) return refuse(known);
  const auto schema = (*workspace)->schema();
  const Instant now = session.clock().now();
  if (given.has("--rows")) {
    const auto cases = ask_cases(*mart, catalogue, *schema, *query, now);
    if (!cases) return refuse(cases);
    return print_cases(session, *cases);
  }
  const auto answer = ask(*mart, catalogue, *schema, *query, now);
  if (!answer) return refuse(answer);
  if (session.json()) {
    session.print_json(to_json(*answer));
  } else if (given.has("--csv")) {
    session.print(csv_of(*answer));
  } else {
    session.print(table_of(*answer));
    session.print(exactly(*answer));
    for (const Trend& trend : answer->trends)
      session.print(fmt::format("Trend: {}\n", show_trend(trend, answer->units[0], answer->by.back())));
    if (given.has("--passport")) {
      session.print("\n");
      session.print(in_full(answer->passport));
    } else {
      session.print(in_short(answer->passport, given.has("--at")));
    }
  }
  return 0;
}

}  // namespace

std::vector<Subcommand> number_commands() {
  return {
      {"metrics", "Numbers", "List the metrics there are", "traction metrics", {}, {}, list_metrics},
      {"metric",
       "Numbers",
       "Compute a metric",
       "traction metric win_rate --by owner --grain quarter --from 2017 --to 2018 --where 'product=GTX Pro'",
       {{"NAME", "As \"traction metrics\" lists it"}},
       {{"--by", "Group by: owner, team, product, stage, owner.team …", "A,B", true},
        {"--grain", "One row per day, week, month, quarter, year, fiscal_quarter or fiscal_year", "GRAIN"},
        {"--from", "First day, in the workspace's zone (a month or year: its first day)", "DATE"},
        {"--to", "The day after the last", "DATE"},
        {"--where", "FIELD=VALUE or FIELD!=VALUE; the same field again: any of them", "FILTER", true},
        {"--at", "As the world stood then (default: now)", "TIME"},
        {"--as-of", "As far as was known then, with the settings and teams of then (default: now)", "TIME"},
        {"--compare", "Beside it: the \"previous\" period, or the same days \"last_year\"", "WITH"},
        {"--converted", "Amounts in the workspace's currency, by the rates of their days"},
        {"--rows", "The very rows that were counted"},
        {"--passport", "All that there is to know about the number"},
        {"--csv", "Print CSV"}},
       metric},
  };
}

}  // namespace traction
