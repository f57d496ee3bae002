--| name = "agenda"
--| version = 1
--| order = 31
--| about = "What is or was to be done: meetings, tasks, questions, and whatever was planned."
--| grain = "One row per meeting, task and question, and per other activity that is planned or has a due time."
--| key = "activity"
--| reads = ["activity", "contact", "account", "workspace", "membership", "answered"]
--| [columns.activity]
--| type = "reference"
--| references = "activity"
--| [columns.member]
--| type = "reference"
--| references = "member"
--| about = "Who is to do it or did it."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that member was in when it was noted."
--| [columns.kind]
--| type = "choice"
--| [columns.task_kind]
--| type = "choice"
--| [columns.outcome]
--| type = "choice"
--| with = "done_at"
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.contact]
--| type = "reference"
--| references = "contact"
--| [columns.account]
--| type = "reference"
--| references = "account"
--| [columns.noted_at]
--| type = "instant"
--| role = "start"
--| about = "When it was booked, given or asked; null when not known."
--| [columns.noted_on]
--| type = "date"
--| [columns.due_at]
--| type = "instant"
--| [columns.due_on]
--| type = "date"
--| [columns.came_due_at]
--| type = "instant"
--| about = "When it was due, or done before that."
--| [columns.came_due_on]
--| type = "date"
--| [columns.done_at]
--| type = "instant"
--| role = "end"
--| about = "When it was done, or answered by another activity."
--| [columns.done_on]
--| type = "date"
--| with = "done_at"
--| [columns.duration_seconds]
--| type = "duration"
--| with = "done_at"
--| [columns.held]
--| type = "boolean"
--| with = "done_at"
--| about = "A meeting that took place."
--| [columns.follow_up]
--| type = "boolean"
--| about = "A planned step towards the buyer: a call, email, meeting or message, or a task of that kind."
--| [touched]
--| activity = "SELECT id AS key FROM changed_activity"
--| answered = "SELECT key FROM changed_answered"
--| contact = "SELECT activity AS key FROM agenda WHERE contact IN (SELECT id FROM moved)"
--| account = "SELECT activity AS key FROM agenda WHERE account IN (SELECT id FROM moved)"
--| membership = "SELECT activity AS key FROM agenda WHERE member IN (SELECT member FROM was_membership)"

WITH noted AS (
  SELECT a.*, least(CASE WHEN a.status = 'done' THEN coalesce(a.happened_at, a.created_at) END, r.answered_at) AS done_at
  FROM activity a LEFT JOIN answered r ON r.activity = a.id
  WHERE {keys a.id} AND (a.kind IN ('meeting', 'task', 'question') OR a.status = 'planned' OR a.due_at IS NOT NULL)
)
SELECT a.id AS activity, a.owner AS member, m.team, a.kind, a.task_kind, a.outcome,
       a.deal, a.contact, a.account,
       a.created_at AS noted_at, local_day(a.created_at, w.zone) AS noted_on,
       a.due_at, local_day(a.due_at, w.zone) AS due_on,
       least(a.due_at, a.done_at) AS came_due_at, local_day(least(a.due_at, a.done_at), w.zone) AS came_due_on,
       a.done_at, local_day(a.done_at, w.zone) AS done_on, a.duration_seconds,
       coalesce(a.kind = 'meeting' AND a.status = 'done' AND a.outcome = 'held', FALSE) AS held,
       a.kind IN ('call', 'email', 'meeting', 'message') OR (a.kind = 'task' AND a.task_kind IS NOT DISTINCT FROM 'follow_up')
         AS follow_up
FROM noted a
CROSS JOIN workspace w
LEFT JOIN membership m ON m.member = a.owner
  AND coalesce(a.created_at, TIMESTAMP '9999-12-31') >= m.since AND coalesce(a.created_at, TIMESTAMP '9999-12-31') < m.until
