#include "app/import/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/import/cell.h"
#include "base/text.h"

namespace traction {

struct Planner::Draft {
  const RecordMapping& mapping;
  const RecordType& type;
  json::object fields;
  std::vector<Visit> visits;  // deals: where it was and is, in order of time; at least its present stage if known
  bool occurred_unknown = true;
  std::optional<Instant> occurred;
  bool reason_is_constant = false;  // lost_reason does not come from the row
};

namespace {

json::value reference(const Target& target) {
  if (target.made < 0) return json::value(target.id);
  return json::object{{"new", target.made}};
}

std::string what(const RecordType& type) { return lower(type.label); }

}  // namespace

Result<Planner> Planner::make(const Schema& schema, const Mapping& mapping, const std::vector<std::string>& header,
                              Rehearsal& records, RecordNames& names, const Zone& zone, std::string currency) {
  Planner planner(schema, mapping, records, names, zone, std::move(currency));
  for (std::size_t i = 0; i < header.size(); ++i) planner.header_.emplace(header[i], i);
  if (auto loaded = planner.load_stages(); !loaded) return refuse(loaded);
  planner.load_names();
  return planner;
}

Result<void> Planner::load_stages() {
  if (!mapping_.made_types().contains("deal")) return {};
  const std::vector<Record> pipelines = records_.all(schema_.need("pipeline"));
  std::vector<std::string> known;
  Id chosen = 0;
  for (const Record& pipeline : pipelines) {
    known.emplace_back(pipeline.body.at("name").as_string());
    if (known.back() == mapping_.pipeline || (mapping_.pipeline.empty() && pipelines.size() == 1)) chosen = pipeline.id;
  }
  if (chosen == 0)
    return refuse(
        Code::not_found, mapping_.path,
        mapping_.pipeline.empty()
            ? fmt::format("The workspace has {} pipelines; name the one meant under [pipeline] in the mapping.",
                          pipelines.size())
            : fmt::format("There is no pipeline \"{}\".{}", mapping_.pipeline, did_you_mean(mapping_.pipeline, known)));
  for (const Record& stage : records_.all(schema_.need("stage"))) {
    if (stage.body.at("pipeline").as_int64() != chosen) continue;
    stages_.push_back(
        {stage.id, std::string(stage.body.at("name").as_string()), std::string(stage.body.at("kind").as_string())});
    stage_names_.push_back(stages_.back().name);
  }
  return {};
}

// Loads, before the first row, every index that rows may ask or add to.
void Planner::load_names() {
  for (const RecordMapping& record : mapping_.records) {
    if (!record.key.empty()) wanted_[record.type].insert(schema_.need(record.type).field(record.key));
    for (const FieldSource& field : record.fields)
      if (field.field->type == FieldType::reference && field.field->references != "stage" &&
          field.source.kind != ValueSource::Kind::record && field.source.by != "id")
        wanted_[field.field->references].insert(schema_.need(field.field->references).field(field.source.by));
  }
  for (const auto& [type, fields] : wanted_)
    for (const Field* by : fields) names_.find(schema_.need(type), *by, "");
}

const Planner::Stage* Planner::find_stage(const std::string& name) const {
  const auto found =
      std::find_if(stages_.begin(), stages_.end(), [&](const Stage& stage) { return stage.name == name; });
  return found == stages_.end() ? nullptr : &*found;
}

bool Planner::fail(const ValueSource* source, const std::string& field, std::string value, std::string reason) {
  const bool cell = source != nullptr && source->kind == ValueSource::Kind::column;
  problem_.column = cell ? source->text : field;
  problem_.value = std::move(value);
  problem_.reason = std::move(reason);
  return false;
}

std::string Planner::text_of(const ValueSource& source, const CsvRow& row) const {
  switch (source.kind) {
    case ValueSource::Kind::column:
      return std::string(plain_cell(*source.form, row.cells[static_cast<std::size_t>(source.column)]));
    case ValueSource::Kind::constant:
      return source.text;
    case ValueSource::Kind::record:
      return "";
    case ValueSource::Kind::pattern:
      break;
  }
  std::string text;
  const std::string_view pattern = source.text;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t open = std::min(pattern.find('{', at), pattern.size());
    text += pattern.substr(at, open - at);
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) {
      text += pattern.substr(open);
      break;
    }
    const std::string_view column = pattern.substr(open + 1, close - open - 1);
    text += plain_cell(mapping_.form_of(column), row.cells[header_.find(column)->second]);
    at = close + 1;
  }
  return std::string(trim(text));
}

std::optional<Problem> Planner::plan(const CsvRow& row, PlannedRow& planned) {
  problem_ = {};
  problem_.row = row.number;
  if (!row.problem.empty()) {
    problem_.reason = row.problem;
    return problem_;
  }
  planned.number = row.number;
  planned.raw = row.raw;
  planned.actions.clear();
  planned.made = names_.reserved();
  targets_.assign(mapping_.records.size(), std::nullopt);
  namings_.clear();
  creations_ = 0;
  for (const RecordMapping& record : mapping_.records) {
    const auto when = header_.find(record.when);
    if (!record.when.empty() && plain_cell(mapping_.form_of(record.when), row.cells[when->second]).empty()) continue;
    Draft draft{record, schema_.need(record.type), {}, {}, true, {}, false};
    if (!fill(row, draft) || !act(row, draft, planned)) return problem_;
  }
  names_.reserve(static_cast<std::size_t>(creations_));
  for (const Naming& naming : namings_) names_.add(*naming.type, *naming.by, naming.text, naming.made);
  return std::nullopt;
}

bool Planner::fill(const CsvRow& row, Draft& draft) {
  std::string currency = currency_;
  for (const FieldSource& from : draft.mapping.fields) {
    const Field& field = *from.field;
    if (field.type == FieldType::reference) {
      if (!fill_reference(row, from, draft)) return false;
      continue;
    }
    const std::string text = text_of(from.source, row);
    auto value = read_cell(*from.source.form, zone_, field, text, currency);
    if (!value) return fail(&from.source, field.name, text, value.error().sentence);
    if (value->is_null()) continue;
    if (field.type == FieldType::currency) currency = value->as_string();
    if (field.name == "lost_reason") draft.reason_is_constant = from.source.kind == ValueSource::Kind::constant;
    draft.fields[field.name] = std::move(*value);
  }
  if (draft.mapping.occurred) {
    const ValueSource& source = *draft.mapping.occurred;
    const std::string text = text_of(source, row);
    if (text.empty() && draft.type.name == "activity")
      return fail(&source, "occurred", "", "An activity needs its time.");
    if (!text.empty()) {
      const auto instant = read_instant(*source.form, zone_, text);
      if (!instant) return fail(&source, "occurred", text, instant.error().sentence);
      draft.occurred = *instant;
    }
  }
  return fill_history(row, draft);
}

bool Planner::fill_reference(const CsvRow& row, const FieldSource& from, Draft& draft) {
  const Field& field = *from.field;
  const ValueSource& source = from.source;
  if (source.kind == ValueSource::Kind::record) {
    for (std::size_t i = 0; i < mapping_.records.size(); ++i)
      if (mapping_.records[i].as == source.text && targets_[i]) draft.fields[field.name] = reference(*targets_[i]);
    return true;
  }
  const std::string text = text_of(source, row);
  if (text.empty()) return true;
  if (draft.type.name == "deal" && field.name == "stage") {
    const Stage* stage = find_stage(text);
    if (stage == nullptr)
      return fail(&source, field.name, text,
                  fmt::format("The pipeline has no stage \"{}\".{}", excerpt(text), did_you_mean(text, stage_names_)));
    draft.visits.push_back({stage, draft.occurred});
    return true;
  }
  const RecordType& other = schema_.need(field.references);
  if (source.by == "id") {
    Id id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || records_.find(other, id) == nullptr)
      return source.may_miss || fail(&source, field.name, text,
                                     fmt::format("There is no {} with the id \"{}\".", what(other), excerpt(text)));
    draft.fields[field.name] = id;
    return true;
  }
  const Field& by = *other.field(source.by);
  const RecordNames::Found found = names_.find(other, by, text);
  if (found.count == 1) {
    draft.fields[field.name] = reference(found.target);
    return true;
  }
  if (found.count > 1)
    return fail(&source, field.name, text,
                fmt::format("Several {} have the {} \"{}\"; tell them apart by external id.", other.plural,
                            lower(by.label), excerpt(text)));
  return source.may_miss || fail(&source, field.name, text,
                                 fmt::format("There is no {} with the {} \"{}\".{}", what(other), lower(by.label),
                                             excerpt(text), names_.near(other, by, text)));
}

bool Planner::fill_history(const CsvRow& row, Draft& draft) {
  const std::vector<HistoryStep>& steps = draft.mapping.history;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const HistoryStep& step = steps[i];
    const bool last = i + 1 == steps.size();
    const std::string day = text_of(step.on, row);
    const std::string name = text_of(step.stage, row);
    if (!last && (day.empty() || name.empty())) continue;
    std::optional<Instant> since;
    if (!day.empty()) {
      const auto instant = read_instant(*step.on.form, zone_, day);
      if (!instant) return fail(&step.on, "history", day, instant.error().sentence);
      since = *instant;
    }
    const Stage* stage = find_stage(name);
    if (stage == nullptr)
      return fail(&step.stage, "stage", name,
                  name.empty() ? "A deal needs its stage."
                               : fmt::format("The pipeline has no stage \"{}\".{}", excerpt(name),
                                             did_you_mean(name, stage_names_)));
    if (!draft.visits.empty() && draft.visits.back().stage == stage) {
      if (since && since != draft.visits.back().since)
        return fail(&step.on, "history", day,
                    fmt::format("The row gives two days on which the deal came to the stage \"{}\".", stage->name));
      continue;
    }
    draft.visits.push_back({stage, since});
  }
  return true;
}

bool Planner::act(const CsvRow& row, Draft& draft, PlannedRow& planned) {
  const RecordMapping& mapping = draft.mapping;
  const std::size_t place = static_cast<std::size_t>(&mapping - mapping_.records.data());
  const auto source_of = [&](const std::string& name) -> const ValueSource* {
    for (const FieldSource& from : mapping.fields)
      if (from.field->name == name) return &from.source;
    return nullptr;
  };
  if (const json::value* key = mapping.key.empty() ? nullptr : draft.fields.if_contains(mapping.key)) {
    const std::string text(key->as_string());
    const Field& by = *draft.type.field(mapping.key);
    // Of two records of one row that are the same, the first is made and the second is it.
    const auto naming = std::find_if(namings_.begin(), namings_.end(), [&](const Naming& made) {
      return made.type == &draft.type && made.by == &by && made.text == text;
    });
    const RecordNames::Found found =
        naming != namings_.end() ? RecordNames::Found{1, {0, naming->made}} : names_.find(draft.type, by, text);
    if (found.count > 1)
      return fail(source_of(mapping.key), mapping.key, text,
                  fmt::format("Several {} have the {} \"{}\".", draft.type.plural, lower(by.label), excerpt(text)));
    if (found.count == 1) {
      targets_[place] = found.target;
      if (mapping.same == Same::refuse)
        return fail(source_of(mapping.key), mapping.key, text,
                    fmt::format("There is a {} with this {} already.", what(draft.type), lower(by.label)));
      return mapping.same == Same::skip || update(draft, found.target, planned);
    }
  }
  for (const Field& field : draft.type.fields) {
    const bool told = draft.fields.contains(field.name) || (field.name == "stage" && !draft.visits.empty());
    if (field.required && field.initial.is_null() && !told) {
      const ValueSource* source = source_of(field.name);
      return fail(source, field.name, source ? text_of(*source, row) : "",
                  fmt::format("A {} needs its {}, which is empty here.", what(draft.type), lower(field.label)));
    }
  }
  targets_[place] = Target{0, planned.made + creations_};
  create(draft, planned);
  return true;
}

// The actions of a deal's way: `first` brings it to its first visit (or, for an update, is a move itself).
std::vector<Action> Planner::moves(Draft& draft, Action first) {
  json::value reason = nullptr;
  if (const auto given = draft.fields.find("lost_reason"); given != draft.fields.end()) {
    reason = given->value();
    draft.fields.erase(given);
  }
  std::vector<Action> actions;
  const auto& visits = draft.visits;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    Action action;
    if (i == 0) {
      action = std::move(first);
      action.fields = std::move(draft.fields);
    } else {
      action.verb = Verb::change;
      action.type = draft.type.name;
      if (actions[0].verb == Verb::change) action.target = actions[0].target;
    }
    action.fields["stage"] = visits[i].stage->id;
    action.occurred_at = visits[i].since;
    action.occurred_unknown = !visits[i].since;
    // A reason that the row itself gives for a deal that is not lost is left for the rules to refuse.
    const bool lost = visits[i].stage->kind == "lost";
    if (!reason.is_null() && (lost || (i + 1 == visits.size() && !draft.reason_is_constant)))
      action.fields["lost_reason"] = reason;
    actions.push_back(std::move(action));
  }
  return actions;
}

void Planner::create(Draft& draft, PlannedRow& planned) {
  const std::int64_t made = planned.made + creations_++;
  for (const Field* by : wanted_[draft.type.name])
    if (const json::value* name = draft.fields.if_contains(by->name))
      namings_.push_back({&draft.type, by, std::string(name->as_string()), made});
  Action action;
  action.verb = Verb::create;
  action.type = draft.type.name;
  if (!draft.visits.empty()) {
    for (Action& move : moves(draft, std::move(action))) {
      if (move.verb == Verb::change) move.target = NewRef{static_cast<std::size_t>(made)};
      planned.actions.push_back(std::move(move));
    }
    return;
  }
  action.fields = std::move(draft.fields);
  action.occurred_at = draft.occurred;
  action.occurred_unknown = !draft.occurred;
  planned.actions.push_back(std::move(action));
}

// Changes what the row says differently; an empty cell leaves a field as it is. Of a deal's way only the last move
// counts, when the deal is not there yet.
bool Planner::update(Draft& draft, Target target, PlannedRow& planned) {
  const Record* known = target.made < 0 ? records_.find(draft.type, target.id) : nullptr;
  if (known != nullptr)
    for (auto field = draft.fields.begin(); field != draft.fields.end();) {
      const json::value* present = known->body.if_contains(field->key());
      const bool same = present != nullptr && *present == field->value();
      if (same)
        field = draft.fields.erase(field);
      else
        ++field;
    }
  if (draft.visits.size() > 1) draft.visits.erase(draft.visits.begin(), draft.visits.end() - 1);
  const bool moved =
      !draft.visits.empty() && (known == nullptr || known->body.at("stage").as_int64() != draft.visits[0].stage->id);
  if (!moved) {
    draft.visits.clear();
    if (draft.reason_is_constant) draft.fields.erase("lost_reason");
  }
  if (draft.fields.empty() && !moved) return true;
  Action action;
  action.verb = Verb::change;
  action.type = draft.type.name;
  action.target = target.id;
  if (target.made >= 0) action.target = NewRef{static_cast<std::size_t>(target.made)};
  if (moved) {
    for (Action& move : moves(draft, std::move(action))) planned.actions.push_back(std::move(move));
    return true;
  }
  action.fields = std::move(draft.fields);
  action.occurred_at = draft.occurred;
  planned.actions.push_back(std::move(action));
  return true;
}

}  // namespace traction
