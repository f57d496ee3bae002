--| name = "deal_touch"
--| version = 1
--| order = 20
--| about = "The touches of a deal, counted."
--| grain = "One row per deal that was ever touched."
--| key = "deal"
--| reads = ["activity"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
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
--| [columns.first_meeting_at]
--| type = "instant"
--| merge = "min"
--| [columns.contacted_at]
--| type = "instant"
--| about = "The first touch of ours by a person."
--| merge = "min"
--| later = true
--| [touched]
--| activity = """
--| SELECT unnest([w.deal, n.deal]) AS key FROM {was activity} w FULL JOIN {now activity} n ON n.id = w.id
--| WHERE (w.deal, w.kind, w.status, w.direction, w.outcome, w.auto, w.happened_at)
--|   IS DISTINCT FROM (n.deal, n.kind, n.status, n.direction, n.outcome, n.auto, n.happened_at)"""

WITH touched AS (
  SELECT deal, id, kind, direction, outcome, auto, coalesce(happened_at, created_at) AS happened
  FROM activity
  WHERE status = 'done' AND kind IN ('call', 'email', 'meeting', 'message') AND deal IS NOT NULL
    AND {keys deal} AND {new id}
)
SELECT deal, count(*) AS touches,
       count(*) FILTER (kind = 'call') AS calls,
       count(*) FILTER (kind = 'email') AS emails,
       count(*) FILTER (kind = 'meeting') AS meetings,
       count(*) FILTER (kind = 'message') AS messages,
       min((happened, id)) FILTER (happened IS NOT NULL)[2] AS first_touch,
       min(happened) AS first_touch_at,
       max(happened) AS last_touch_at,
       min(happened) FILTER (direction = 'outbound' AND outcome IS DISTINCT FROM 'auto_reply'
                             AND auto IS DISTINCT FROM TRUE) AS contacted_at,
       min(happened) FILTER (kind = 'meeting') AS first_meeting_at
FROM touched GROUP BY deal
