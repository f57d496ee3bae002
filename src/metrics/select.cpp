#include "metrics/select.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "base/zone.h"
#include "metrics/yardstick.h"

namespace traction {

std::string Select::test(const std::string& expression, FieldType type, const std::vector<std::string>& values,
                         bool negate) {
  std::vector<std::string> bound, parts;
  bool empty = false;
  for (const std::string& value : values) {
    const bool timed = type == FieldType::instant || type == FieldType::date;
    if (value.empty()) {
      empty = true;
    } else if (timed && (value == "past" || value == "future")) {
      const std::string now = type == FieldType::date ? literal(question_.today) : literal(question_.judged);
      parts.push_back(fmt::format("{} {} {}", expression, value == "past" ? "<" : ">=", now));
    } else if (type == FieldType::boolean) {
      bound.emplace_back(value == "true" ? "TRUE" : "FALSE");
    } else if (type == FieldType::integer || type == FieldType::duration || type == FieldType::reference) {
      std::int64_t number = 0;
      CHECK(std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc());
      bound.push_back(literal(number));
    } else if (type == FieldType::decimal) {
      double number = 0;
      CHECK(std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc());
      bound.push_back(literal(number));
    } else {
      bound.push_back(literal(value) + (type == FieldType::date ? "::DATE" : ""));
    }
  }
  // Of texts DuckDB asks an IN value by value, row by row; a list is asked once for each text that there is.
  const bool of_texts = bound.size() > 1 && (type == FieldType::text || type == FieldType::choice);
  if (of_texts)
    parts.push_back(fmt::format("list_contains([{}], {})", fmt::join(bound, ", "), expression));
  else if (!bound.empty())
    parts.push_back(fmt::format("{} IN ({})", expression, fmt::join(bound, ", ")));
  if (empty) parts.push_back(expression + " IS NULL");
  // What is tested for being there alone is left to the database to find without looking at each row.
  if (empty && parts.size() == 1) return fmt::format("{} IS {}NULL", expression, negate ? "NOT " : "");
  const std::string any = fmt::format("({})", fmt::join(parts, " OR "));
  return negate ? fmt::format("NOT coalesce({}, FALSE)", any) : any;
}

std::string Select::all(const FactDefinition& fact, const std::vector<Condition>& conditions) {
  std::string text;
  for (const Condition& condition : conditions) {
    const FactColumn* column = fact.column(condition.column);
    CHECK(column);
    text += (text.empty() ? "" : " AND ") +
            test("f." + quoted(column->name), column->type, condition.values, condition.negate);
  }
  return text.empty() ? "TRUE" : text;
}

std::string Select::none(const FactDefinition& fact, const std::vector<Condition>& conditions) {
  if (conditions.size() != 1) return fmt::format("NOT coalesce({}, FALSE)", all(fact, conditions));
  Condition other = conditions[0];
  other.negate = !other.negate;
  // A negated test is never unknown, but its opposite is: of a value that is not there.
  const std::string text = all(fact, {other});
  return other.negate ? text : fmt::format("coalesce({}, FALSE)", text);
}

std::string Select::rows(std::size_t leaf, Joins& joins, bool counted) {
  const MetricDefinition& metric = *question_.leaves[leaf];
  const FactDefinition& fact = catalogue_.fact(metric.from);
  std::string text = all(fact, metric.where);
  for (const Question::Where& where : question_.where)
    if (!metric.ignores(where.paths[leaf].steps[0].name))
      text += " AND " + test(joins.reach(where.paths[leaf]), where.paths[leaf].last().type, where.values, where.negate);
  if (!counted) return text;
  if (converts(metric)) text += " AND NOT " + without_rate(metric, fact);
  for (const Remark& remark : metric.leave_out) text += " AND " + none(fact, remark.when);
  if (metric.judges_age()) text += " AND " + old_enough(metric, fact);
  if (metric.yardstick.given()) {
    hold_against(metric, joins);
    text += " AND y.v IS NOT NULL";
  }
  if (metric.kind == MetricKind::distribution || metric.banded())
    text += fmt::format(" AND f.{} IS NOT NULL", quoted(metric.value));
  if (metric.kind == MetricKind::duration) text += fmt::format(" AND f.{} IS NOT NULL", quoted(metric.since));
  return text;
}

std::string Select::old_enough(const MetricDefinition& leaf, const FactDefinition& fact) {
  const auto days = question_.settings.numbers.find(leaf.old_enough);
  const std::int64_t age =
      days == question_.settings.numbers.end() ? leaf.old_enough_seconds * kSecond : days->second * kDay;
  return fmt::format("coalesce(f.{} <= {}, FALSE)", quoted(fact.start()->name),
                     literal(Instant{question_.judged.micros - age}));
}

std::string Select::open_at(const FactDefinition& fact, const std::string& day) {
  // A row whose beginning is not known is taken to have begun before.
  return fmt::format("coalesce(f.{0} < {2}, TRUE) AND coalesce(f.{1} >= {2}, f.{3} IS NULL)",
                     quoted(day_column(*fact.start())), quoted(day_column(*fact.end())), day, quoted(fact.end()->name));
}

std::string Select::in_period(std::size_t leaf, const Period& period) {
  const MetricDefinition& metric = *question_.leaves[leaf];
  const FactDefinition& fact = catalogue_.fact(metric.from);
  if (metric.kind == MetricKind::state) {
    if (!period.to) return fmt::format("f.{} IS NULL", quoted(fact.end()->name));
    return open_at(fact, literal(*period.to));
  }
  const std::string day = day_of(metric);
  if (has_opening(metric))  // all there was before is in it
    return period.to ? fmt::format("coalesce({} < {}, TRUE)", day, literal(*period.to)) : "TRUE";
  std::string text;
  if (period.from) text = fmt::format("{} >= {}", day, literal(*period.from));
  if (period.to) text += fmt::format("{}{} < {}", text.empty() ? "" : " AND ", day, literal(*period.to));
  return text.empty() ? "TRUE" : text;
}

std::string Select::day_of(const MetricDefinition& leaf) {
  const std::string day = "f." + quoted(leaf.time);
  return leaf.lagged() ? fmt::format("({} + round(y.v / 86400)::INTEGER)", day) : day;
}

void Select::hold_against(const MetricDefinition& leaf, Joins& joins) {
  const FactDefinition& fact = catalogue_.fact(leaf.from);
  const std::string table = yardstick_table(*this, leaf.yardstick, fact);
  joins.add("y", leaf.yardstick.by.empty()
                     ? fmt::format(" CROSS JOIN {} y", table)
                     : fmt::format(" LEFT JOIN {} y ON y.key = f.{}", table, quoted(leaf.yardstick.by)));
}

Instant Select::end_of(const Period& period) const {
  if (!period.to) return question_.judged;
  const auto zone = Zone::find(question_.settings.zone);
  CHECK(zone.has_value());
  return std::min(question_.judged, (*zone)->start_of(*period.to));
}

std::string Select::age(const MetricDefinition& leaf, const std::string& instant) {
  return fmt::format("greatest(0, (epoch_us({}) - epoch_us(f.{})) // 1000000)", instant, quoted(leaf.since));
}

std::string Select::currency(const FactDefinition& fact) {
  if (!question_.by_currency || !fact.column("currency")) return "''";
  if (question_.converted) return literal(question_.settings.currency) + "::VARCHAR";
  return fmt::format("coalesce(f.currency, {}::VARCHAR)", literal(question_.settings.currency));
}

std::string Select::clipped(const FactDefinition& fact, const std::string& at) {
  std::vector<std::string> replaced, conditions;
  for (const FactColumn& column : fact.columns) {
    const std::string& moment = column.with.empty() && (column.end || column.later) ? column.name : column.with;
    if (moment.empty()) continue;
    const char* none = column.type == FieldType::boolean ? "FALSE" : "NULL";
    replaced.push_back(fmt::format("CASE WHEN {} >= {} THEN {} ELSE {} END AS {}", quoted(moment), at,
                                   column.before.empty() ? none : quoted(column.before), quoted(column.name),
                                   quoted(column.name)));
  }
  for (const FactColumn* column : {fact.seen(), fact.settled()})
    if (column) conditions.push_back(fmt::format("coalesce({} < {}, TRUE)", quoted(column->name), at));
  return fmt::format("SELECT *{} FROM main.{}{}",
                     replaced.empty() ? "" : fmt::format(" REPLACE ({})", fmt::join(replaced, ", ")), quoted(fact.name),
                     conditions.empty() ? "" : fmt::format(" WHERE {}", fmt::join(conditions, " AND ")));
}

std::string Select::touched_since(const FactDefinition& fact, const std::string& at) const {
  if (fact.settled())
    return fmt::format("SELECT {} FROM main.{} WHERE {} >= {}", quoted(fact.key), quoted(fact.name),
                       quoted(fact.settled()->name), at);
  std::string keys;
  for (const FactDefinition& source : catalogue_.facts()) {
    if (std::ranges::find(fact.reads, source.name) == fact.reads.end()) continue;
    if (!source.rebuild_at && !source.clips()) continue;
    if (source.rebuild_at || !source.column(fact.key)) return "";
    std::string later;
    for (const FactColumn& column : source.columns)
      if (column.start || column.end || column.later)
        later += fmt::format("{}{} >= {}", later.empty() ? "" : " OR ", quoted(column.name), at);
    keys += fmt::format("{}SELECT {} FROM main.{} WHERE {}", keys.empty() ? "" : " UNION ", quoted(fact.key),
                        quoted(source.name), later);
  }
  return keys;
}

std::string Select::measured(const MetricDefinition& leaf, const FactDefinition& fact) {
  if (leaf.yardstick.as == Yardstick::As::weight)  // to whole minor units, so that the cases add up to the sum
    return fmt::format("round(({})::DOUBLE * y.above / y.below)::BIGINT", amount(fact, leaf.value));
  if (!leaf.value.empty()) return is_money(leaf) ? amount(fact, leaf.value) : "f." + quoted(leaf.value);
  if (leaf.kind != MetricKind::duration) return "NULL";
  // What is still open has lasted until the instant judged.
  const std::string from = "f." + quoted(leaf.since);
  const std::string to = fmt::format("coalesce(f.{}, {})", quoted(fact.end()->name), literal(question_.judged));
  if (!leaf.business) return fmt::format("greatest(0, (epoch_us({}) - epoch_us({})) // 1000000)", to, from);
  const auto hours = question_.settings.texts.find("working_hours");
  return fmt::format("business_seconds({}, {}, {}, {})", from, to, literal(question_.settings.zone),
                     literal(hours == question_.settings.texts.end() ? "{}" : hours->second));
}

std::string Select::facts_at() {
  if (!question_.at) return "";
  // A fact that is rebuilt needs those it reads, which come before it.
  std::set<std::string> used;
  for (const MetricDefinition* leaf : question_.leaves) {
    used.insert(leaf->from);
    if (leaf->yardstick.given()) used.insert(catalogue_.part(leaf->yardstick.metric)->from);
  }
  const auto facts = catalogue_.facts();
  for (auto fact = facts.rbegin(); fact != facts.rend(); ++fact)
    if (used.contains(fact->name) && fact->rebuild_at && !question_.settled.contains(fact->name))
      used.insert(fact->reads.begin(), fact->reads.end());
  std::vector<std::string> tables;
  for (const FactDefinition& fact : facts) {
    // What a fact without times says (the touches of a deal, counted) is seen as it is.
    if (!used.contains(fact.name) || (!fact.rebuild_at && !fact.clips())) continue;
    const std::string at = literal(*question_.at);
    if (fact.rebuild_at && !question_.settled.contains(fact.name)) {
      const std::string since = touched_since(fact, at), keys = quoted("touched " + fact.name);
      if (since.empty()) {
        tables.push_back(fmt::format("{} AS ({})", quoted(fact.name), fact.sql()));
        continue;
      }
      tables.push_back(fmt::format("{} AS MATERIALIZED ({})", keys, since));
      const std::string others = fact.settled() ? clipped(fact, at)
                                                : fmt::format("SELECT * FROM main.{} WHERE {} NOT IN (FROM {})",
                                                              quoted(fact.name), quoted(fact.key), keys);
      tables.push_back(fmt::format("{} AS ({} UNION ALL BY NAME ({}))", quoted(fact.name), others,
                                   fact.sql(fmt::format("% IN (FROM {})", keys))));
      continue;
    }
    // Not by itself, since what is then asked of it tells which few parts of it are needed.
    tables.push_back(fmt::format("{} AS NOT MATERIALIZED ({})", quoted(fact.name), clipped(fact, at)));
  }
  if (tables.empty()) return "";
  return fmt::format("WITH {} ", fmt::join(tables, ", "));
}

std::pair<std::string, std::string> Select::title(const Path& path, const std::string& alias) const {
  if (path.last().references.empty()) return {"NULL::VARCHAR", "NULL::VARCHAR"};
  const RecordType& type = schema_.need(path.last().references);
  const std::string shown = fmt::format("{}.{}::VARCHAR", alias, quoted(type.title));
  if (!type.field("position")) return {shown, "NULL::VARCHAR"};
  const std::string group = type.field("pipeline") ? fmt::format("coalesce({}.pipeline, 0)", alias) : "0";
  // Stages stand as deals take them (definitions/facts/funnel_step.sql): what ends a deal last, then by place, then by
  // id.
  const std::string closing =
      type.field("kind") ? fmt::format("({}.kind IN ('won', 'lost', 'after'))::INTEGER", alias) : "0";
  return {shown, fmt::format("printf('%018d.%d%06d%018d', {0}, {1}, {2}.position, {2}.id)", group, closing, alias)};
}

}  // namespace traction
