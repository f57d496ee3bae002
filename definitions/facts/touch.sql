--| name = "touch"
--| version = 2
--| order = 30
--| about = "A call, email, meeting or message that was done."
--| grain = "One row per done activity of kind call, email, meeting or message."
--| key = "activity"
--| reads = ["activity", "deal", "stage", "contact", "account", "workspace", "membership", "deal_touch", "contact_inbound", "contact_touch", "contact_reply"]
--| [columns.activity]
--| type = "reference"
--| references = "activity"
--| [columns.member]
--| type = "reference"
--| references = "member"
--| about = "Who did it."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that member was in then."
--| [columns.kind]
--| type = "choice"
--| [columns.direction]
--| type = "choice"
--| [columns.outcome]
--| type = "choice"
--| [columns.duration_seconds]
--| type = "duration"
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.contact]
--| type = "reference"
--| references = "contact"
--| [columns.account]
--| type = "reference"
--| references = "account"
--| [columns.happened_at]
--| type = "instant"
--| role = "start"
--| [columns.happened_on]
--| type = "date"
--| [columns.connected]
--| type = "boolean"
--| about = "A call answered by a person."
--| [columns.conversation]
--| type = "boolean"
--| about = "A two-way contact: a connected call that lasted long enough, a meeting held, the first reply of a contact that day."
--| [columns.follow_up]
--| type = "boolean"
--| about = "Outbound, on a deal or contact touched before."
--| [columns.post_close]
--| type = "boolean"
--| about = "After its deal was won."
--| [columns.auto]
--| type = "boolean"
--| about = "Sent by a machine."
--| [columns.cold]
--| type = "boolean"
--| about = "An outbound call, email or message to a contact with no earlier two-way contact, who is not an inbound lead."
--| [columns.success]
--| type = "boolean"
--| about = "Its outcome is in the workspace's set of successes."
--| [columns.happened_hour]
--| type = "integer"
--| about = "0 to 23, on the wall clock of the workspace's zone."
--| [rollups.touch_by_member]
--| by = ["happened_on", "member", "team"]
--| [rollups.touch_by_kind]
--| by = ["happened_on", "member", "team", "kind", "direction", "outcome", "connected", "conversation", "follow_up", "post_close", "auto", "cold", "success"]
--| sums = ["duration_seconds"]
--| [touched]
--| activity = "SELECT id AS key FROM changed_activity"
--| deal_touch = """
--| SELECT unnest([w.first_touch, n.first_touch]) AS key FROM was_deal_touch w LEFT JOIN now_deal_touch n ON n.deal = w.deal
--| WHERE w.first_touch IS DISTINCT FROM n.first_touch"""
--| contact_touch = """
--| SELECT unnest([w.first_touch, n.first_touch]) AS key
--| FROM was_contact_touch w LEFT JOIN now_contact_touch n ON n.contact = w.contact
--| WHERE w.first_touch IS DISTINCT FROM n.first_touch
--| UNION ALL
--| SELECT t.activity FROM touch t JOIN (
--|   SELECT w.contact, least(w.first_two_way_at, n.first_two_way_at) AS since
--|   FROM was_contact_touch w LEFT JOIN now_contact_touch n ON n.contact = w.contact
--|   WHERE w.first_two_way_at IS DISTINCT FROM n.first_two_way_at
--|     AND w.last_touch_at > least(w.first_two_way_at, n.first_two_way_at)
--| ) c ON c.contact = t.contact AND t.happened_at > c.since"""
--| contact_inbound = """
--| SELECT t.activity AS key FROM touch t JOIN (
--|   SELECT k.key AS contact, least(w.since, n.since) AS since
--|   FROM changed_contact_inbound k JOIN contact_touch c ON c.contact = k.key
--|   LEFT JOIN was_contact_inbound w ON w.contact = k.key LEFT JOIN now_contact_inbound n ON n.contact = k.key
--|   WHERE w.since IS DISTINCT FROM n.since AND c.last_touch_at >= least(w.since, n.since)
--| ) i ON i.contact = t.contact AND t.happened_at >= i.since"""
--| contact_reply = """
--| SELECT unnest([w.first_reply, n.first_reply]) AS key
--| FROM was_contact_reply w LEFT JOIN now_contact_reply n ON n.contact = w.contact AND n.replied_on = w.replied_on
--| WHERE w.first_reply IS DISTINCT FROM n.first_reply"""
--| contact = "SELECT activity AS key FROM touch WHERE contact IN (SELECT id FROM moved)"
--| account = "SELECT activity AS key FROM touch WHERE account IN (SELECT id FROM moved)"
--| deal = """
--| SELECT activity AS key FROM touch WHERE deal IN (
--|   SELECT d.deal FROM deal_touch d JOIN (
--|     SELECT coalesce(w.id, n.id) AS id, least(w.closed_at, n.closed_at) AS closed_at
--|     FROM {was deal} w FULL JOIN {now deal} n ON n.id = w.id
--|     WHERE (w.id, w.stage, w.closed_at) IS DISTINCT FROM (n.id, n.stage, n.closed_at)
--|   ) c ON c.id = d.deal AND d.last_touch_at > c.closed_at)"""
--| membership = """
--| SELECT t.activity AS key FROM touch t JOIN (
--|   SELECT member, min(since) AS since FROM (
--|     (FROM was_membership EXCEPT FROM now_membership) UNION ALL (FROM now_membership EXCEPT FROM was_membership))
--|   GROUP BY member
--| ) c ON c.member = t.member AND coalesce(t.happened_at, TIMESTAMP '9999-12-31') >= c.since"""

WITH won AS (
  SELECT d.id, d.closed_at FROM deal d JOIN r_stage s ON s.id = d.stage AND s.seq_to = 9223372036854775807
  WHERE s.kind IN ('won', 'after') AND d.closed_at IS NOT NULL
), done AS (
  SELECT id, owner, kind, direction, outcome, duration_seconds, deal, contact, account, coalesce(auto, FALSE) AS auto,
         coalesce(happened_at, created_at) AS happened
  FROM activity
  WHERE status = 'done' AND kind IN ('call', 'email', 'meeting', 'message') AND {keys id}
)
SELECT a.id AS activity, a.owner AS member, m.team, a.kind, a.direction, a.outcome, a.duration_seconds,
       a.deal, a.contact, a.account, a.happened AS happened_at, local_day(a.happened, w.zone) AS happened_on,
       local_hour(a.happened, w.zone) AS happened_hour,
       coalesce(a.kind = 'call' AND a.outcome IN ('connected', 'answered'), FALSE) AS connected,
       coalesce(CASE a.kind
         WHEN 'call' THEN a.outcome IN ('connected', 'answered') AND a.duration_seconds >= w.conversation_seconds
         WHEN 'meeting' THEN a.outcome = 'held'
         ELSE a.direction = 'inbound' AND CASE
           WHEN a.contact IS NOT NULL THEN r.first_reply IS NOT NULL
           ELSE NOT a.auto AND (a.outcome IS NULL OR a.outcome NOT IN ('auto_reply', 'bounced')) END
       END, FALSE) AS conversation,
       coalesce(a.direction = 'outbound' AND a.happened IS NOT NULL AND (d.first_touch <> a.id OR c.first_touch <> a.id),
                FALSE) AS follow_up,
       coalesce(a.happened > won.closed_at, FALSE) AS post_close, a.auto,
       coalesce(a.direction = 'outbound' AND a.kind <> 'meeting' AND a.contact IS NOT NULL
                AND a.happened <= coalesce(c.first_two_way_at, a.happened) AND coalesce(a.happened < i.since, TRUE),
                FALSE) AS cold,
       coalesce(list_contains(string_split(w.cold_success, ','), a.outcome), FALSE) AS success
FROM done a
CROSS JOIN workspace w
LEFT JOIN deal_touch d ON d.deal = a.deal
LEFT JOIN contact_touch c ON c.contact = a.contact
LEFT JOIN (SELECT first_reply FROM contact_reply WHERE {keys first_reply}) r ON r.first_reply = a.id
LEFT JOIN contact_inbound i ON i.contact = a.contact
LEFT JOIN won ON won.id = a.deal
LEFT JOIN membership m ON m.member = a.owner
  AND coalesce(a.happened, TIMESTAMP '9999-12-31') >= m.since AND coalesce(a.happened, TIMESTAMP '9999-12-31') < m.until
