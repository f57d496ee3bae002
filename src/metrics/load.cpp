#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "metrics/given_value.h"
#include "metrics/load.h"
#include "metrics/metric_reader.h"
#include "metrics/path.h"
#include "metrics/yardstick.h"

namespace traction {
namespace {

const std::vector<std::string> kKinds = {"base", "state", "derived", "distribution", "duration", "table"};
const std::vector<std::string> kBetter = {"more", "less", "neither"};

}  // namespace

Result<MetricDefinition> MetricReader::read() {
  std::string kind;
  json::value where, except, columns, leave_out, mention, old_enough, share, dimensions, empty, weight, limit, bands,
      cycle, lag, target;
  std::string formula, met, clock, noise;
  table_.get("name", metric_.name);
  table_.get("label", metric_.label);
  table_.get("unit", metric_.unit);
  table_.get("kind", kind);
  table_.get("better", metric_.better);
  table_.get("about", metric_.about);
  table_.get("source", metric_.source);
  table_.get("version", metric_.version);
  table_.get("from", metric_.from);
  table_.get("time", metric_.time);
  table_.get("value", metric_.value);
  table_.get("where", where);
  table_.get("except", except);
  table_.get("by", metric_.by);
  table_.get("dimensions", dimensions);
  table_.get("empty", empty);
  table_.get("columns", columns);
  table_.get("leave_out", leave_out);
  table_.get("mention", mention);
  table_.get("settings", metric_.settings);
  table_.get("old_enough", old_enough);
  table_.get("segment", metric_.segment);
  table_.get("since", metric_.since);
  table_.get("clock", clock);
  table_.get("formula", formula);
  table_.get("met", met);
  table_.get("regardless_of", metric_.regardless_of);
  table_.get("share", share);
  table_.get("weight", weight);
  table_.get("limit", limit);
  table_.get("bands", bands);
  table_.get("cycle", cycle);
  table_.get("lag", lag);
  table_.get("noise", noise);
  table_.get("target", target);
  table_.get("trend", metric_.trend);
  table_.nothing_else();

  for (const auto& [key, text] : {std::pair("name", &metric_.name), std::pair("label", &metric_.label),
                                  std::pair("about", &metric_.about), std::pair("source", &metric_.source)})
    if (text->empty()) wrong(key, fmt::format("A metric needs \"{}\".", key), Code::required);
  if (!is_metric_name(metric_.name))
    wrong("name", fmt::format("\"{}\" is no name: it takes lower case letters, digits and _, at most {}.",
                              excerpt(metric_.name), kLongestName));
  one_of("kind", kind, kKinds);
  one_of("unit", metric_.unit, kUnits);
  one_of("better", metric_.better, kBetter);
  if (table_.refusal()) return tl::unexpected(*table_.refusal());
  metric_.kind = static_cast<MetricKind>(std::ranges::find(kKinds, kind) - kKinds.begin());

  if (metric_.kind == MetricKind::table && metric_.from.empty()) {
    metric_.kind = MetricKind::derived;
    read_metric_columns(columns);
  } else if (metric_.kind == MetricKind::derived) {
    add_formula("value", metric_.unit, formula, "formula");
    read_beside("met", met, metric_.met);
    read_beside("noise", noise, metric_.noise);
    metric_.noise_words = noise;
    read_target(target);
    if (!metric_.from.empty()) wrong("from", "A derived metric has a formula and no fact.");
  } else if (find_fact()) {
    conditions("where", where, false, metric_.where);
    conditions("except", except, true, metric_.where);
    remarks("leave_out", leave_out, metric_.leave_out);
    remarks("mention", mention, metric_.mention);
    if (!formula.empty()) wrong("formula", "Only a derived metric has a formula.");
    check_time();
    read_dimensions(dimensions);
    read_old_enough(old_enough);
    read_clock(clock);
    read_held_against("weight", weight, Yardstick::As::weight);
    read_held_against("limit", limit, Yardstick::As::limit);
    read_held_against("bands", bands, Yardstick::As::bands);
    read_held_against("lag", lag, Yardstick::As::lag);
    read_columns(columns, share);
    check_regardless();
    read_cycle(cycle);
    check_trend();
  }
  read_empty(empty);
  check_settings();
  if (table_.refusal()) return tl::unexpected(*table_.refusal());
  return std::move(metric_);
}

void MetricReader::wrong(std::string_view key, std::string sentence, Code code) {
  table_.fault(key, code, std::move(sentence));
}

void MetricReader::one_of(std::string_view key, const std::string& given, const std::vector<std::string>& known) {
  if (!has(known, given))
    wrong(key,
          fmt::format("\"{}\" is no {}: it is {}.{}", excerpt(given), key, enumerate(known),
                      did_you_mean(excerpt(given), known)),
          given.empty() ? Code::required : Code::unknown);
}

bool MetricReader::find_fact() {
  std::vector<std::string> names;
  for (const FactDefinition& fact : facts_) {
    if (fact.name == metric_.from) fact_ = &fact;
    names.push_back(fact.name);
  }
  if (!fact_)
    wrong("from",
          fmt::format("There is no fact \"{}\".{}", excerpt(metric_.from), did_you_mean(excerpt(metric_.from), names)),
          metric_.from.empty() ? Code::required : Code::unknown);
  return fact_ != nullptr;
}

const FactColumn* MetricReader::need_column(std::string_view key, const std::string& column) {
  const FactColumn* found = fact_->column(column);
  if (found) return found;
  std::vector<std::string> names;
  for (const FactColumn& known : fact_->columns) names.push_back(known.name);
  wrong(key,
        fmt::format("The fact \"{}\" has no column \"{}\".{}", fact_->name, excerpt(column),
                    did_you_mean(excerpt(column), names)),
        Code::unknown);
  return nullptr;
}

void MetricReader::conditions(std::string_view key, const json::value& given, bool negate,
                              std::vector<Condition>& out) {
  if (given.is_null()) return;
  if (!given.is_object()) return wrong(key, fmt::format("\"{}\" takes {{column = value}}.", key));
  for (const auto& [column, values] : given.as_object()) {
    Condition condition{column, {}, negate};
    const json::array list = values.is_array() ? values.as_array() : json::array{values};
    if (list.empty()) return wrong(key, fmt::format("\"{}\" needs a value to compare with.", condition.column));
    for (const json::value& value : list) {
      const auto text = value_text(value);
      if (!text) return wrong(key, fmt::format("\"{}\" takes texts, whole numbers and true or false.", key));
      condition.values.push_back(*text);
    }
    const FactColumn* known = need_column(key, condition.column);
    if (!known) return;
    for (const std::string& text : condition.values)
      if (!fits(known->type, text))
        return wrong(key, fmt::format("\"{}\" is of type {}, so it is never \"{}\".", condition.column,
                                      traction::name(known->type), excerpt(text)));
    out.push_back(std::move(condition));
  }
}

void MetricReader::remarks(std::string_view key, const json::value& given, std::vector<Remark>& out) {
  if (given.is_null()) return;
  if (!given.is_array()) return wrong(key, fmt::format("\"{}\" takes [{{when = {{…}}, say = \"…\"}}].", key));
  for (const json::value& item : given.as_array()) {
    const json::object* remark = item.if_object();
    const json::value* when = remark ? remark->if_contains("when") : nullptr;
    const json::value* say = remark ? remark->if_contains("say") : nullptr;
    if (!when || !say || !say->is_string() || remark->size() != 2)
      return wrong(key, fmt::format("Each of \"{}\" takes \"when\" and \"say\" and nothing else.", key));
    out.push_back({{}, std::string(say->as_string())});
    conditions(key, *when, false, out.back().when);
  }
}

void MetricReader::check_time() {
  if (metric_.kind == MetricKind::state) {
    if (!metric_.time.empty()) wrong("time", "A state is asked at an instant and has no \"time\".");
    if (!fact_->start() || !fact_->end()) wrong("from", "A state needs a fact with a start and an end.");
    return;
  }
  const FactColumn* time = need_column("time", metric_.time);
  if (time && time->type != FieldType::date) wrong("time", "\"time\" is a column of type date.");
}

void MetricReader::read_dimensions(const json::value& given) {
  if (!given.is_null() && !given.is_object()) return wrong("dimensions", "\"dimensions\" takes {name = \"path\"}.");
  if (given.is_object())
    for (const auto& [alias, way] : given.as_object()) {
      if (!way.is_string() || way.as_string().empty()) return wrong("dimensions", "A path is a text.");
      metric_.dimensions.emplace(alias, way.as_string());
    }
  for (const auto& [alias, way] : metric_.dimensions)
    if (const auto path = find_path(metric_, *fact_, schema_, alias); !path)
      wrong("dimensions", path.error().sentence, path.error().code);
  for (const std::string& dimension : metric_.by)
    if (const auto path = find_path(metric_, *fact_, schema_, dimension); !path)
      wrong("by", path.error().sentence, path.error().code);
  if (metric_.segment.empty()) return;
  const auto segment = find_path(metric_, *fact_, schema_, metric_.segment);
  if (!segment)
    wrong("segment", segment.error().sentence, segment.error().code);
  else if (segment->last().references.empty())
    wrong("segment", fmt::format("\"{}\" refers to no records.", metric_.segment));
}

void MetricReader::read_old_enough(const json::value& given) {
  if (given.is_null()) return;
  const json::object* parts = given.if_object();
  const json::value* setting = parts ? parts->if_contains("setting") : nullptr;
  const json::value* seconds = parts ? parts->if_contains("seconds") : nullptr;
  const json::value* say = parts ? parts->if_contains("say") : nullptr;
  const bool by_setting = setting && setting->is_string();
  const bool by_seconds = seconds && seconds->is_int64() && seconds->as_int64() > 0;
  if (by_setting == by_seconds || !say || !say->is_string() || say->as_string().empty() || parts->size() != 2)
    return wrong("old_enough", "\"old_enough\" takes \"setting\" or \"seconds\", and \"say\", and nothing else.");
  metric_.old_enough_say = say->as_string();
  if (by_seconds) {
    metric_.old_enough_seconds = seconds->as_int64();
  } else {
    metric_.old_enough = setting->as_string();
    metric_.settings.push_back(metric_.old_enough);
  }
  if (!fact_->start()) wrong("old_enough", "\"old_enough\" needs a fact with a start.");
}

void MetricReader::read_clock(const std::string& clock) {
  const bool duration = metric_.kind == MetricKind::duration;
  const bool lasts = duration || metric_.kind == MetricKind::state;
  if (!lasts && !metric_.since.empty()) return wrong("since", "\"since\" goes with a duration or a state.");
  if (!duration && !clock.empty()) return wrong("clock", "\"clock\" goes with a duration.");
  if (!lasts) return;
  if (metric_.since.empty() && fact_->start()) metric_.since = fact_->start()->name;
  if (const FactColumn* since = need_column("since", metric_.since); since && since->type != FieldType::instant)
    wrong("since", "\"since\" is a column of type instant.");
  if (!clock.empty() && clock != "business") return wrong("clock", "\"clock\" is \"business\" or left out.");
  metric_.business = !clock.empty();
  if (metric_.business) metric_.settings.emplace_back("working_hours");
}

void MetricReader::read_held_against(std::string_view key, const json::value& given, Yardstick::As as) {
  if (given.is_null()) return;
  if (metric_.yardstick.given()) return wrong(key, "A metric has one of \"weight\", \"limit\", \"bands\" and \"lag\".");
  auto read = read_yardstick(key, given);
  if (!read) return wrong(key, read.error().sentence);
  metric_.yardstick = std::move(*read);
  metric_.yardstick.as = as;
  if (std::string setting = setting_of(metric_.yardstick); !setting.empty()) metric_.settings.push_back(setting);
  const bool state = metric_.kind == MetricKind::state, table = metric_.kind == MetricKind::table;
  const bool fits = as == Yardstick::As::limit   ? state
                    : as == Yardstick::As::bands ? table
                    : as == Yardstick::As::lag   ? metric_.kind == MetricKind::base
                                                 : !table;
  if (!fits) wrong(key, fmt::format("A {} has no \"{}\".", name(metric_.kind), key));
}

void MetricReader::check_settings() {
  const RecordType* workspace = schema_.type("workspace");
  for (const std::string& setting : metric_.settings) {
    const Field* field = workspace ? workspace->field(setting) : nullptr;
    const bool number = field && (field->type == FieldType::integer || field->type == FieldType::duration);
    if (metric_.old_enough == setting ? !number : !field)
      wrong(metric_.old_enough == setting ? "old_enough" : "settings",
            fmt::format("The workspace has no {} \"{}\" among its settings.",
                        metric_.old_enough == setting ? "number" : "field", excerpt(setting)),
            Code::unknown);
  }
}

void MetricReader::read_empty(const json::value& given) {
  if (given.is_null()) return;
  if (!given.is_int64()) return wrong("empty", "\"empty\" takes a whole number.");
  if (metric_.unit == "rate" || metric_.unit == "ratio")
    return wrong("empty", "A rate of nothing is empty, not a number.");
  metric_.empty = static_cast<double>(given.as_int64());
}

void MetricReader::read_beside(std::string_view key, const std::string& words, std::optional<Formula>& out) {
  if (words.empty()) return;
  auto formula = parse_formula(words);
  if (!formula) return wrong(key, formula.error().sentence, formula.error().code);
  const std::vector<std::string> known = names(metric_.columns[0].formula);
  const bool within = key == "met";
  for (const std::string& used : names(*formula))
    if (within && !has(known, used))
      return wrong(key, fmt::format("\"{}\" is not in the formula.", excerpt(used)), Code::unknown);
  out = std::move(*formula);
}

void MetricReader::read_target(const json::value& given) {
  if (given.is_null()) return;
  if (!given.is_int64()) return wrong("target", "\"target\" takes a whole number.");
  metric_.target = static_cast<double>(given.as_int64());
}

void MetricReader::read_cycle(const json::value& given) {
  if (given.is_null()) return;
  const json::object* parts = given.if_object();
  const json::value* by = parts ? parts->if_contains("by") : nullptr;
  const json::value* years = parts ? parts->if_contains("years") : nullptr;
  if (!by || !by->is_string() || !years || !years->is_int64() || years->as_int64() < 1 || years->as_int64() > 10 ||
      parts->size() != 2)
    return wrong("cycle", "\"cycle\" takes {by = \"COLUMN\", years = 2}, of 1 to 10 years.");
  metric_.cycle = by->as_string();
  metric_.cycle_years = static_cast<int>(years->as_int64());
  need_column("cycle", metric_.cycle);
  if (metric_.kind != MetricKind::base) wrong("cycle", "\"cycle\" goes with kind = \"base\".");
  if (!fact_->start()) wrong("cycle", "\"cycle\" needs a fact with a start.");
}

void MetricReader::check_trend() {
  if (!metric_.trend) return;
  const bool fits = metric_.kind == MetricKind::base && (metric_.unit == "count" || metric_.unit == "money");
  if (!fits) wrong("trend", "\"trend\" goes with a base metric that is a count or an amount.");
}

void MetricReader::check_regardless() {
  if (!metric_.regardless_of.empty() && metric_.kind != MetricKind::base)
    return wrong("regardless_of", "\"regardless_of\" goes with kind = \"base\".");
  for (const std::string& column : metric_.regardless_of) need_column("regardless_of", column);
}

Result<std::vector<MetricDefinition>> read_metrics(const DefinitionFile& file, std::span<const FactDefinition> facts,
                                                   const Schema& schema) {
  const auto parsed = parse_toml(file.path, file.text);
  if (!parsed) return refuse(parsed);
  TomlTable root(file.path, *parsed);
  json::value blocks;
  root.get("metric", blocks);
  root.nothing_else();
  const toml::array* list = parsed->get_as<toml::array>("metric");
  if (!list || !list->is_array_of_tables())
    root.fault("metric", Code::required, "A file of metrics holds [[metric]] blocks.");
  if (root.refusal()) return tl::unexpected(*root.refusal());
  std::vector<MetricDefinition> metrics;
  for (const toml::node& block : *list) {
    auto metric = MetricReader(file.path, *block.as_table(), facts, schema).read();
    if (!metric) return refuse(metric);
    metrics.push_back(std::move(*metric));
  }
  return metrics;
}

}  // namespace traction
