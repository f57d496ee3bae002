#include "metrics/path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace traction {
namespace {

constexpr std::size_t kLongestPath = 5;

// Types with few records, which a person expects to see in full.
constexpr std::array<std::string_view, 6> kListed = {"member", "team", "pipeline", "stage", "product", "campaign"};

Path::Step step_of(const FactColumn& column) { return {column.name, column.type, column.references, column.about, {}}; }

Path::Step step_of(const Field& field) {
  return {field.name, field.type, field.references, field.about.empty() ? field.label : field.about, field.choices};
}

// The fields of what a step refers to; none where it refers to nothing.
std::span<const Field> fields_behind(const Path::Step& step, const Schema& schema) {
  const RecordType* type = step.references.empty() ? nullptr : schema.type(step.references);
  return type ? std::span<const Field>(type->fields) : std::span<const Field>();
}

std::string spelled(const Path& path) {
  std::vector<std::string> names;
  for (const Path::Step& step : path.steps) names.push_back(step.name);
  return fmt::format("{}", fmt::join(names, "."));
}

tl::unexpected<Refusal> unknown(std::string_view named, const MetricDefinition& metric, const FactDefinition& fact,
                                const Schema& schema) {
  const std::vector<std::string> names = path_names(metric, fact, schema);
  return refuse(Code::unknown, std::string(named),
                fmt::format("\"{}\" cannot be grouped or filtered by \"{}\".{}", metric.name, excerpt(named),
                            did_you_mean(excerpt(named), names)));
}

// Goes on from a path along the names from `at` on.
Result<Path> follow(Path path, const std::vector<std::string>& parts, std::size_t at, const MetricDefinition& metric,
                    const FactDefinition& fact, const Schema& schema, std::string_view named) {
  for (; at < parts.size(); ++at) {
    const auto fields = fields_behind(path.last(), schema);
    const auto found = std::ranges::find(fields, parts[at], &Field::name);
    if (found == fields.end() || path.steps.size() == kLongestPath) return unknown(named, metric, fact, schema);
    path.steps.push_back(step_of(*found));
  }
  return path;
}

}  // namespace

Result<Path> find_path(const MetricDefinition& metric, const FactDefinition& fact, const Schema& schema,
                       std::string_view named) {
  const std::vector<std::string> parts = split(named, '.');
  if (parts.empty()) return unknown(named, metric, fact, schema);
  if (const auto own = metric.dimensions.find(parts[0]); own != metric.dimensions.end()) {
    const std::vector<std::string> way = split(own->second, '.');
    const FactColumn* first = fact.column(way[0]);
    if (!first) return unknown(own->second, metric, fact, schema);
    auto path = follow({{step_of(*first)}, 0}, way, 1, metric, fact, schema, own->second);
    if (!path) return path;
    path->root = path->steps.size() - 1;
    return follow(std::move(*path), parts, 1, metric, fact, schema, named);
  }
  if (const FactColumn* column = fact.column(parts[0]))
    return follow({{step_of(*column)}, 0}, parts, 1, metric, fact, schema, named);

  std::vector<Path> fitting;
  for (const FactColumn& column : fact.columns) {
    auto path = find_path(metric, fact, schema, column.name);
    if (!path) return path;
    const auto fields = fields_behind(path->last(), schema);
    if (const auto field = std::ranges::find(fields, parts[0], &Field::name); field != fields.end()) {
      path->steps.push_back(step_of(*field));
      fitting.push_back(std::move(*path));
    }
  }
  if (fitting.empty()) return unknown(named, metric, fact, schema);
  if (fitting.size() > 1) {
    std::vector<std::string> names;
    for (const Path& path : fitting) names.push_back(spelled(path));
    return refuse(Code::invalid, std::string(named),
                  fmt::format("\"{}\" could be {}: say which.", excerpt(named), enumerate(names)));
  }
  return follow(std::move(fitting[0]), parts, 1, metric, fact, schema, named);
}

std::vector<std::string> path_names(const MetricDefinition& metric, const FactDefinition& fact, const Schema& schema) {
  std::vector<std::string> names;
  for (const auto& [name, way] : metric.dimensions) names.push_back(name);
  for (const FactColumn& column : fact.columns) names.push_back(column.name);
  for (const FactColumn& column : fact.columns)
    for (const Field& field : fields_behind(step_of(column), schema)) {
      names.push_back(column.name + "." + field.name);
      names.push_back(field.name);
    }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string listed_type(const Path& path) {
  const std::string& type = path.steps[path.root].references;
  return std::ranges::find(kListed, type) == kListed.end() ? "" : type;
}

std::string quoted(std::string_view identifier) {
  std::string text = "\"";
  for (const char c : identifier) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

std::string literal(std::string_view text) {
  std::string sql = "'";
  for (const char c : text) sql += c == '\'' ? "''" : c == '\0' ? "' || chr(0) || '" : std::string(1, c);
  sql += '\'';
  return text.find('\0') == std::string_view::npos ? sql : "(" + sql + ")";
}

std::string literal(std::int64_t whole) { return std::to_string(whole); }

std::string literal(double number) { return fmt::format("{}::DOUBLE", number); }

std::string literal(Date day) { return fmt::format("DATE '{}'", to_string(day)); }

std::string literal(Instant instant) { return fmt::format("make_timestamp({})", instant.micros); }

std::string Joins::reach(const Path& path, std::size_t from) {
  std::string alias = base_;
  if (from > 0 && from == path.steps.size()) return alias + ".id";
  std::string way;
  for (std::size_t i = from; i + 1 < path.steps.size(); ++i) {
    way += "." + path.steps[i].name;
    auto [known, added] = aliases_.try_emplace(way, "");
    if (added) {
      known->second = base_ + "_" + std::to_string(aliases_.size());
      text_ += fmt::format(" LEFT JOIN {} {} ON {}.id = {}.{}", quoted(path.steps[i].references), known->second,
                           known->second, alias, quoted(path.steps[i].name));
    }
    alias = known->second;
  }
  return alias + "." + quoted(path.last().name);
}

}  // namespace traction
