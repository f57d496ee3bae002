--| name = "answered"
--| version = 1
--| order = 24
--| about = "When a planned activity or a question was answered by another activity."
--| grain = "One row per activity that another one answers."
--| key = "activity"
--| reads = ["activity"]
--| [columns.activity]
--| type = "reference"
--| references = "activity"
--| [columns.answered_at]
--| type = "instant"
--| merge = "min"
--| [touched]
--| activity = "SELECT answers AS key FROM {was activity} UNION SELECT answers FROM {now activity}"

SELECT answers AS activity, min(coalesce(happened_at, created_at)) AS answered_at
FROM activity WHERE status = 'done' AND answers IS NOT NULL AND {keys answers} AND {new id}
GROUP BY answers
