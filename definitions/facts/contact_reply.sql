--| name = "contact_reply"
--| version = 2
--| order = 22
--| about = "The first reply of a contact on a day: the one that counts as a conversation."
--| grain = "One row per contact and day with a reply."
--| key = "contact"
--| reads = ["activity", "contact", "workspace"]
--| [columns.contact]
--| type = "reference"
--| references = "contact"
--| [columns.replied_on]
--| type = "date"
--| [columns.first_reply]
--| type = "reference"
--| references = "activity"
--| merge = "first"
--| by = "first_reply_at"
--| [columns.first_reply_at]
--| type = "instant"
--| merge = "min"
--| [touched]
--| activity = """
--| SELECT unnest([w.contact, n.contact]) AS key FROM {was activity} w FULL JOIN {now activity} n ON n.id = w.id
--| WHERE (w.contact, w.kind, w.status, w.direction, w.outcome, w.auto, w.happened_at)
--|   IS DISTINCT FROM (n.contact, n.kind, n.status, n.direction, n.outcome, n.auto, n.happened_at)"""
--| contact = "SELECT id AS key FROM moved"

WITH replies AS (
  SELECT contact, id, coalesce(happened_at, created_at) AS happened
  FROM activity
  WHERE status = 'done' AND kind IN ('email', 'message') AND direction = 'inbound'
    AND (outcome IS NULL OR outcome NOT IN ('auto_reply', 'bounced'))
    AND auto IS DISTINCT FROM TRUE AND contact IS NOT NULL AND {keys contact} AND {named "named contact"}
    AND {new id}
)
SELECT r.contact, local_day(r.happened, w.zone) AS replied_on,
       min((r.happened, r.id))[2] AS first_reply,
       min(r.happened) AS first_reply_at
FROM replies r CROSS JOIN workspace w
WHERE r.happened IS NOT NULL GROUP BY ALL
