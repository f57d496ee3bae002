#include "mart/touched.h"

namespace traction {
namespace {

std::string filled(std::string select, const Between& between) {
  for (std::size_t at = 0; (at = select.find('{', at)) != std::string::npos;) {
    const std::size_t close = select.find('}', at);
    const std::string word = select.substr(at + 1, 3), type = select.substr(at + 5, close - at - 5);
    const std::string put = "(" + (word == "was" ? between.was(type) : between.now(type)) + ")";
    select.replace(at, close - at + 1, put);
    at += put.size();
  }
  return select;
}

}  // namespace

std::string touched_keys(const FactDefinition& fact, const Between& between) {
  std::string all;
  for (const auto& [source, select] : fact.touched) {
    const auto mentions = [&select](const std::string& words) { return select.find(words) != std::string::npos; };
    if (mentions("FROM moved") ? !between.moved : !between.changed.contains(source)) continue;
    // {was …} and {now …} are of records that were there before.
    if ((mentions("{was ") || mentions("{now ")) && !mentions("changed_") && !between.has_old(source)) continue;
    all += (all.empty() ? "(" : " UNION ALL (") + filled(select, between) + ")";
  }
  return all;
}

}  // namespace traction
