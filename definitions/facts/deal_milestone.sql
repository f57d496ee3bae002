--| name = "deal_milestone"
--| version = 1
--| order = 24
--| about = "When a deal's buyer first agreed to a discovery call, and when the product was first shown."
--| grain = "One row per deal with such a meeting."
--| key = "deal"
--| reads = ["activity"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.discovery_agreed_at]
--| type = "instant"
--| about = "When the first discovery call was booked, whatever came of it."
--| merge = "min"
--| later = true
--| [columns.discoveries_undated]
--| type = "integer"
--| about = "Booked at a time nobody knows."
--| merge = "count"
--| [columns.demo_held_at]
--| type = "instant"
--| merge = "min"
--| later = true
--| [columns.demos_undated]
--| type = "integer"
--| about = "Held at a time nobody knows."
--| merge = "count"
--| [touched]
--| activity = """
--| SELECT deal AS key FROM {was activity} WHERE meeting_kind IN ('discovery', 'demo')
--| UNION SELECT deal FROM {now activity} WHERE meeting_kind IN ('discovery', 'demo')"""

WITH meetings AS (
  SELECT deal, meeting_kind, created_at, coalesce(happened_at, created_at) AS happened,
         coalesce(status = 'done' AND outcome = 'held', FALSE) AS held
  FROM activity
  WHERE kind = 'meeting' AND meeting_kind IN ('discovery', 'demo') AND deal IS NOT NULL AND {keys deal} AND {new id}
)
SELECT deal,
       min(created_at) FILTER (meeting_kind = 'discovery') AS discovery_agreed_at,
       count(*) FILTER (meeting_kind = 'discovery' AND created_at IS NULL) AS discoveries_undated,
       min(happened) FILTER (meeting_kind = 'demo' AND held) AS demo_held_at,
       count(*) FILTER (meeting_kind = 'demo' AND held AND happened IS NULL) AS demos_undated
FROM meetings GROUP BY deal
