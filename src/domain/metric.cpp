#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "domain/rules.h"

namespace traction {
namespace {

constexpr std::size_t kMostKeyMetrics = 20;

std::vector<json::object> bodies_of(Batch& batch) {
  std::vector<json::object> bodies;
  if (const RecordType* type = batch.schema().type("own_metric"))
    for (Record& record : batch.all(*type)) bodies.push_back(std::move(record.body));
  return bodies;
}

std::string_view name_in(const json::object& body) { return body.at("name").get_string(); }

// "win_share:3" as the place in a definition: the metric and what comes before the sentence.
std::pair<std::string, std::string> place_in(const Refusal& refusal) {
  const auto colon = refusal.field.rfind(':');
  if (colon == std::string::npos) return {refusal.field, ""};
  return {refusal.field.substr(0, colon), fmt::format("Line {}: ", refusal.field.substr(colon + 1))};
}

}  // namespace

Result<void> metric_rules(Batch& batch, Change& change) {
  if (change.before && change.fields.contains("name"))
    return refuse(Code::rule, "fields.name", "A metric keeps its name, because numbers were given out under it.");
  const bool defines = change.fields.contains("definition");
  if (defines && !change.after("definition"))
    return refuse(Code::rule, "fields.definition",
                  "A definition is not taken back, because numbers were computed by it. Hide the metric instead.");
  if (defines) {
    const json::value* version = change.now("definition_version");
    change.set("definition_version", version ? version->get_int64() + 1 : 1);
  }
  const std::vector<json::object> before = bodies_of(batch);
  json::object body = change.before ? change.before->body : json::object{};
  fold(body, change.fields);
  const std::string name(name_in(body));
  std::vector<json::object> after = before;
  std::erase_if(after, [&](const json::object& other) { return change.before && name_in(other) == name; });
  after.push_back(std::move(body));

  const auto wrong = batch.metrics(after).wrong;
  if (const auto own = wrong.find(name); own != wrong.end()) {
    const auto [at, line] = place_in(own->second);
    return refuse(own->second.code, defines ? "fields.definition" : "fields.name", line + own->second.sentence);
  }
  if (wrong.empty()) return {};
  const auto wrong_before = batch.metrics(before).wrong;
  for (const auto& [other, refusal] : wrong)
    if (!wrong_before.contains(other))
      return refuse(
          Code::rule, "fields.definition",
          fmt::format("The metric \"{}\", which uses this one, would no longer hold. {}", other, refusal.sentence));
  return {};
}

Result<void> key_metrics_rules(Batch& batch, Change& change) {
  const json::value* given = change.fields.if_contains("key_metrics");
  if (!given || given->is_null()) return {};
  const std::vector<std::string> known = batch.metrics(bodies_of(batch)).names;
  std::vector<std::string> chosen;
  for (const std::string& part : split(std::string_view(given->get_string()), ',')) {
    const std::string name(trim(part));
    if (std::ranges::find(known, name) == known.end())
      return refuse(
          Code::unknown, "fields.key_metrics",
          fmt::format("There is no metric \"{}\" to be asked.{}", excerpt(name), did_you_mean(excerpt(name), known)));
    if (std::ranges::find(chosen, name) != chosen.end())
      return refuse(Code::duplicate, "fields.key_metrics", fmt::format("\"{}\" is there twice.", name));
    chosen.push_back(name);
  }
  if (chosen.size() > kMostKeyMetrics)
    return refuse(Code::too_large, "fields.key_metrics",
                  fmt::format("Choose at most {} key metrics: what is key cannot be much.", kMostKeyMetrics));
  change.set("key_metrics", json::string(fmt::format("{}", fmt::join(chosen, ","))));
  return {};
}

}  // namespace traction
