#include "metrics/example.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <span>

#include "app/ask.h"
#include "app/given.h"
#include "base/money.h"
#include "base/text.h"
#include "ledger/memory.h"
#include "metrics/period.h"

namespace traction {
namespace {

// The words of a line; quotes hold spaces together and fall away, and double ones stay within single ones.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool begun = false;
  for (const char c : text + " ") {
    if (quote == 0 ? c == '"' || c == '\'' : c == quote) {
      quote = quote == 0 ? c : 0;
      begun = true;
    } else if (c == ' ' && quote == 0) {
      if (begun) words.push_back(std::exchange(word, ""));
      begun = false;
    } else {
      word += c;
      begun = true;
    }
  }
  return words;
}

std::string trimmed(double number) {
  std::string text = fmt::format("{:.6f}", number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string shown(const Value& value, const std::string& unit, const std::string& currency, std::string_view like) {
  if (value.standing == Standing::too_few) return "too_few";
  if (value.standing == Standing::not_reached) return "not_reached";
  if (value.standing == Standing::met) return "met";
  if (!value.number) return "empty";
  if (unit == "money" && value.minor) return format_minor(*value.minor, currency);
  std::string text =
      trimmed(unit == "money" ? *value.number / std::pow(10, *currency_decimals(currency)) : *value.number);
  if (like.find('[') != std::string_view::npos && value.low)
    text += fmt::format(" [{}, {}]", trimmed(*value.low), trimmed(*value.high));
  if (value.band != Band::none && like.find(name(value.band)) != std::string_view::npos)
    text += fmt::format(" {}", name(value.band));
  return text;
}

std::string shown(std::span<const Value> values, const Answer& answer, const std::string& currency,
                  std::string_view like) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < values.size(); ++i) texts.push_back(shown(values[i], answer.units[i], currency, like));
  return fmt::format("{}", fmt::join(texts, ", "));
}

// A row as an example writes it, with as much detail as `like`, the expected line, has.
std::string shown(const Row& row, const Answer& answer, const std::string& label, const std::string& like) {
  std::string text = label;
  if (!row.currency.empty()) text += (text.empty() ? "" : " ") + row.currency;
  text += (text.empty() ? "= " : " = ") + shown(row.values, answer, row.currency, like);
  const std::size_t details = like.find(';');
  if (details == std::string::npos) return text;
  text += " ;";
  for (const std::string& word : words_of(like.substr(details + 1))) {
    if (word.starts_with("n=")) text += fmt::format(" n={}", row.n);
    if (word.starts_with("k=")) text += " k=" + (row.numerator ? trimmed(*row.numerator) : std::string("none"));
    if (word == "was") text += " was " + shown(row.compared, answer, row.currency, "");
  }
  return text;
}

bool holds(const std::vector<std::string>& texts, const std::string& wanted) {
  return std::ranges::any_of(texts, [&](const std::string& text) { return text.find(wanted) != std::string::npos; });
}

// "Ann growing over 6": each trend with the whole periods that it rests on.
std::vector<std::string> trends_of(const Answer& answer) {
  std::vector<std::string> texts;
  for (const Trend& trend : answer.trends)
    texts.push_back(fmt::format("{}{}{} over {}", fmt::join(trend.labels, " | "), trend.labels.empty() ? "" : " ",
                                name(trend.way), trend.periods));
  return texts;
}

// Reads the words behind "ask".
Query query_of(const std::vector<std::string>& words, const std::string& metric, const Zone& zone) {
  Query query;
  query.metric = metric;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (word == "where") {
      const std::string& filter = words.at(++i);
      const std::size_t sign = filter.find('=');
      const bool negate = sign > 0 && filter[sign - 1] == '!';
      std::vector<std::string> values = split(filter.substr(sign + 1), ',');
      if (values.empty()) values.emplace_back();
      query.where.push_back({filter.substr(0, sign - (negate ? 1 : 0)), values, negate});
    } else if (word == "converted") {
      query.converted = true;
    } else if (equals == std::string::npos) {
      query.metric = word;
    } else if (key == "by") {
      query.by = split(value, ',');
    } else if (key == "grain") {
      query.grain = grain_of(value).value();
    } else if (key == "from") {
      query.from = parse_date(value).value();
    } else if (key == "to") {
      query.to = parse_date(value).value();
    } else if (key == "at") {
      query.at = parse_moment(value, zone).value();
    } else if (key == "compare") {
      query.compare = value == "previous" ? Compare::previous : Compare::last_year;
    } else {
      ADD_FAILURE() << "ask knows no \"" << word << "\"";
    }
  }
  return query;
}

}  // namespace

Example::Example(std::shared_ptr<const Definitions> definitions) : definitions_(std::move(definitions)) {
  set_clock(parse_instant("2018-01-01T00:00:00Z").value());
}

void Example::set_clock(Instant now) { clock_.advance(now.micros - clock_.now().micros); }

void Example::run(const std::string& path) {
  metric_ = std::filesystem::path(path).stem().string();
  std::vector<Asked> asked;
  play(path, asked);
  ASSERT_FALSE(asked.empty()) << path << " asks nothing";
  for (const Asked& one : asked) check(path, one);
}

void Example::play(const std::string& path, std::vector<Asked>& asked) {
  std::ifstream in(path);
  ASSERT_TRUE(in) << path << " cannot be read";
  std::string text;
  for (int number = 1; std::getline(in, text); ++number) {
    const Line line{number, std::string(trim(text))};
    if (line.text.empty() || line.text[0] == '#') continue;
    if (text[0] == ' ') {
      ASSERT_FALSE(asked.empty()) << path << ':' << number << ": an answer without a question";
      asked.back().expected.push_back(line);
    } else if (line.text.starts_with("ask")) {
      asked.push_back({line, {}});
    } else if (line.text.starts_with("use ")) {
      play((std::filesystem::path(path).parent_path() / (line.text.substr(4) + ".given")).string(), asked);
    } else {
      ASSERT_TRUE(asked.empty()) << path << ':' << number << ": all that happened stands before the first question";
      happened(path, line);
    }
    if (testing::Test::HasFatalFailure()) return;
  }
}

void Example::begin(const std::vector<std::string>& words) {
  workspace_ =
      std::make_unique<Workspace>("test", memory_ledger(), definitions_, MartOptions{"", 600, 1}, clock_, random_);
  json::object settings{{"name", "Test"}};
  if (!words.empty())
    for (auto& [key, value] : fields_of("workspace", std::span(words).subspan(1))) settings[key] = value;
  const auto begun = workspace_->begin(settings);
  ASSERT_TRUE(begun) << to_string(begun.error());
}

void Example::happened(const std::string& path, const Line& line) {
  SCOPED_TRACE(fmt::format("{}:{}: {}", path, line.number, line.text));
  std::vector<std::string> words = words_of(line.text);
  if (words[0] == "now") return set_clock(parse_moment(words.at(1), **Zone::find("UTC")).value());
  if (!workspace_) begin(words[0] == "workspace" ? words : std::vector<std::string>());
  if (words[0] == "workspace") return;
  int times = 1;
  if (words.size() > 2 && words[1] == "*") {
    times = std::stoi(words[0]);
    words.erase(words.begin(), words.begin() + 2);
  }
  std::string when;
  if (words[0] == "?" || std::isdigit(static_cast<unsigned char>(words[0][0]))) {
    when = words[0];
    words.erase(words.begin());
  }
  for (int i = 1; i <= times && !testing::Test::HasFatalFailure(); ++i) {
    std::vector<std::string> numbered = words;
    for (std::string& word : numbered)
      if (const std::size_t mark = word.find('#'); mark != std::string::npos) word.replace(mark, 1, std::to_string(i));
    act(numbered, when);
  }
}

void Example::act(const std::vector<std::string>& words, const std::string& when) {
  const std::map<std::string, Verb> verbs{{"change", Verb::change},   {"delete", Verb::remove},
                                          {"restore", Verb::restore}, {"merge", Verb::merge},
                                          {"unmerge", Verb::unmerge}, {"erase", Verb::erase}};
  Command command;
  Action& action = command.actions.emplace_back();
  const auto verb = verbs.find(words[0]);
  const std::size_t at = verb == verbs.end() ? 0 : 1;
  action.verb = verb == verbs.end() ? Verb::create : verb->second;
  action.type = words.at(at);
  const std::string& name = words.at(at + 1);
  const auto known = [&](const std::string& called) {
    const auto found = names_.find(action.type + " " + called);
    EXPECT_NE(found, names_.end()) << "there is no " << action.type << " " << called;
    return found == names_.end() ? Id{0} : found->second;
  };
  if (verb != verbs.end()) action.target = known(name);
  if (action.verb == Verb::merge) action.into = known(words.at(at + 3));
  if (action.verb == Verb::create || action.verb == Verb::change)
    action.fields = fields_of(action.type, std::span(words).subspan(at + 2));
  const RecordType& type = workspace_->schema()->need(action.type);
  if (action.verb == Verb::create && type.small && !action.fields.contains(type.title))
    action.fields[type.title] = name;
  if (when == "?")
    action.occurred_unknown = true;
  else if (!when.empty())
    action.occurred_at = parse_moment(when, *locale_of(workspace_->settings()).zone).value();
  const auto outcome = workspace_->execute(command);
  ASSERT_TRUE(outcome) << to_string(outcome.error());
  if (action.verb == Verb::create) names_[action.type + " " + name] = outcome->actions.at(0).record;
}

json::object Example::fields_of(const std::string& type_name, std::span<const std::string> words) {
  const auto schema = workspace_->schema();
  const RecordType& type = schema->need(type_name);
  const Locale locale = locale_of(workspace_->settings());
  std::map<std::string, std::string> given;
  for (const std::string& word : words) given[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  const std::string currency = given.contains("currency") ? given["currency"] : locale.currency;
  const auto reader = workspace_->ledger().read();
  json::object fields;
  for (const auto& [called, text] : given) {
    const auto field = field_named(type, called);
    EXPECT_TRUE(field) << to_string(field.error());
    if (!field) continue;
    const auto name = names_.find((*field)->references + " " + text);
    if ((*field)->type == FieldType::reference && name != names_.end()) {
      fields[(*field)->name] = name->second;
      continue;
    }
    const auto value = from_given(*reader, *schema, **field, called, text, locale, currency);
    EXPECT_TRUE(value) << to_string(value.error());
    if (value) fields[(*field)->name] = *value;
  }
  return fields;
}

void Example::check(const std::string& path, const Asked& asked) {
  SCOPED_TRACE(fmt::format("{}:{}: {}", path, asked.line.number, asked.line.text));
  const auto schema = workspace_->schema();
  const auto mart = workspace_->fresh_mart();
  const Query query = query_of(words_of(asked.line.text), metric_, *locale_of(workspace_->settings()).zone);
  const auto answer = ask(*mart, definitions_->catalogue, *schema, query, clock_.now());
  if (!asked.expected.empty() && asked.expected[0].text.starts_with("refused")) {
    ASSERT_FALSE(answer) << "it was answered";
    EXPECT_EQ(asked.expected[0].text, fmt::format("refused {}", name(answer.error().code)))
        << to_string(answer.error());
    return;
  }
  ASSERT_TRUE(answer) << to_string(answer.error());
  std::string failures;
  const auto must = [&](bool held, const Line& line, const std::string& what) {
    if (!held) failures += fmt::format("{}:{}: {}\n  but {}\n", path, line.number, line.text, what);
  };
  std::vector<Line> rows;
  for (const Line& line : asked.expected) {
    const std::string first = line.text.substr(0, line.text.find(' '));
    const std::string rest = line.text.size() > first.size() ? line.text.substr(first.size() + 1) : "";
    const Passport& passport = answer->passport;
    if (first == "note")
      must(holds(passport.left_out, rest), line, fmt::format("the notes are: {}", fmt::join(passport.left_out, "; ")));
    else if (line.text == "no notes")
      must(passport.left_out.empty(), line, fmt::format("there are: {}", fmt::join(passport.left_out, "; ")));
    else if (first == "setting")
      must(holds(passport.settings, rest), line, fmt::format("{}", fmt::join(passport.settings, "; ")));
    else if (first == "compared")
      must(passport.compared.find(rest) != std::string::npos, line, passport.compared);
    else if (first == "currency_rule")
      must(passport.currency_rule.find(rest) != std::string::npos, line, passport.currency_rule);
    else if (first == "trend")
      must(holds(trends_of(*answer), rest), line, fmt::format("{}", fmt::join(trends_of(*answer), "; ")));
    else if (first == "total")
      must(answer->total && shown(*answer->total, *answer, "total", line.text) == line.text, line,
           answer->total ? shown(*answer->total, *answer, "total", line.text) : "there is no total");
    else if (first != "case" && first != "cases")
      rows.push_back(line);
  }
  for (std::size_t i = 0; i < std::max(rows.size(), answer->rows.size()); ++i) {
    const Line line = i < rows.size() ? rows[i] : Line{asked.line.number, "(no line)"};
    std::string got = "there is no such row";
    if (i < answer->rows.size()) {
      const Row& row = answer->rows[i];
      got = shown(row, *answer, fmt::format("{}", fmt::join(answer->labels(row), " | ")), line.text);
    }
    must(got == line.text, line, got);
  }
  const std::string text = json::serialize(to_json(*answer));
  EXPECT_TRUE(parse_json(text)) << text;
  check_cases(query, &*answer, asked.expected, failures);
  EXPECT_TRUE(failures.empty()) << failures;
}

void Example::check_cases(const Query& query, const Answer* answer, const std::vector<Line>& expected,
                          std::string& failures) {
  const auto mart = workspace_->fresh_mart();
  const auto cases = ask_cases(*mart, definitions_->catalogue, *workspace_->schema(), query, clock_.now());
  ASSERT_TRUE(cases) << to_string(cases.error());
  for (const Line& line : expected) {
    const std::vector<std::string> words = words_of(line.text);
    if (words[0] == "cases" && words.at(1) != std::to_string(cases->rows.size()))
      failures += fmt::format("{}: {}\n  but there are {}\n", line.number, line.text, cases->rows.size());
    if (words[0] != "case") continue;
    const bool found = std::ranges::any_of(cases->rows, [&](const std::vector<std::string>& row) {
      for (std::size_t i = 1; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        const auto column = std::ranges::find(cases->columns, words[i].substr(0, equals));
        if (column == cases->columns.end()) return false;
        if (row[static_cast<std::size_t>(column - cases->columns.begin())] != words[i].substr(equals + 1)) return false;
      }
      return true;
    });
    if (!found) {
      failures +=
          fmt::format("{}: {}\n  but the cases are\n  {}\n", line.number, line.text, fmt::join(cases->columns, "|"));
      for (const auto& row : cases->rows) failures += fmt::format("  {}\n", fmt::join(row, "|"));
    }
  }

  // The rows behind a number must come to the number.
  const MetricDefinition& metric = **definitions_->catalogue.find(query.metric);
  if (metric.kind == MetricKind::derived) return;
  const Row* whole = answer->total ? &*answer->total : answer->rows.size() == 1 ? &answer->rows[0] : nullptr;
  if (!whole) return;
  EXPECT_EQ(whole->n, static_cast<std::int64_t>(cases->rows.size())) << "cases against n";
  if (metric.kind == MetricKind::table || metric.columns[0].measure != Measure::sum || !whole->values[0].minor) return;
  const auto column = static_cast<std::size_t>(
      std::ranges::find(cases->columns, query.converted                                ? "converted_minor"
                                        : metric.yardstick.as == Yardstick::As::weight ? "weighted"
                                                                                       : metric.value) -
      cases->columns.begin());
  std::int64_t sum = 0;
  for (const auto& row : cases->rows)
    if (!row.at(column).empty()) sum += parse_minor(row[column], whole->currency).value();
  EXPECT_EQ(sum, *whole->values[0].minor) << "cases against the sum";
}

}  // namespace traction
