// History: random but possible, for it comes through decide(): edits, deletions, backdating, merges, reopened deals,
// coming back to a stage, unknown dates, new settings and teams, custom fields, erasures. The same from the same seed.
// Tests only. Not thread-safe.
#pragma once

#include <random>

#include "support/mart_story.h"

namespace traction {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(limit));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(static_cast<std::int64_t>(all.size())))];
  }

 private:
  std::mt19937_64 engine_;
};

class History {
 public:
  explicit History(std::uint64_t seed) : chance_(seed) {
    for (int i = 0; i < 3; ++i) make("team", {{"name", "T"}});
    for (int i = 0; i < 4; ++i) make("member", {{"name", "M"}, {"team", any("team")}});
    for (int i = 0; i < 2; ++i) {
      const Id pipeline = make("pipeline", {{"name", "P"}});
      int position = 0;
      for (const char* kind : {"lead", "qualified", "open", "open", "won", "lost", "after"})
        make("stage", {{"name", "S"}, {"pipeline", pipeline}, {"kind", kind}, {"position", position += 10}});
    }
    for (int i = 0; i < 5; ++i) make("account", {{"name", "A"}});
    for (int i = 0; i < 6; ++i) make("contact", {{"name", "C"}, {"account", any("account")}});
    while (ids_["deal"].size() < 5) create_deal();
  }

  Story story;

  // Something happens, or is refused.
  void step() {
    story.now.micros += chance_.below(4) * 12 * 3600 * kSecond;
    switch (chance_.below(49)) {
      case 0:
      case 1:
      case 2:
        return create_deal();
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        return move_deal();
      case 10:
      case 11:
      case 12:
      case 13:
        return edit_deal();
      case 14:
      case 15:
      case 16:
        return edit_activity();
      case 17:
        return remove_or_restore();
      case 18:
      case 40:
        return merge_or_undo(chance_.one_in(2) ? "account" : "contact");
      case 19:
        return edit_people();
      case 20:
        return chance_.one_in(2) ? edit_stages() : edit_people();
      case 21:
        return chance_.one_in(4) ? edit_settings() : edit_deal();
      case 22:
        return chance_.one_in(5) ? add_field() : remove_or_restore();
      case 23:
        return chance_.one_in(12) ? erase() : create_contact();
      case 24:
      case 25:
        return propose();
      case 26:
      case 27:
        return edit_rates();
      case 28:
      case 29:
        return edit_costs();
      case 30:
        return edit_quotas();
      default:
        return create_activity();
    }
  }

 private:
  Id make(const std::string& type, json::object fields) {
    try_out(creation(type, std::move(fields)));
    return ids_[type].back();
  }

  void try_out(Action action) {
    const std::string type = action.type;
    const bool creates = action.verb == Verb::create;
    const auto decision = story.run(std::move(action), chance_.one_in(2) ? any_or_none("member") : 0);
    if (decision && creates) ids_[type].push_back(decision->done.front().record);
  }

  Id any(const std::string& type) { return chance_.of(ids_[type]); }
  Id any_or_none(const std::string& type) { return ids_[type].empty() ? 0 : any(type); }
  json::value maybe(const std::string& type) {
    return chance_.one_in(3) || ids_[type].empty() ? json::value(nullptr) : json::value(any(type));
  }
  json::value choice(std::initializer_list<const char*> choices) {
    const char* chosen = chance_.of(std::vector<const char*>(choices));
    return chosen ? json::value(chosen) : json::value(nullptr);
  }
  // Few distinct times, so that many fall together, and some that lie just within reach of one another.
  Instant past() {
    const std::int64_t apart = chance_.of(std::vector<std::int64_t>{0, 0, 0, 0, 300, 3600});
    return {story.now.micros - (chance_.below(60) * 12 * 3600 - apart) * kSecond};
  }
  void date(Action& action) {
    if (chance_.one_in(10))
      action.occurred_unknown = true;
    else if (chance_.one_in(2))
      action.occurred_at = past();
  }
  static void drop_nulls(json::object& fields) {
    for (auto field = fields.begin(); field != fields.end();)
      field = field->value().is_null() ? fields.erase(field) : std::next(field);
  }

  void create_deal() {
    Action action = creation("deal", {{"name", "D"},
                                      {"stage", any("stage")},
                                      {"account", maybe("account")},
                                      {"contact", maybe("contact")},
                                      {"owner", maybe("member")},
                                      {"inbound", chance_.one_in(2)},
                                      {"amount_minor", chance_.below(1000)},
                                      {"source", choice({"web", "fair", nullptr})},
                                      {"currency", choice({"EUR", "USD"})},
                                      {"contract_months", chance_.below(30)},
                                      {"open_ended", chance_.one_in(4)},
                                      {"lost_reason", choice({"price", nullptr, nullptr})}});
    drop_nulls(action.fields);
    date(action);
    try_out(std::move(action));
  }

  void move_deal() {
    Action action = on(Verb::change, "deal", any("deal"), {{"stage", any("stage")}});
    if (chance_.one_in(2)) action.fields["lost_reason"] = "price";
    if (chance_.one_in(3)) action.fields["amount_minor"] = chance_.below(1000);
    if (chance_.one_in(8))
      action.occurred_unknown = true;
    else if (chance_.one_in(3))
      action.occurred_at = Instant{story.now.micros - chance_.below(5) * 3600 * kSecond};
    try_out(std::move(action));
  }

  void edit_deal() {
    json::object fields;
    switch (chance_.below(9)) {
      case 7:
        fields["expected_close_on"] = choice({"2017-02-03", "2017-03-04", nullptr});
        break;
      case 0:
        fields["owner"] = maybe("member");
        break;
      case 1:
        fields["contact"] = maybe("contact");
        break;
      case 2:
        fields["account"] = maybe("account");
        break;
      case 3:
        fields["inbound"] = chance_.one_in(2);
        break;
      case 4:
        fields["currency"] = choice({"EUR", "JPY"});
        break;
      case 5:
        fields["source"] = choice({"web", nullptr});
        break;
      default:
        fields["amount_minor"] = chance_.below(1000);
    }
    if (chance_.one_in(3) && custom_) fields["rank"] = chance_.below(9);
    Action action = on(Verb::change, "deal", any("deal"), fields);
    if (chance_.one_in(3)) date(action);
    try_out(std::move(action));
  }

  json::object activity_fields() {
    json::object fields = {
        {"kind", choice({"call", "call", "email", "email", "meeting", "message", "note", "task", "question"})},
        {"status", choice({"done", "done", "done", "planned"})},
        {"direction", choice({"outbound", "outbound", "inbound", nullptr})},
        {"outcome", choice({"connected", "no_answer", "held", "replied", "auto_reply", nullptr})},
        {"duration_seconds", chance_.below(120)},
        {"auto", chance_.one_in(6)},
        {"task_kind", choice({"research", "admin", nullptr})},
        {"answers", maybe("activity")},
        {"owner", maybe("member")},
        {"deal", maybe("deal")},
        {"contact", maybe("contact")}};
    if (fields["kind"] == "meeting") fields["meeting_kind"] = choice({"discovery", "demo", "demo", nullptr});
    if (chance_.one_in(8)) fields["happened_at"] = past().micros;
    if (chance_.one_in(4)) fields["due_at"] = past().micros + chance_.below(20) * 12 * 3600 * kSecond;
    return fields;
  }

  void create_activity() {
    Action action = creation("activity", activity_fields());
    drop_nulls(action.fields);
    date(action);
    try_out(std::move(action));
  }

  void edit_activity() {
    if (ids_["activity"].empty()) return;
    const json::object all = activity_fields();
    json::object some;
    for (const auto& [key, value] : all)
      if (chance_.one_in(4)) some[key] = value;
    try_out(on(Verb::change, "activity", any("activity"), some));
  }

  void propose() {
    json::object fields{{"deal", any("deal")}, {"revision_of", maybe("proposal")}};
    if (!chance_.one_in(4)) fields["sent_at"] = past().micros;
    const bool edits = !ids_["proposal"].empty() && chance_.one_in(2);
    try_out(edits ? on(Verb::change, "proposal", any("proposal"), fields) : creation("proposal", std::move(fields)));
  }

  void create_contact() { try_out(creation("contact", {{"name", "C"}, {"account", any("account")}})); }

  void remove_or_restore() {
    const std::string type = chance_.of(
        std::vector<std::string>{"deal", "deal", "activity", "activity", "contact", "account", "member", "stage"});
    if (ids_[type].empty()) return;
    const Id id = any(type);
    const bool deleted = story.records.at(id).state == RecordState::deleted;
    try_out(on(deleted ? Verb::restore : Verb::remove, type, id));
  }

  void merge_or_undo(const std::string& type) {
    const Id id = any(type);
    if (story.records.at(id).state == RecordState::merged) return try_out(on(Verb::unmerge, type, id));
    try_out(merging(type, id, any(type)));
  }

  void edit_people() {
    if (chance_.one_in(6)) {
      try_out(creation("member", {{"name", "N"}, {"team", any("team")}}));
      return;
    }
    Action action = on(Verb::change, "member", any("member"), {{"team", maybe("team")}});
    if (chance_.one_in(4)) action.fields = {{"name", "Renamed"}};
    if (chance_.one_in(4)) action.fields = {{"sells", chance_.one_in(2)}, {"active", chance_.one_in(2)}};
    date(action);
    try_out(std::move(action));
  }

  void edit_stages() {
    if (chance_.one_in(3)) {
      try_out(creation("stage", {{"name", "S"},
                                 {"pipeline", any("pipeline")},
                                 {"kind", choice({"open", "open", "won", "lost", "after"})},
                                 {"position", chance_.below(80)}}));
      return;
    }
    try_out(on(Verb::change, "stage", any("stage"), {{"position", chance_.below(80)}}));
  }

  void edit_settings() {
    try_out(on(Verb::change, "workspace", 1,
               {{"zone", choice({"UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"})},
                {"conversation_seconds", chance_.below(90)},
                {"cold_success", choice({"connected", "replied,held"})}}));
  }

  void add_field() {
    if (std::exchange(custom_, true)) return;
    try_out(creation("field", {{"record_type", "deal"}, {"name", "rank"}, {"field_type", "integer"}}));
    story.schema = *with_custom_field(story.schema, story.body(ids_["field"].back()));
  }

  std::string day() { return to_string(Date{static_cast<std::int32_t>(past().micros / kDay)}); }

  void create_or_edit(const std::string& type, json::object fields) {
    if (ids_[type].empty() || chance_.one_in(2)) {
      drop_nulls(fields);
      return try_out(creation(type, std::move(fields)));
    }
    const Id id = any(type);
    if (chance_.one_in(5))
      return try_out(on(story.records.at(id).state == RecordState::deleted ? Verb::restore : Verb::remove, type, id));
    try_out(on(Verb::change, type, id, std::move(fields)));
  }

  void edit_rates() {
    create_or_edit("rate", {{"currency", choice({"EUR", "JPY"})},
                            {"starts_on", day()},
                            {"rate", 0.5 + static_cast<double>(chance_.below(64)) / 64}});
  }

  void edit_costs() {
    if (chance_.one_in(4)) return create_or_edit("campaign", {{"name", "C"}, {"channel", choice({"web", "fair"})}});
    create_or_edit("cost", {{"about", "C"},
                            {"amount_minor", chance_.below(1000)},
                            {"spent_on", day()},
                            {"currency", choice({"EUR", "USD", "JPY"})},
                            {"campaign", maybe("campaign")},
                            {"member", maybe("member")},
                            {"purpose", choice({"acquisition", "retention"})}});
  }

  void edit_quotas() {
    const bool members = chance_.one_in(2);
    create_or_edit("quota", {{members ? "member" : "team", any(members ? "member" : "team")},
                             {"starts_on", day()},
                             {"ends_on", to_string(Date{static_cast<std::int32_t>(story.now.micros / kDay) + 5})},
                             {"amount_minor", chance_.below(1000)},
                             {"currency", choice({"EUR", "USD"})}});
  }

  void erase() { try_out(on(Verb::erase, "contact", any("contact"))); }

  Chance chance_;
  std::map<std::string, std::vector<Id>> ids_;
  bool custom_ = false;
};

}  // namespace traction
