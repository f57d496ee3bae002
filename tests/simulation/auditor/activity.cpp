#include "simulation/auditor/rules.h"

namespace traction::auditor {
namespace {

// The mean of the parts that there was occasion for; of the open deals those with a next step.
Known completeness(const std::vector<Known>& of) {
  const Known without = over(of[3], of[4]);
  double sum = 0, parts = 0;
  for (const Known part : {of[0], of[1], of[2], without ? Known(1 - *without) : std::nullopt})
    if (part) sum += *part, ++parts;
  return over(sum, parts);
}

}  // namespace

Rules activity_rules() {
  Rules rules{
      {"touches", counted({touches, {}, "happened"})},
      {"calls_made", counted({touches, is({"call", "outbound"}), "happened"})},
      {"call_connect_rate", shared({touches, is({"call", "outbound"}), "happened"}, "connect")},
      {"cold_calls", counted({touches, is({"call", "cold"}), "happened"})},
      {"cold_call_success_rate", shared({touches, is({"call", "cold"}), "happened"}, "success")},
      {"cold_email_success_rate", shared({touches, is({"email", "cold"}), "happened"}, "success")},
      {"emails_sent", counted({touches, is({"email", "outbound"}), "happened"})},
      {"emails_received", counted({touches, is({"email", "inbound"}), "happened"})},
      {"messages_sent", counted({touches, is({"message", "outbound"}), "happened"})},
      {"talk_seconds", added({touches, is({"call", "connect"}), "happened", {}, {unknown("talk")}}, "talk")},
      {"average_talk_seconds", averaged({touches, is({"call", "connect"}), "happened", {{unknown("talk")}}}, "talk")},
      {"conversations", counted({touches, is({"conversation"}), "happened"})},
      {"follow_ups", counted({touches, is({"follow_up"}, {"post_close"}), "happened"})},
      {"post_close_follow_ups", counted({touches, is({"outbound", "post_close"}), "happened"})},
      {"meetings_booked", counted({duties, is({"meeting"}), "noted"})},
      {"meetings_held", counted({touches, is({"meeting", "held"}), "happened"})},
      {"meeting_show_rate",
       shared(
           {duties, is({"meeting"}), "came_due", {{is({"comes_due"})}, {undated("came_due"), Apart::Kind::dateless}}},
           "held")},
      {"tasks_done", counted({duties, is({"task", "ended"}), "done"})},
      {"task_seconds", added({duties, is({"task", "ended"}), "done", {}, {unknown("spent")}}, "spent")},
      {"follow_up_latency",
       lasted({duties, both(is({"follow_up"}), known("late")), "due", {{is({"to_come"})}}, {is({}, {"ended"})}},
              {0.5, 0.9}, "late")},
      {"time_to_answer",
       lasted({duties, is({"question"}), "noted", {{undated("noted"), Apart::Kind::dateless}}, {is({"overdue"})}},
              {0.5, 0.9}, "waited")},
      {"questions_overdue", counted({duties, is({"question", "overdue"}), "due"})},
      {"active_days", asked_by({"owner", "team"}, counted({work_days, is({"active"}), "begins"}))},
      {"working_days_with_entries_rate",
       asked_by({"owner", "team"}, shared({work_days, is({"working", "past"}), "begins"}, "active"))},
      {"calls_with_outcome_rate", shared({touches, is({"call"}), "happened"}, "told")},
      {"moves_with_touch_rate", shared({moves, {}, "moved"}, "touched")},
      {"data_completeness",
       asked_by(
           {"owner", "team"},
           reckoned({share_of({work_days, is({"working", "past"}), "begins"}, "active"),
                     share_of({moves, {}, "moved"}, "touched"), share_of({touches, is({"call"}), "happened"}, "told"),
                     number_of({unplanned, {}, nullptr}), number_of({worths, {}, nullptr, {}, {undated("began")}})},
                    completeness))},
  };
  rules["task_seconds"].usual = "task_kind";
  for (auto& [name, rule] : rules)
    if (rule.portions[0].list == touches && rule.portions.size() == 1)
      rule.dimensions = {"owner", "team", "stage", "product", "contact", "deal", "outcome"};
  return rules;
}

Rules response_rules() {
  // Leads that came too lately cannot be judged yet.
  const auto old_enough = [](const char* mark) {
    return Portion{leads, {}, "created", {{is({}, {mark}), Apart::Kind::in_period}}};
  };
  Rules rules{
      {"lead_response_time", lasted({leads, {}, "created", {{undated("created"), Apart::Kind::dateless}}}, {0.5, 0.9})},
      {"lead_response_business_time",
       lasted({leads, {}, "created", {{undated("created"), Apart::Kind::dateless}}}, {0.5, 0.9}, "working_seconds")},
      {"lead_response_within_5m_rate", shared(old_enough("older_than_5m"), "within_5m")},
      {"lead_response_within_1h_rate", shared(old_enough("older_than_1h"), "within_1h")},
      {"lead_response_within_1d_rate", shared(old_enough("older_than_1d"), "within_1d")},
      {"never_answered_rate", shared(old_enough("judged"), "waiting")},
  };
  for (auto& [name, rule] : rules) rule.dimensions.emplace_back("response_band");
  return rules;
}

}  // namespace traction::auditor
