// History: random but possible, for it comes through decide(): edits, deletions, backdating, merges, reopened deals,
// coming back to a stage, unknown dates, new settings and teams, custom fields, erasures. The same from the same seed.
// Tests only. Not thread-safe.
#pragma once

#include "base/zone.h"
#include "simulation/chance.h"
#include "support/mart_story.h"

namespace traction {

class History {
 public:
  explicit History(std::uint64_t seed) : chance_(seed) {
    for (int i = 0; i < 3; ++i) make("team", {{"name", "T"}});
    for (int i = 0; i < 4; ++i) make("member", {{"name", "M"}, {"team", any("team")}});
    // With one pipeline enough deals go through its stages to tell from history how long they stay and what share is
    // won.
    for (std::int64_t i = chance_.below(2); i < 2; ++i) {
      const Id pipeline = make("pipeline", {{"name", "P"}});
      int position = 0;
      for (const char* kind : {"lead", "qualified", "open", "open", "won", "lost", "after"})
        make("stage", stage_fields(pipeline, kind, position += 10));
    }
    for (int i = 0; i < 2; ++i) make("product", {{"name", "G"}});
    for (int i = 0; i < 2; ++i) make("campaign", {{"name", "C"}, {"channel", i == 0 ? "web" : "fair"}});
    for (int i = 0; i < 5; ++i) make("account", {{"name", "A"}});
    for (int i = 0; i < 6; ++i) make("contact", {{"name", "C"}, {"account", any("account")}});
    while (ids_["deal"].size() < 5) create_deal();
  }

  Story story;

  // Something happens, or is refused.
  void step() {
    pass_time();
    using Doing = void (History::*)();
    static const std::vector<std::pair<int, Doing>> kDoings = {
        {3, &History::create_deal},       {7, &History::move_deal},
        {2, &History::move_on},           {2, &History::come_and_go},
        {6, &History::edit_deal},         {18, &History::create_activity},
        {3, &History::edit_activity},     {4, &History::happen_on_the_edge},
        {2, &History::remove_or_restore}, {2, &History::merge_or_undo},
        {2, &History::edit_people},       {1, &History::edit_rarely},
        {1, &History::create_contact},    {2, &History::propose},
        {2, &History::edit_rates},        {2, &History::edit_costs},
        {1, &History::edit_quotas}};
    std::int64_t place = chance_.below(60);
    for (const auto& [often, doing] : kDoings)
      if ((place -= often) < 0) return (this->*doing)();
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

  // Half days, so that much falls together; now and then to a midnight of the workspace, or on by weeks.
  void pass_time() {
    story.now.micros += chance_.below(4) * 12 * 3600 * kSecond;
    if (chance_.one_in(60)) story.now.micros += 45 * kDay;
    if (!chance_.one_in(8)) return;
    story.now = midnight(Instant{story.now.micros + kDay});
  }
  // Where the day begins in which an instant lies.
  Instant midnight(Instant when) { return (*zone())->start_of((*zone())->day(when)); }
  Result<const Zone*> zone() { return Zone::find(std::string(story.body(1).at("zone").get_string())); }

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
                                      {"product", maybe("product")},
                                      {"campaign", maybe("campaign")},
                                      {"amount_minor", amount()},
                                      {"list_amount_minor", amount()},
                                      {"expected_close_on", chance_.one_in(2) ? json::value(soon()) : nullptr},
                                      {"competitor", choice({"Acme", "Bolt", nullptr})},
                                      {"source", choice({"web", "fair", nullptr})},
                                      {"currency", choice({"EUR", "USD"})},
                                      {"contract_months", months()},
                                      {"open_ended", choice_of_truth()},
                                      {"lost_reason", choice({"price", nullptr, nullptr})}});
    drop_nulls(action.fields);
    date(action);
    try_out(std::move(action));
  }

  void move_deal() {
    Action action = on(Verb::change, "deal", any("deal"), {{"stage", any("stage")}});
    if (chance_.one_in(2)) action.fields["lost_reason"] = choice({"price", "competitor"});
    if (chance_.one_in(3)) action.fields["amount_minor"] = amount();
    if (chance_.one_in(8))
      action.occurred_unknown = true;
    else if (chance_.one_in(3))
      action.occurred_at = Instant{story.now.micros - chance_.below(5) * 3600 * kSecond};
    try_out(std::move(action));
  }

  // To the next stage of its pipeline, as most deals go; at its end from the way to a win or a loss.
  bool move_on(Id deal, std::optional<Instant> when) {
    const auto stage = std::ranges::find(ids_["stage"], story.body(deal).at("stage").as_int64());
    if (stage == ids_["stage"].end() || stage + 1 == ids_["stage"].end()) return false;
    auto next = stage + 1;
    if (kind_of(*next) == "won" && next + 1 != ids_["stage"].end() && chance_.one_in(3)) ++next;
    Action action = on(Verb::change, "deal", deal, {{"stage", *next}});
    if (kind_of(*next) == "lost") action.fields["lost_reason"] = choice({"price", "competitor"});
    action.occurred_at = when;
    if (when && chance_.one_in(10)) action.occurred_at.reset(), action.occurred_unknown = true;
    try_out(std::move(action));
    return kind_of(*next) != "won" && kind_of(*next) != "lost";
  }
  void move_on() { move_on(any("deal"), std::nullopt); }
  std::string kind_of(Id stage) { return std::string(story.body(stage).at("kind").get_string()); }

  // A deal from its beginning to its end.
  void come_and_go() {
    Instant when{story.now.micros - (5 + chance_.below(60)) * 12 * 3600 * kSecond};
    const Id deal = lead(when, chance_.one_in(3));
    if (chance_.one_in(3)) touch(deal, when);  // answered as it came
    if (chance_.one_in(2)) {
      Action shown = creation("activity", {{"kind", "meeting"}, {"meeting_kind", "demo"}, {"deal", deal}});
      shown.fields["outcome"] = choice({"held", "held", "no_show"});
      shown.occurred_at = when;
      try_out(std::move(shown));
    }
    do when.micros += chance_.of(std::vector<std::int64_t>{0, 1, 1, 2, 3, 8}) * 12 * 3600 * kSecond;
    while (when < story.now && move_on(deal, when));
    if (chance_.one_in(3)) rate_of((*zone())->day(when));         // perhaps of its last day
    touch(deal, Instant{when.micros + chance_.below(3) * kDay});  // perhaps as it closes
  }

  void touch(Id deal, Instant when) {
    Action action =
        creation("activity", {{"kind", choice({"call", "email"})}, {"direction", "outbound"}, {"deal", deal}});
    action.occurred_at = when;
    try_out(std::move(action));
  }

  void rate_of(Date day) {
    try_out(creation("rate", {{"currency", "USD"},
                              {"starts_on", to_string(day)},
                              {"rate", 0.5 + static_cast<double>(chance_.below(64)) / 64}}));
  }

  // A deal that begins in the first stage.
  Id lead(Instant when, bool inbound) {
    Action action =
        creation("deal", {{"name", "D"},
                          {"stage", ids_["stage"].front()},
                          {"account", maybe("account")},
                          {"contact", chance_.one_in(2) ? make("contact", {{"name", "C"}}) : any("contact")},
                          {"product", any("product")},
                          {"campaign", any("campaign")},
                          {"amount_minor", chance_.below(1000)},
                          {"list_amount_minor", 500 + chance_.below(1000)},
                          {"inbound", inbound},
                          {"owner", any("member")}});
    drop_nulls(action.fields);
    action.occurred_at = when;
    if (chance_.one_in(8)) action.occurred_at.reset(), action.occurred_unknown = true;
    try_out(std::move(action));
    return ids_["deal"].back();
  }

  // What lies exactly where a rule draws the line, or a second beside it.
  void happen_on_the_edge() {
    const std::int64_t beside = chance_.of(std::vector<std::int64_t>{0, 0, 0, -1, 1}) * kSecond;
    const Instant start{story.now.micros - 8 * kDay};
    Action touch = creation("activity", {{"kind", "call"}, {"direction", "outbound"}, {"outcome", "connected"}});
    if (chance_.one_in(2)) {  // a touch a week before the move, perhaps with a later one
      touch.fields["deal"] = lead(start, false);
      touch.occurred_at = Instant{story.now.micros - 7 * kDay + beside};
      const Id deal = ids_["deal"].back();
      try_out(touch);
      move_on(deal, story.now);
      if (chance_.one_in(2)) story.now.micros += 3600 * kSecond, touch.occurred_at.reset(), try_out(touch);
    } else if (chance_.one_in(2)) {  // a lead answered within a limit
      touch.fields["deal"] = lead(start, true);
      const std::int64_t limit = chance_.of(std::vector<std::int64_t>{300, 3600, 86400}) * kSecond;
      touch.occurred_at = Instant{start.micros + limit + beside};
      try_out(touch);
    } else if (chance_.one_in(2)) {
      leave_a_team();
    } else if (chance_.one_in(3)) {  // a stay whose beginning is not known, and moves after it that are dated back
      const Id deal = lead(start, false);
      Action unknown = on(Verb::change, "deal", deal, {{"stage", ids_["stage"][1]}});
      unknown.occurred_unknown = true;
      try_out(std::move(unknown));
      move_on(deal, Instant{story.now.micros - 2 * kDay});
      move_on(deal, Instant{story.now.micros - kDay / 2});
    } else if (chance_.one_in(3)) {  // the same contact twice on a day, in another way
      touch.fields = {
          {"kind", choice({"call", "meeting", "note"})}, {"direction", "inbound"}, {"contact", any("contact")}};
      touch.occurred_at = past();
      try_out(touch);
      touch.fields["kind"] = choice({"email", "message"});
      touch.fields["owner"] = any("member");
      if (chance_.one_in(2)) touch.fields["happened_at"] = touch.occurred_at->micros - 2 * kDay;
      touch.occurred_at->micros += 3600 * kSecond;
      try_out(touch);
    } else if (chance_.one_in(2)) {  // a meeting of one kind twice
      touch.fields = {{"kind", "meeting"}, {"outcome", "held"}, {"deal", any("deal")}, {"status", "done"}};
      touch.fields["meeting_kind"] = choice({"discovery", "demo"});
      touch.occurred_at = past();
      try_out(touch);
      touch.occurred_at->micros += (chance_.below(40) - 20) * 12 * 3600 * kSecond;
      try_out(touch);
    } else {  // a call as long as a conversation
      touch.fields["contact"] = any("contact");
      touch.fields["duration_seconds"] =
          std::max<std::int64_t>(0, story.body(1).at("conversation_seconds").as_int64() + beside / kSecond);
      date(touch);
      try_out(touch);
    }
  }

  // Somebody changes teams at a midnight, and that is when much else of theirs happens.
  void leave_a_team() {
    const Id member = any("member");
    const Instant when = midnight(past());
    const auto at_once = [&](Action action) {
      action.occurred_at = when;
      try_out(std::move(action));
    };
    at_once(on(Verb::change, "member", member, {{"team", any("team")}}));
    at_once(creation(
        "activity",
        {{"kind", choice({"call", "meeting"})}, {"direction", "outbound"}, {"outcome", "held"}, {"owner", member}}));
    at_once(creation("deal", {{"name", "D"}, {"stage", ids_["stage"][1]}, {"owner", member}, {"amount_minor", 10}}));
    try_out(creation("proposal", {{"deal", any("deal")}, {"sent_at", when.micros}}));
    const std::string day = to_string((*zone())->day(when));
    try_out(creation("cost", {{"about", "C"}, {"amount_minor", 100}, {"spent_on", day}, {"member", member}}));
    const std::string end = to_string((*zone())->day(Instant{when.micros + 3 * kDay}));
    if (chance_.one_in(2)) rate_of((*zone())->day(when));
    try_out(creation("quota", {{"member", member},
                               {"starts_on", day},
                               {"ends_on", end},
                               {"amount_minor", 100},
                               {"currency", choice({"USD", nullptr})}}));
  }

  json::value amount() { return chance_.one_in(8) ? json::value(nullptr) : json::value(chance_.below(1000)); }
  json::value months() { return chance_.one_in(4) ? json::value(nullptr) : json::value(chance_.below(30)); }
  json::value choice_of_truth() { return chance_.one_in(3) ? json::value(nullptr) : json::value(chance_.one_in(2)); }
  std::string soon() {
    return to_string(Date{static_cast<std::int32_t>(story.now.micros / kDay + chance_.below(80) - 30)});
  }

  void edit_deal() {
    json::object fields;
    switch (chance_.below(12)) {
      case 7:
      case 8:
        fields["expected_close_on"] = chance_.one_in(4) ? json::value(nullptr) : json::value(soon());
        break;
      case 9:
        fields["list_amount_minor"] = amount();
        break;
      case 10:
        fields["campaign"] = maybe("campaign");
        fields["product"] = maybe("product");
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
        fields["currency"] = choice({"EUR", "JPY", nullptr});
        break;
      case 5:
        fields["source"] = choice({"web", nullptr});
        break;
      default:
        fields["amount_minor"] = amount();
    }
    if (chance_.one_in(3) && custom_) fields["rank"] = chance_.below(9);
    Action action = on(Verb::change, "deal", any("deal"), fields);
    if (chance_.one_in(3)) date(action);
    try_out(std::move(action));
  }

  json::object activity_fields() {
    json::object fields = {
        {"kind", choice({"call", "call", "email", "email", "meeting", "message", "message", "note", "task", "task",
                         "question"})},
        {"status", choice({"done", "done", "done", "planned"})},
        {"direction", choice({"outbound", "outbound", "inbound", nullptr})},
        {"outcome", choice({"connected", "no_answer", "held", "replied", "auto_reply", nullptr})},
        {"duration_seconds", chance_.one_in(5) ? json::value(nullptr) : json::value(chance_.below(120))},
        {"auto", chance_.one_in(6)},
        {"task_kind", choice({"research", "admin", "follow_up", nullptr})},
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

  void edit_rarely() {
    if (chance_.one_in(2)) return edit_stages();
    if (chance_.one_in(2)) return edit_settings();
    chance_.one_in(3) ? erase() : add_field();
  }

  void merge_or_undo() {
    const std::string type = chance_.one_in(2) ? "account" : "contact";
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
      const json::value kind = choice({"open", "open", "won", "lost", "after"});
      try_out(creation("stage", stage_fields(any("pipeline"), kind, chance_.below(80))));
      return;
    }
    json::object fields{{"position", chance_.below(80)}};
    if (chance_.one_in(2)) fields = {{"win_percent", percent()}, {"rotting_days", rotting()}};
    try_out(on(Verb::change, "stage", any("stage"), fields));
  }

  json::object stage_fields(Id pipeline, json::value kind, std::int64_t position) {
    json::object fields{{"name", "S"},          {"pipeline", pipeline},     {"kind", std::move(kind)},
                        {"position", position}, {"win_percent", percent()}, {"rotting_days", rotting()}};
    drop_nulls(fields);
    return fields;
  }
  json::value percent() { return chance_.one_in(3) ? json::value(nullptr) : json::value(chance_.below(101)); }
  json::value rotting() { return chance_.one_in(3) ? json::value(nullptr) : json::value(1 + chance_.below(12)); }

  void edit_settings() {
    try_out(on(Verb::change, "workspace", 1,
               {{"zone", choice({"UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"})},
                {"conversation_seconds", chance_.below(90)},
                {"forgotten_days", 1 + chance_.below(20)},
                {"renewal_days", chance_.below(60)},
                {"working_hours",
                 {{"tuesday", {{"08:00", "12:00"}, {"13:00", "16:30"}}},
                  {"friday", {{"10:00", "18:00"}}},
                  {"holidays", json::array{day()}}}},
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
    create_or_edit("rate", {{"currency", choice({"USD", "JPY"})},
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
                            {"channel", choice({"web", "mail", nullptr})},
                            {"member", maybe("member")},
                            {"purpose", choice({"acquisition", "retention"})}});
  }

  void edit_quotas() {
    const std::string whose = chance_.of(std::vector<std::string>{"member", "member", "team", ""});
    create_or_edit("quota",
                   {{whose.empty() ? "name" : whose, whose.empty() ? json::value("Q") : json::value(any(whose))},
                    {"starts_on", day()},
                    {"ends_on", to_string(Date{static_cast<std::int32_t>(story.now.micros / kDay) + 25})},
                    {"amount_minor", chance_.below(1000)},
                    {"currency", choice({"EUR", "USD", nullptr})}});
  }

  void erase() { try_out(on(Verb::erase, "contact", any("contact"))); }

  Chance chance_;
  std::map<std::string, std::vector<Id>> ids_;
  bool custom_ = false;
};

}  // namespace traction
