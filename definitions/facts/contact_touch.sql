--| name = "contact_touch"
--| version = 2
--| order = 21
--| about = "The touches of a contact, counted."
--| grain = "One row per contact that was ever touched."
--| key = "contact"
--| reads = ["activity", "contact", "workspace"]
--| [columns.contact]
--| type = "reference"
--| references = "contact"
--| [columns.touches]
--| type = "integer"
--| merge = "count"
--| [columns.calls]
--| type = "integer"
--| merge = "count"
--| [columns.emails]
--| type = "integer"
--| merge = "count"
--| [columns.meetings]
--| type = "integer"
--| merge = "count"
--| [columns.messages]
--| type = "integer"
--| merge = "count"
--| [columns.first_touch]
--| type = "reference"
--| references = "activity"
--| merge = "first"
--| by = "first_touch_at"
--| [columns.first_touch_at]
--| type = "instant"
--| merge = "min"
--| [columns.last_touch_at]
--| type = "instant"
--| merge = "max"
--| [columns.first_two_way_at]
--| type = "instant"
--| about = "The first connected call that lasted long enough, meeting held or reply."
--| merge = "min"
--| [touched]
--| activity = """
--| SELECT unnest([w.contact, n.contact]) AS key
--| FROM {was activity} w FULL JOIN {now activity} n ON n.id = w.id CROSS JOIN (SELECT conversation_seconds FROM workspace) s
--| WHERE (w.contact, w.kind, w.status, w.direction, w.outcome, w.auto, w.happened_at, w.duration_seconds >= s.conversation_seconds)
--|   IS DISTINCT FROM
--|   (n.contact, n.kind, n.status, n.direction, n.outcome, n.auto, n.happened_at, n.duration_seconds >= s.conversation_seconds)"""
--| contact = "SELECT id AS key FROM moved"

WITH touched AS (
  SELECT contact, id, kind, coalesce(happened_at, created_at) AS happened,
         CASE kind
           WHEN 'call' THEN outcome IN ('connected', 'answered') AND duration_seconds >= w.conversation_seconds
           WHEN 'meeting' THEN outcome = 'held'
           ELSE direction = 'inbound' AND auto IS DISTINCT FROM TRUE
             AND (outcome IS NULL OR outcome NOT IN ('auto_reply', 'bounced'))
         END AS two_way
  FROM activity CROSS JOIN (SELECT conversation_seconds FROM workspace) w
  WHERE status = 'done' AND kind IN ('call', 'email', 'meeting', 'message') AND contact IS NOT NULL
    AND {keys contact} AND {named "named contact"} AND {new id}
)
SELECT contact, count(*) AS touches,
       count(*) FILTER (kind = 'call') AS calls,
       count(*) FILTER (kind = 'email') AS emails,
       count(*) FILTER (kind = 'meeting') AS meetings,
       count(*) FILTER (kind = 'message') AS messages,
       min((happened, id)) FILTER (happened IS NOT NULL)[2] AS first_touch,
       min(happened) AS first_touch_at,
       max(happened) AS last_touch_at,
       min(happened) FILTER (two_way) AS first_two_way_at
FROM touched GROUP BY contact
