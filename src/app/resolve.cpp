#include "app/resolve.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "base/text.h"

namespace traction {
namespace {

constexpr std::size_t kSearchedForNear = 20'000;  // records looked through for a near name
constexpr std::size_t kNamed = 5;                 // of several with one name

std::optional<Id> as_id(std::string_view text) {
  Id id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && end == text.data() + text.size() && id > 0 ? std::optional(id) : std::nullopt;
}

std::string_view text_of(const json::object& body, std::string_view key) {
  const json::value* value = body.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

struct Named {
  Id id = 0;
  std::string extra;  // what tells it from others of its name
};

// All live records with this very title that `fits`.
template <class Fits>
std::vector<Named> with_title(Reader& reader, const RecordType& type, std::string_view title, const Fits& fits) {
  std::vector<Named> found;
  const auto consider = [&](const StoredRecord& record) {
    if (record.state != RecordState::live) return;
    const json::object body = parse_stored(record.body);
    if (text_of(body, type.title) == title && fits(body)) found.push_back({record.id, {}});
  };
  const Field* field = type.field(type.title);
  if (field && field->searchable && title.size() >= 3) {
    constexpr std::size_t kPage = 500;
    for (Id before = INT64_MAX;;) {
      const auto page = reader.search(type.number, title, before, kPage);
      for (const StoredRecord& record : page) consider(record);
      if (page.size() < kPage) return found;
      before = page.back().id;
    }
  }
  reader.records(type.number, 0, [&](const StoredRecord& record) { return consider(record), true; });
  return found;
}

template <class Fits>
std::string near_titles(Reader& reader, const RecordType& type, std::string_view text, const Fits& fits) {
  std::vector<std::string> titles;
  std::size_t seen = 0;
  reader.records(type.number, 0, [&](const StoredRecord& record) {
    if (record.state == RecordState::live) {
      const json::object body = parse_stored(record.body);
      if (fits(body)) titles.emplace_back(text_of(body, type.title));
    }
    return ++seen < kSearchedForNear;
  });
  return did_you_mean(text, titles);
}

template <class Fits>
Result<Id> by_title(Reader& reader, const RecordType& type, std::string_view text, const Fits& fits) {
  const auto found = with_title(reader, type, text, fits);
  if (found.size() == 1) return found.front().id;
  if (found.empty())
    return refuse(Code::not_found, type.name,
                  fmt::format("There is no {} \"{}\".{}", lower(type.label), text,
                              type.small ? near_titles(reader, type, text, fits) : ""));
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < found.size() && i < kNamed; ++i) ids.push_back(fmt::format("#{}", found[i].id));
  if (found.size() > kNamed) ids.push_back(fmt::format("{} more", found.size() - kNamed));
  return refuse(
      Code::invalid, type.name,
      fmt::format("{} {} are called \"{}\": {}. Name one by its id.", found.size(), type.plural, text, enumerate(ids)));
}

constexpr auto kAny = [](const json::object&) { return true; };

auto in_pipeline(Id pipeline) {
  return [pipeline](const json::object& body) {
    const json::value* value = body.if_contains("pipeline");
    return value && value->is_int64() && value->get_int64() == pipeline;
  };
}

}  // namespace

std::optional<StoredRecord> root_of(Reader& reader, const RecordType& type, Id id) {
  auto record = reader.record(type.number, id);
  while (record && record->state == RecordState::merged) record = reader.record(type.number, record->merged_into);
  return record;
}

Result<Id> resolve(Reader& reader, const Schema& schema, const RecordType& type, std::string_view given) {
  const std::string_view text = trim(given);
  if (text.empty()) return refuse(Code::required, type.name, fmt::format("Which {}?", lower(type.label)));
  const bool hash = text.starts_with('#');
  if (const auto id = as_id(hash ? text.substr(1) : text)) {
    const auto record = root_of(reader, type, *id);
    if (record && record->state == RecordState::live) return record->id;
    if (record)
      return refuse(Code::not_found, type.name,
                    fmt::format("{} #{} was deleted. \"traction undelete {} {}\" brings it back.", type.label, *id,
                                type.name, *id));
    if (hash) return refuse(Code::not_found, type.name, fmt::format("There is no {} #{}.", lower(type.label), *id));
  }
  if (type.field("external_id"))
    if (const Id id = reader.key(fmt::format("{}.external_id={}", type.name, text)))
      if (const auto record = root_of(reader, type, id); record && record->state == RecordState::live)
        return record->id;
  if (type.name == "stage")
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
      const auto pipeline = resolve(reader, schema, schema.need("pipeline"), text.substr(0, slash));
      if (!pipeline) return refuse(pipeline);
      return resolve_stage(reader, schema, *pipeline, text.substr(slash + 1));
    }
  return by_title(reader, type, text, kAny);
}

Result<Id> resolve_any(Reader& reader, const Schema& schema, const RecordType& type, std::string_view text) {
  if (const auto id = as_id(trim(text).substr(trim(text).starts_with('#'))))
    if (reader.record(type.number, *id)) return *id;
  return resolve(reader, schema, type, text);
}

Result<Id> resolve_stage(Reader& reader, const Schema& schema, Id pipeline, std::string_view text) {
  const RecordType& stage = schema.need("stage");
  const auto found = by_title(reader, stage, trim(text), in_pipeline(pipeline));
  if (found || found.error().code != Code::not_found) return found;
  // Named in another way, it may be of another pipeline: that is the rules' to judge.
  const bool otherwise = text.find('/') != std::string_view::npos || as_id(text.substr(text.starts_with('#')));
  return otherwise ? resolve(reader, schema, stage, text) : found;
}

std::string title_of(const RecordType& type, Id id, const json::object& body) {
  const std::string_view title = text_of(body, type.title);
  return title.empty() ? fmt::format("{} #{}", lower(type.label), id) : std::string(title);
}

std::string title_of(Reader& reader, const RecordType& type, Id id) {
  const auto record = root_of(reader, type, id);
  return title_of(type, id, record ? parse_stored(record->body) : json::object{});
}

}  // namespace traction
