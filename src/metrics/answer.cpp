#include "metrics/answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/money.h"
#include "base/text.h"
#include "metrics/compile.h"
#include "metrics/groups.h"
#include "metrics/passport.h"
#include "metrics/path.h"
#include "metrics/row.h"
#include "metrics/trend.h"
#include "metrics/yardstick.h"

namespace traction {
namespace {

// "15 beyond the fences, all of them product GTK 500"
Result<std::string> outlier_words(const Asking& asking, const Question& question, const Outliers& outliers) {
  if (outliers.count == 0) return std::string();
  std::string shared;
  if (outliers.segment && outliers.count > 1) {
    const MetricDefinition& metric = *question.metric;
    const auto path = find_path(metric, asking.catalogue.fact(metric.from), asking.schema, metric.segment);
    CHECK(path.has_value());
    const auto titles = asking.look_up(
        compile_titles(asking.catalogue, asking.schema, question, *path, {std::to_string(*outliers.segment)}));
    if (!titles) return refuse(titles);
    if (!titles->empty()) shared = fmt::format(", all of them {} {}", metric.segment, (*titles)[0].text(1));
  }
  return fmt::format("{} beyond the fences, in the mean but not in the one without outliers{}", outliers.count, shared);
}

Result<void> entitle(KeyNames& names, const Result<Table>& titles) {
  if (!titles) return refuse(titles);
  for (const TableRow row : titles->rows()) names.entitle(names.place(row.text(0)), {row.text(1), row.text(2)});
  return {};
}

// Finds what the keys are called that stand for records, and the keys to list without a case: per `by`, nullopt where
// only keys with cases are listed.
Result<std::vector<std::optional<std::vector<std::string>>>> list_keys(const Asking& asking, const Question& question,
                                                                       Groups& groups) {
  std::vector<std::optional<std::vector<std::string>>> listed(question.by.size());
  for (std::size_t i = 0; i < question.by.size(); ++i) {
    KeyNames& names = groups.names[i];
    if (const std::string sql = compile_members(asking.catalogue, asking.schema, question, i); !sql.empty()) {
      const auto members = asking.look_up(sql);
      if (const auto titled = entitle(names, members); !titled) return refuse(titled);
      listed[i].emplace();
      for (const TableRow row : members->rows()) listed[i]->push_back(row.text(0));
    }
    if (question.paths[0][i].last().references.empty()) continue;
    std::vector<std::string> untitled;
    for (Place place = 0; place < names.size(); ++place)
      if (!names.title(place) && !names.name(place).empty()) untitled.push_back(literal(names.name(place)));
    if (untitled.empty()) continue;
    std::ranges::sort(untitled);
    const std::string sql = compile_titles(asking.catalogue, asking.schema, question, question.paths[0][i], untitled);
    if (const auto titled = entitle(names, asking.look_up(sql)); !titled) return refuse(titled);
  }
  return listed;
}

// What the cases of each leaf are held against, for the passport.
Result<std::vector<std::string>> held_against(const Asking& asking, const Question& question) {
  std::vector<std::string> lines;
  for (std::size_t leaf = 0; leaf < question.leaves.size(); ++leaf) {
    const MetricDefinition& metric = *question.leaves[leaf];
    if (!metric.yardstick.given()) continue;
    const auto table = asking.run(compile_yardstick(asking.catalogue, asking.schema, question, leaf));
    if (!table) return refuse(table);
    for (const TableRow row : table->rows())
      lines.push_back(yardstick_words(metric, *asking.catalogue.part(metric.yardstick.metric), row));
  }
  return lines;
}

// One cell of a case as text.
std::string shown(const Cell& cell, FieldType type, std::string_view currency) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* truth = std::get_if<bool>(&cell)) return *truth ? "true" : "false";
  if (const auto* number = std::get_if<double>(&cell)) return fmt::format("{}", *number);
  const auto* whole = std::get_if<std::int64_t>(&cell);
  if (!whole) return "";
  if (type == FieldType::instant) return to_string(Instant{*whole});
  if (type == FieldType::date) return to_string(Date{static_cast<std::int32_t>(*whole)});
  if (type == FieldType::money && currency_decimals(currency)) return format_minor(*whole, currency);
  return std::to_string(*whole);
}

}  // namespace

Result<Answer> answer(const Asking& asking, const Query& query) {
  const auto question = understand(asking, query);
  if (!question) return refuse(question);
  const auto table = asking.run(compile(asking.catalogue, asking.schema, *question));
  if (!table) return refuse(table);
  Groups groups = read_groups(*question, *table);

  const auto listed = list_keys(asking, *question, groups);
  if (!listed) return refuse(listed);

  Answer answer;
  Rows rows = make_rows(asking.catalogue, *question, groups, *listed);
  answer.passport = make_passport(asking, *question, groups, rows);
  if (!question->metric->segment.empty()) {
    const auto outliers = outlier_words(asking, *question, groups.outliers);
    if (!outliers) return refuse(outliers);
    if (!outliers->empty()) answer.passport.left_out.push_back(*outliers);
  }
  const auto held = held_against(asking, *question);
  if (!held) return refuse(held);
  answer.passport.settings.insert(answer.passport.settings.end(), held->begin(), held->end());
  answer.by = question->by;
  if (question->grain != Grain::none) answer.by.emplace_back(name(question->grain));
  for (const MetricColumn& column : question->metric->columns) {
    answer.columns.push_back(column.name);
    answer.units.push_back(column.unit);
  }
  answer.names = std::move(rows.names);
  answer.rows = std::move(rows.rows);
  answer.total = std::move(rows.total);
  answer.trends = trends(*question, answer);
  return answer;
}

Result<Cases> cases(const Asking& asking, const Query& query, std::size_t limit) {
  const auto question = understand(asking, query);
  if (!question) return refuse(question);
  Cases cases;
  const bool several = question->leaves.size() > 1;
  if (several) cases.columns.emplace_back("counted_in");
  for (std::size_t leaf = 0; leaf < question->leaves.size() && !cases.more; ++leaf) {
    const MetricDefinition& metric = *question->leaves[leaf];
    const FactDefinition& fact = asking.catalogue.fact(metric.from);
    if (several && metric.columns[0].measure == Measure::noise) continue;  // the same cases again
    // One more than is wanted tells whether there are more.
    const std::size_t left = limit == kAllCases ? kAllCases : limit - cases.rows.size() + 1;
    const auto table = asking.run(compile_cases(asking.catalogue, asking.schema, *question, leaf, left));
    if (!table) return refuse(table);
    // The columns of different facts are told apart by name; what one has not stays empty.
    std::vector<std::size_t> places;
    for (const TableColumn& column : table->columns) {
      const auto known = std::ranges::find(cases.columns, column.name());
      places.push_back(static_cast<std::size_t>(known - cases.columns.begin()));
      if (known == cases.columns.end()) cases.columns.push_back(column.name());
    }
    const auto currency = std::ranges::find(table->columns, "currency", &TableColumn::name);
    for (const TableRow row : table->rows()) {
      if ((cases.more = cases.rows.size() >= limit)) break;
      std::vector<std::string> texts(cases.columns.size());
      if (several) texts[0] = metric.name;
      const std::string money =
          currency == table->columns.end() ? "" : row.text(static_cast<std::size_t>(currency - table->columns.begin()));
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string& named = table->columns[i].name();
        const FactColumn* column = fact.column(named);
        const bool converted = named.ends_with("converted_minor");
        const bool weighted = named == "weighted" && is_money(metric);
        const FieldType type = converted || weighted ? FieldType::money : column ? column->type : FieldType::text;
        texts[places[i]] = shown(row[i], type, converted ? question->settings.currency : money);
      }
      cases.rows.push_back(std::move(texts));
    }
  }
  for (auto& row : cases.rows) row.resize(cases.columns.size());
  return cases;
}

}  // namespace traction
