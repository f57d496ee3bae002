#include "simulation/random_office.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/actions.h"

namespace traction {
namespace {

constexpr int kAtOnce = 200;  // commands that wait for their commit together

// How often each type is written about; what is not named here, now and then.
const std::map<std::string, int> kWeights = {{"activity", 120}, {"deal", 60},  {"contact", 12}, {"account", 6},
                                             {"cost", 8},       {"member", 3}, {"stage", 2},    {"team", 1},
                                             {"pipeline", 1},   {"import", 0}, {"field", 0},    {"workspace", 0}};
constexpr int kOtherWeight = 5;

const std::vector<std::string> kZones = {"UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"};
const std::vector<std::string> kWords = {"web", "fair", "North", "dial", "B 2"};

}  // namespace

RandomOffice::RandomOffice(std::unique_ptr<Ledger> ledger, std::shared_ptr<const Definitions> definitions,
                           const std::string& mart, std::uint64_t seed)
    : chance_(seed) {
  workspace_ = std::make_unique<Workspace>("test", std::move(ledger), std::move(definitions), MartOptions{mart, 440, 2},
                                           clock_, random_);
  EXPECT_TRUE(workspace_->begin({{"name", "Test"}, {"currency", "EUR"}, {"zone", "Europe/Berlin"}}));
  ids_["workspace"] = {1};
  for (int i = 0; i < 3; ++i) make("team", {{"name", fmt::format("Team {}", i)}});
  for (int i = 0; i < 5; ++i) make("member", {{"name", fmt::format("Member {}", i)}, {"team", of(ids_["team"])}});
  for (int i = 0; i < 2; ++i) {
    const Id pipeline = make("pipeline", {{"name", fmt::format("Pipeline {}", i)}});
    int position = 0;
    for (const char* kind : {"lead", "qualified", "open", "open", "won", "lost", "after"})
      make("stage", {{"name", fmt::format("{} {}", kind, i)},
                     {"pipeline", pipeline},
                     {"kind", kind},
                     {"position", position += 10}});
  }
  for (int i = 0; i < 6; ++i) make("account", {{"name", fmt::format("Account {}", i)}});
  for (int i = 0; i < 8; ++i)
    make("contact", {{"name", fmt::format("Contact {}", i)}, {"account", of(ids_["account"])}});
  for (int i = 0; i < 8; ++i)
    make("deal", {{"name", fmt::format("Deal {}", i)}, {"stage", ids_["stage"][static_cast<std::size_t>(i % 4)]}});
}

RandomOffice::~RandomOffice() = default;

Id RandomOffice::make(const std::string& type, json::object fields) {
  const auto outcome = workspace_->execute(batch({creation(type, std::move(fields))}));
  EXPECT_TRUE(outcome) << to_string(outcome.error());
  return ids_[type].emplace_back(outcome ? outcome->actions.at(0).record : 0);
}

void RandomOffice::live_until(Seq entries) {
  clock_.advance(kSecond);  // what was asked before was asked before this
  for (Seq head = 0; head < entries;) {
    std::vector<std::pair<std::string, std::future<Result<Outcome>>>> waiting;
    const Seq left = entries - workspace_->ledger().read()->head().seq;
    for (int i = 0; i < kAtOnce && i <= left; ++i) {
      clock_.advance(below(3) * 500 * kSecond);
      Action action = happening();
      std::string made = action.verb == Verb::create ? action.type : "";
      waiting.emplace_back(std::move(made), workspace_->submit(batch({std::move(action)}, "", of(ids_["member"]))));
    }
    for (auto& [made, outcome] : waiting)
      if (const auto told = outcome.get(); told && !made.empty()) ids_[made].push_back(told->actions.at(0).record);
    head = workspace_->ledger().read()->head().seq;
  }
  clock_.advance(3600 * kSecond);
}

Action RandomOffice::happening() {
  if (one_in(150)) return settings_changed();
  if (one_in(400) && own_fields_ < 3) return field_added();
  const auto schema = workspace_->schema();
  std::vector<std::string> types;
  for (const RecordType& type : schema->types()) {
    const auto weight = kWeights.find(type.name);
    types.insert(types.end(), static_cast<std::size_t>(weight == kWeights.end() ? kOtherWeight : weight->second),
                 type.name);
  }
  const RecordType& type = schema->need(of(types));
  const std::vector<Id>& known = ids_[type.name];
  Action action;
  const std::int64_t what = below(40);
  if (known.empty() || what < 24) {
    action = creation(type.name, fields_of(type, 2));
  } else if (what < 36) {
    // A deal mostly moves.
    action = on(Verb::change, type.name, of(known),
                type.name == "deal" && !one_in(3) ? json::object{{"stage", of(ids_["stage"])}} : fields_of(type, 6));
    if (type.name == "deal" && one_in(2)) action.fields["lost_reason"] = "price";
  } else if (what < 38) {
    action = on(one_in(2) ? Verb::remove : Verb::restore, type.name, of(known));
  } else if (one_in(3)) {
    action = on(Verb::unmerge, type.name, of(known));
  } else {
    action = merging(type.name, of(known), of(known));
  }
  date(action);
  return action;
}

void RandomOffice::date(Action& action) {
  if (action.verb != Verb::create && action.verb != Verb::change) return;
  if (one_in(15))
    action.occurred_unknown = true;
  else if (one_in(3))
    action.occurred_at = Instant{clock_.now().micros - below(30) * 5 * 3600 * kSecond};
}

// Every required field, and one in `one_of` of the others.
json::object RandomOffice::fields_of(const RecordType& type, std::int64_t one_of) {
  json::object fields;
  for (const Field& field : type.fields)
    if (!field.system && (field.required ? one_of < 3 || one_in(one_of) : one_in(one_of)))
      if (json::value value = value_of(field); !value.is_null()) fields[field.name] = std::move(value);
  return fields;
}

json::value RandomOffice::value_of(const Field& field) {
  const std::int64_t least = field.min.value_or(0);
  const std::int64_t most =
      std::min(field.max.value_or(INT64_MAX), least + (field.type == FieldType::money ? 90'000 : 150));
  switch (field.type) {
    case FieldType::text:
      return field.unique || field.required ? json::value(fmt::format("n{}", ++names_)) : json::value(of(kWords));
    case FieldType::integer:
    case FieldType::duration:
    case FieldType::money:
      return least + below(most - least + 1);
    case FieldType::decimal:
      return static_cast<double>(least) + static_cast<double>(1 + below(80)) / 16;
    case FieldType::boolean:
      return one_in(2);
    case FieldType::date:
      return json::value(to_string(Date{static_cast<std::int32_t>(clock_.now().micros / kDay - below(40) + 5)}));
    case FieldType::instant:
      return json::value(to_string(Instant{clock_.now().micros - (below(60) - 10) * 7 * 3600 * kSecond}));
    case FieldType::currency:
      return one_in(5) ? "USD" : "EUR";
    case FieldType::choice:
      return json::value(of(field.choices));
    case FieldType::reference:
      return ids_[field.references].empty() ? json::value() : json::value(of(ids_[field.references]));
    case FieldType::calendar:
      return {{"tuesday", {{"08:00", one_in(2) ? "12:00" : "16:30"}}}, {"friday", {{"10:00", "18:00"}}}};
  }
  return nullptr;
}

Action RandomOffice::settings_changed() {
  const RecordType& type = workspace_->schema()->need("workspace");
  const Field& field = of(type.fields);
  json::object fields;
  if (field.name == "zone" || field.type == FieldType::text)
    fields["zone"] = of(kZones);
  else
    fields[field.name] = value_of(field);
  return on(Verb::change, "workspace", Id{1}, std::move(fields));
}

Action RandomOffice::field_added() {
  return creation("field", {{"record_type", one_in(2) ? "deal" : "account"},
                            {"name", fmt::format("own_{}", ++own_fields_)},
                            {"label", "Own"},
                            {"field_type", "text"}});
}

}  // namespace traction
