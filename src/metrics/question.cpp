#include "metrics/question.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/money.h"
#include "base/text.h"
#include "base/zone.h"

namespace traction {
namespace {

constexpr std::size_t kMostNames = 20'000;  // that a wrong label is compared with

std::vector<std::string> first_column(const Table& table) {
  std::vector<std::string> texts;
  for (const TableRow row : table.rows()) texts.push_back(row.text(0));
  return texts;
}

Result<Settings> read_settings(const Asking& asking) {
  const RecordType& type = asking.schema.need("workspace");
  const auto is_whole = [](const Field& field) {
    return field.type == FieldType::integer || field.type == FieldType::duration;
  };
  std::string sql = "SELECT zone, currency, week_start";
  for (const Field& field : type.fields)
    sql += fmt::format(", {}::{}", quoted(field.name), is_whole(field) ? "BIGINT" : "VARCHAR");
  const auto table = asking.look_up(sql + " FROM workspace");
  if (!table) return refuse(table);
  if (table->empty()) return refuse(Code::not_found, "workspace", "The workspace has no settings yet.");
  const TableRow row = (*table)[0];
  Settings settings{row.text(0), row.text(1), row.text(2), {}, {}};
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    if (is_whole(type.fields[i])) {
      if (const auto number = row.whole(i + 3)) settings.numbers[type.fields[i].name] = *number;
    } else if (const Cell cell = row[i + 3]; std::holds_alternative<std::string>(cell)) {
      settings.texts[type.fields[i].name] = std::get<std::string>(cell);
    }
  }
  return settings;
}

// Finds a name in every leaf; it must mean something in each.
Result<std::vector<Path>> find_paths(const Asking& asking, const Question& question, std::string_view named) {
  std::vector<Path> paths;
  for (const MetricDefinition* leaf : question.leaves) {
    auto path = find_path(*leaf, asking.catalogue.fact(leaf->from), asking.schema, named);
    if (!path) return refuse(path);
    paths.push_back(std::move(*path));
  }
  return paths;
}

Result<std::vector<std::string>> ids_of(const Asking& asking, const Path& path, const std::string& value,
                                        std::string_view dimension) {
  const RecordType& type = asking.schema.need(path.last().references);
  const std::string title = quoted(type.title) + "::VARCHAR";
  const std::string view = quoted(type.name);
  auto found =
      asking.run(fmt::format("SELECT id::VARCHAR FROM {} WHERE {} = {} ORDER BY id", view, title, literal(value)));
  if (!found) return refuse(found);
  const bool digits = value.find_first_not_of("0123456789") == std::string::npos;
  if (found->empty() && digits)
    found =
        asking.run(fmt::format("SELECT id::VARCHAR FROM {} WHERE id = try_cast({} AS BIGINT)", view, literal(value)));
  if (!found) return refuse(found);
  if (!found->empty()) return first_column(*found);
  const auto known =
      asking.run(fmt::format("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL LIMIT {2}", title, view, kMostNames));
  if (!known) return refuse(known);
  return refuse(Code::unknown, std::string(dimension),
                fmt::format("There is no {} \"{}\".{}", lower(type.label), excerpt(value),
                            did_you_mean(excerpt(value), first_column(*known))));
}

// The values of a text that occur, where the path ends in a record type or in the fact itself.
Result<std::vector<std::string>> texts_of(const Asking& asking, const MetricDefinition& leaf, const Path& path) {
  if (!path.last().choices.empty()) return path.last().choices;
  const bool of_fact = path.steps.size() == 1;
  const std::string& table = of_fact ? leaf.from : path.steps[path.steps.size() - 2].references;
  const auto known = asking.run(fmt::format("SELECT DISTINCT {0}::VARCHAR FROM {1} WHERE {0} IS NOT NULL LIMIT {2}",
                                            quoted(path.last().name), quoted(table), kMostNames));
  if (!known) return refuse(known);
  return first_column(*known);
}

bool is_number(const std::string& text, bool whole) {
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  double decimal = 0;
  const auto read = whole ? std::from_chars(text.data(), end, integer) : std::from_chars(text.data(), end, decimal);
  return read.ec == std::errc() && read.ptr == end;
}

// One value of a filter as it is compared, or why it cannot be.
Result<std::vector<std::string>> values_of(const Asking& asking, const MetricDefinition& leaf, const Path& path,
                                           const std::string& value, const std::string& dimension) {
  const auto wrong = [&](std::string_view wanted) {
    return refuse(Code::invalid, dimension,
                  fmt::format("\"{}\" is not {}, which {} holds.", excerpt(value), wanted, dimension));
  };
  if (value.empty()) return std::vector<std::string>{""};
  switch (path.last().type) {
    case FieldType::reference:
      return ids_of(asking, path, value, dimension);
    case FieldType::boolean:
      if (value == "true" || value == "yes") return std::vector<std::string>{"true"};
      if (value == "false" || value == "no") return std::vector<std::string>{"false"};
      return wrong("true or false");
    case FieldType::date:
      if (!parse_date(value)) return wrong("a date such as 2017-12-31");
      return std::vector{value};
    case FieldType::integer:
    case FieldType::duration:
      if (!is_number(value, true)) return wrong("a whole number");
      return std::vector{value};
    case FieldType::decimal:
      if (!is_number(value, false)) return wrong("a number");
      return std::vector{value};
    case FieldType::currency:  // one that nothing has is no mistake
      if (const auto known = currency_decimals(value); !known)
        return refuse(known.error().code, dimension, known.error().sentence);
      return std::vector{value};
    case FieldType::text:
    case FieldType::choice: {
      const auto known = texts_of(asking, leaf, path);
      if (!known) return refuse(known);
      if (std::ranges::find(*known, value) != known->end() || known->size() >= kMostNames) return std::vector{value};
      return refuse(
          Code::unknown, dimension,
          fmt::format("Nothing has the {} \"{}\".{}", dimension, excerpt(value), did_you_mean(excerpt(value), *known)));
    }
    default:
      return refuse(Code::invalid, dimension, fmt::format("{} cannot be filtered by.", dimension));
  }
}

Result<Question::Where> read_where(const Asking& asking, const Question& question, const Filter& filter) {
  auto paths = find_paths(asking, question, filter.dimension);
  if (!paths) return refuse(paths);
  Question::Where where{std::move(*paths), {}, filter.negate, ""};
  std::vector<std::string> shown;
  for (const std::string& value : filter.values) {
    const auto values = values_of(asking, *question.leaves[0], where.paths[0], value, filter.dimension);
    if (!values) return refuse(values);
    where.values.insert(where.values.end(), values->begin(), values->end());
    shown.push_back(value.empty() ? "(none)" : value);
  }
  if (filter.values.empty()) return refuse(Code::required, filter.dimension, "A filter needs a value.");
  for (const Path& path : where.paths)
    if (path.last().type != where.paths[0].last().type || path.last().references != where.paths[0].last().references)
      return refuse(Code::invalid, filter.dimension,
                    fmt::format("\"{}\" means different things in the parts of \"{}\".", filter.dimension,
                                question.metric->name));
  where.words = fmt::format("{} is {}{}", filter.dimension, filter.negate ? "not " : "", fmt::join(shown, " or "));
  return where;
}

// Amounts can be converted where their fact says by the rate of which day, or where they are those of what is open:
// then all are by that of the day judged, so that what opens, moves and closes a pipeline still adds up.
std::optional<Refusal> read_converted(const Asking& asking, const Query& query, Question& question) {
  question.converted = query.converted && question.by_currency;
  if (!question.converted) return std::nullopt;
  for (const MetricDefinition* leaf : question.leaves) {
    const FactDefinition& fact = asking.catalogue.fact(leaf->from);
    const bool judged = (leaf->kind == MetricKind::state || has_opening(*leaf)) && !fact.column("rate_on");
    for (const std::string& amount : amounts(*leaf))
      if (!judged && !fact.column(converted_column(amount)))
        return Refusal{Code::invalid, "converted",
                       fmt::format("\"{}\" has no day for an exchange rate: ask it currency by currency.", leaf->name)};
  }
  return std::nullopt;
}

// True for what is told of the end of each period, so that these must be known.
bool asked_at_ends(const MetricDefinition& leaf) { return leaf.kind == MetricKind::state || has_opening(leaf); }

// The day on which the first row of a fact begins.
Result<std::optional<Date>> first_day(const Asking& asking, const FactDefinition& fact) {
  const auto table = asking.run(
      fmt::format("SELECT min({})::DATE::VARCHAR FROM {}", quoted(day_column(*fact.start())), quoted(fact.name)));
  if (!table) return refuse(table);
  const auto day = parse_date(table->empty() ? "" : table->columns[0].text(0));
  return day ? std::optional(*day) : std::nullopt;
}

// The day the history of states begins: the earliest start among the facts asked.
Result<std::optional<Date>> first_day(const Asking& asking, const Question& question) {
  std::optional<Date> first;
  for (const MetricDefinition* leaf : question.leaves) {
    if (!asked_at_ends(*leaf)) continue;
    const auto day = first_day(asking, asking.catalogue.fact(leaf->from));
    if (!day) return refuse(day);
    if (*day && (!first || **day < *first)) first = *day;
  }
  return first;
}

// A season shows only once it has come round: by its column, the period asked must cover enough years of history.
std::optional<Refusal> read_cycle(const Asking& asking, Question& question) {
  for (const MetricDefinition* leaf : question.leaves) {
    if (leaf->cycle.empty() || std::ranges::find(question.by, leaf->cycle) == question.by.end()) continue;
    const auto first = first_day(asking, asking.catalogue.fact(leaf->from));
    if (!first) return first.error();
    if (!*first) continue;
    const Date from = std::max(**first, question.period.from.value_or(**first));
    const Date to = std::min(question.today, question.period.to.value_or(question.today));
    if (to < same_day(from, 12 * leaf->cycle_years))
      question.too_short = fmt::format("By {} nothing is shown yet: it takes {} years, and there are {} days.",
                                       leaf->cycle, leaf->cycle_years, std::max(0, to.days - from.days));
  }
  return std::nullopt;
}

// Which facts need not be rebuilt for the instant at which the world is seen.
std::optional<Refusal> read_settled(const Asking& asking, Question& question) {
  if (!question.at) return std::nullopt;
  for (const FactDefinition& fact : asking.catalogue.facts()) {
    if (!fact.settled()) continue;
    const auto unsettled = asking.look_up(fmt::format("SELECT count(*) FROM {} WHERE {} >= {}", quoted(fact.name),
                                                      quoted(fact.settled()->name), literal(*question.at)));
    if (!unsettled) return unsettled.error();
    if ((*unsettled)[0].whole(0) == 0) question.settled.insert(fact.name);
  }
  return std::nullopt;
}

std::optional<Refusal> read_period(const Asking& asking, const Query& query, Question& question) {
  question.grain = query.grain;
  question.period = {query.from, query.to};
  if (query.from && query.to && *query.to <= *query.from)
    return Refusal{Code::invalid, "to",
                   fmt::format("The period ends ({}) before it begins ({}). The end is the first day after it.",
                               to_string(*query.to), to_string(*query.from))};
  const bool at_ends =
      std::ranges::any_of(question.leaves, [](const MetricDefinition* leaf) { return asked_at_ends(*leaf); });
  const Date tomorrow{question.today.days + 1};
  if (at_ends && query.grain != Grain::none) {
    if (!question.period.to) question.period.to = tomorrow;
    if (!question.period.from) {
      const auto first = first_day(asking, question);
      if (!first) return first.error();
      question.period.from = std::min(first->value_or(question.today), Date{question.period.to->days - 1});
    }
  }
  const bool back = std::ranges::any_of(question.metric->columns,
                                        [](const MetricColumn& column) { return looks_back(column.formula); });
  if (back && query.compare != Compare::none)
    return Refusal{Code::invalid, "compare",
                   fmt::format("\"{}\" compares with an earlier period itself: ask it alone.", question.metric->name)};
  if (!back && query.compare == Compare::none) return std::nullopt;
  question.shows_comparison = !back;
  if (!question.period.from)
    return Refusal{Code::required, "from", "A comparison needs the first day of the period that is compared."};
  const Date from = *question.period.from;
  const Date to = question.period.to.value_or(std::max(tomorrow, Date{from.days + 1}));
  const bool previous = std::ranges::any_of(question.metric->columns, [](const MetricColumn& column) {
    return mentions(column.formula, Formula::Kind::improving);
  });
  const Compare how = !back ? query.compare : previous ? Compare::previous : Compare::last_year;
  question.comparison = compare(how, query.grain, from, to, question.today, question.turning());
  question.period = question.comparison->now;
  return std::nullopt;
}

}  // namespace

std::string day_column(const FactColumn& instant) {
  CHECK(instant.name.ends_with("_at"));
  return instant.name.substr(0, instant.name.size() - 3) + "_on";
}

Turning Question::turning() const {
  const auto month = settings.numbers.find("fiscal_year_start");
  return traction::turning(settings.week_start, month == settings.numbers.end() ? 1 : month->second);
}

Result<Question> understand(const Asking& asking, const Query& query) {
  const auto metric = asking.catalogue.find(query.metric);
  if (!metric) return refuse(metric);
  Question question;
  question.metric = *metric;
  question.leaves = asking.catalogue.leaves(**metric);
  question.by_currency = std::ranges::any_of(question.leaves, [](const auto* leaf) { return is_money(*leaf); });

  auto settings = read_settings(asking);
  if (!settings) return refuse(settings);
  question.settings = std::move(*settings);
  const auto zone = Zone::find(question.settings.zone);
  if (!zone) return refuse(zone);
  question.at = query.at;
  question.as_of = query.as_of;
  question.judged = query.at.value_or(asking.now);
  question.today = (*zone)->day(question.judged);

  question.by = query.by;
  for (const std::string& usual : question.metric->by)
    if (query.by.empty() || (question.metric->kind == MetricKind::table && !std::ranges::count(question.by, usual)))
      question.by.push_back(usual);
  question.paths.resize(question.leaves.size());
  for (const std::string& dimension : question.by) {
    if (std::ranges::count(question.by, dimension) > 1)
      return refuse(Code::duplicate, dimension, fmt::format("\"{}\" is asked twice.", dimension));
    const auto paths = find_paths(asking, question, dimension);
    if (!paths) return refuse(paths);
    for (std::size_t leaf = 0; leaf < paths->size(); ++leaf) question.paths[leaf].push_back((*paths)[leaf]);
  }
  for (const Filter& filter : query.where) {
    auto where = read_where(asking, question, filter);
    if (!where) return refuse(where);
    question.where.push_back(std::move(*where));
  }
  if (auto refusal = read_converted(asking, query, question)) return tl::unexpected(*refusal);
  if (auto refusal = read_period(asking, query, question)) return tl::unexpected(*refusal);
  if (auto refusal = read_cycle(asking, question)) return tl::unexpected(*refusal);
  if (auto refusal = read_settled(asking, question)) return tl::unexpected(*refusal);
  return question;
}

}  // namespace traction
