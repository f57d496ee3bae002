#include "simulation/auditor/rules.h"

namespace traction::auditor {

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
      {"talk_seconds", added({touches, is({"call", "connect"}), "happened"}, "talk")},
      {"average_talk_seconds", averaged({touches, both(is({"call", "connect"}), known("talk")), "happened"}, "talk")},
      {"conversations", counted({touches, is({"conversation"}), "happened"})},
      {"follow_ups", counted({touches, is({"follow_up"}, {"post_close"}), "happened"})},
      {"post_close_follow_ups", counted({touches, is({"outbound", "post_close"}), "happened"})},
      {"meetings_booked", counted({duties, is({"meeting"}), "noted"})},
      {"meetings_held", counted({touches, is({"meeting", "held"}), "happened"})},
      {"meeting_show_rate", shared({duties, is({"meeting", "came_due"}), "came_due"}, "held")},
      {"tasks_done", counted({duties, is({"task", "ended"}), "done"})},
      {"task_seconds", added({duties, is({"task", "ended"}), "done"}, "spent")},
      {"follow_up_latency",
       lasted({duties, both(is({"follow_up"}, {"to_come"}), known("late")), "due"}, {0.5, 0.9}, "late")},
      {"time_to_answer", lasted({duties, both(is({"question"}), known("waited")), "noted"}, {0.5, 0.9}, "waited")},
      {"questions_overdue", counted({duties, is({"question", "overdue"}), "due"})},
      {"lead_response_time", lasted({leads, known("seconds"), "created"}, {0.5, 0.9})},
      {"lead_response_business_time", lasted({leads, known("seconds"), "created"}, {0.5, 0.9}, "working_seconds")},
      {"lead_response_within_5m_rate", shared({leads, is({"older_than_5m"}), "created"}, "within_5m")},
      {"lead_response_within_1h_rate", shared({leads, is({"older_than_1h"}), "created"}, "within_1h")},
      {"lead_response_within_1d_rate", shared({leads, is({"older_than_1d"}), "created"}, "within_1d")},
      {"never_answered_rate", shared({leads, is({"judged"}), "created"}, "waiting")},
  };
  rules["task_seconds"].usual = "task_kind";
  return rules;
}

}  // namespace traction::auditor
