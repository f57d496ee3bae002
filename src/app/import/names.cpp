#include "app/import/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace traction {

namespace {

// Near names are looked for among so many, and for so many different wrong ones.
constexpr std::size_t kMostCandidates = 20'000;
constexpr std::size_t kMostAnswers = 200;

std::string key_of(const RecordType& type, const Field& by, const std::string& text) {
  return fmt::format("{}.{}={}", type.name, by.name, text);
}

}  // namespace

Target RecordNames::root(const RecordType& type, const Record& record) {
  const Record* at = &record;
  while (at != nullptr && at->state == RecordState::merged) at = records_.find(type, at->merged_into);
  return {at != nullptr && at->state == RecordState::live ? at->id : 0, -1};
}

RecordNames::Index& RecordNames::index(const RecordType& type, const Field& by) {
  const auto [place, fresh] = indexes_.try_emplace({type.number, by.name});
  Index& index = place->second;
  if (!fresh) return index;
  records_.each(type, [&](const Record& record) {
    const json::value* text = record.body.if_contains(by.name);
    if (text == nullptr || !text->is_string() || record.state == RecordState::deleted) return true;
    const Target target = root(type, record);
    if (target.id == 0) return true;
    Found& found = index[std::string(text->get_string())];
    if (found.count == 0)
      found = {1, target};
    else if (found.target.id != target.id)
      found.count = 2;
    return true;
  });
  return index;
}

RecordNames::Found RecordNames::find(const RecordType& type, const Field& by, const std::string& text) {
  if (!by.unique) {
    Index& known = index(type, by);
    const auto found = known.find(text);
    if (found == known.end()) return {};
    if (!gone(found->second.target)) return found->second;
    known.erase(found);
    return {};
  }
  const std::string key = key_of(type, by, text);
  for (const auto* made : {&planned_, &flying_}) {
    const auto found = made->find(key);
    if (found != made->end() && !gone({0, found->second})) return {1, {0, found->second}};
  }
  const Id id = records_.find_key(key);
  const Record* record = id == 0 ? nullptr : records_.find(type, id);
  if (record == nullptr) return {};
  const Target target = root(type, *record);
  return {target.id == 0 ? 0 : 1, target};
}

std::string RecordNames::near(const RecordType& type, const Field& by, const std::string& text) {
  const std::string key = key_of(type, by, text);
  const auto answered = near_.find(key);
  if (answered != near_.end()) return answered->second;
  if (near_.size() >= kMostAnswers) return "";
  std::vector<std::string> candidates;
  if (by.unique) {
    records_.each(type, [&](const Record& record) {
      const json::value* value = record.body.if_contains(by.name);
      if (value != nullptr && value->is_string()) candidates.emplace_back(value->get_string());
      return candidates.size() < kMostCandidates;
    });
  } else {
    for (const auto& [name, found] : index(type, by)) {
      if (candidates.size() == kMostCandidates) break;
      candidates.push_back(name);
    }
    std::sort(candidates.begin(), candidates.end());
  }
  return near_[key] = did_you_mean(text, candidates);
}

void RecordNames::add(const RecordType& type, const Field& by, const std::string& text, std::int64_t made) {
  if (by.unique) {
    planned_[key_of(type, by, text)] = made;
    return;
  }
  const auto known = indexes_.find({type.number, by.name});
  if (known == indexes_.end()) return;  // nobody asked for such names yet
  Found& found = known->second[text];
  found = found.count == 0 || gone(found.target) ? Found{1, {0, made}} : Found{2, found.target};
}

std::int64_t RecordNames::reserve(std::size_t count) {
  const std::int64_t first = reserved();
  ids_.resize(ids_.size() + count, kOpen);
  return first;
}

void RecordNames::rotate() {
  flying_ = std::move(planned_);
  planned_.clear();
}

}  // namespace traction
