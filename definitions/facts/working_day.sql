--| name = "working_day"
--| version = 1
--| order = 33
--| about = "A day on which a member was to work, and whether anything was entered."
--| grain = "One row per member and day with a touch, and per seller and working day from the first one to 90 days after the last."
--| key = "member"
--| reads = ["member", "workspace", "membership", "touch"]
--| [columns.member]
--| type = "reference"
--| references = "member"
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that member was in on that day."
--| [columns.begins_at]
--| type = "instant"
--| role = "start"
--| about = "Of a day with a touch, the first one."
--| [columns.begins_on]
--| type = "date"
--| [columns.working]
--| type = "boolean"
--| about = "A day of the workspace's working hours, of a member who sells."
--| [columns.active]
--| type = "boolean"
--| about = "With a touch of that member."
--| [touched]
--| member = "SELECT id AS key FROM changed_member"
--| membership = "SELECT key FROM changed_membership"
--| touch = """
--| SELECT t.member AS key
--| FROM now_touch t LEFT JOIN working_day d ON d.member = t.member AND d.begins_on = t.happened_on AND d.active
--| WHERE d.member IS NULL OR t.happened_at < d.begins_at
--| UNION
--| SELECT w.member FROM was_touch w LEFT JOIN now_touch n ON n.activity = w.activity
--| WHERE (w.member, w.happened_at) IS DISTINCT FROM (n.member, n.happened_at)"""

-- Who stays silent for longer is not asked about any more; a member who left, not from the last entry on. Twenty years
-- are as far back as anybody asks.
WITH active AS (
  SELECT member, happened_on AS day, min(happened_at) AS first_at
  FROM touch WHERE member IS NOT NULL AND happened_on IS NOT NULL AND {keys member} GROUP BY ALL
), spans AS (
  SELECT m.id AS member, coalesce(min(a.day), local_day(m.created_at, w.zone)) AS first_day,
         coalesce(max(a.day), local_day(m.created_at, w.zone))
           + CASE WHEN m.active IS DISTINCT FROM FALSE THEN 90 ELSE 0 END AS last_day
  FROM member m CROSS JOIN workspace w LEFT JOIN active a ON a.member = m.id
  WHERE m.sells IS DISTINCT FROM FALSE AND {keys m.id} GROUP BY m.id, m.created_at, m.active, w.zone
), days AS (
  SELECT member, unnest(generate_series(greatest(first_day, last_day - 7300), last_day, INTERVAL 1 DAY)) AS midnight
  FROM spans
), working AS (
  SELECT member, midnight::DATE AS day FROM days CROSS JOIN workspace w
  WHERE business_seconds(midnight, midnight + INTERVAL 1 DAY, 'UTC', w.working_hours) > 0
), joined AS (
  SELECT coalesce(w.member, a.member) AS member, coalesce(w.day, a.day) AS day, a.first_at,
         w.member IS NOT NULL AS working, a.member IS NOT NULL AS active
  FROM working w FULL JOIN active a ON a.member = w.member AND a.day = w.day
)
SELECT j.member, m.team, coalesce(j.first_at, j.day::TIMESTAMP) AS begins_at, j.day AS begins_on, j.working, j.active
FROM joined j LEFT JOIN membership m ON m.member = j.member
  AND coalesce(j.first_at, j.day::TIMESTAMP) >= m.since AND coalesce(j.first_at, j.day::TIMESTAMP) < m.until
