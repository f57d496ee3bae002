--| name = "silence"
--| version = 1
--| order = 44
--| about = "When an open deal was left alone, and whether something was planned for it."
--| grain = "One row per open deal, stay in a stage and stretch of time without a touch, parted where a plan begins or ends."
--| key = "deal"
--| reads = ["deal", "workspace", "membership", "stage_visit", "touch", "deal_unplanned"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.pipeline]
--| type = "reference"
--| references = "pipeline"
--| [columns.stage]
--| type = "reference"
--| references = "stage"
--| [columns.stage_kind]
--| type = "choice"
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "The deal's owner now."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that owner is in."
--| [columns.began_at]
--| type = "instant"
--| role = "start"
--| about = "The last touch, the move to the stage, or when a plan began or the last one ended; null when not known."
--| [columns.began_on]
--| type = "date"
--| [columns.ended_at]
--| type = "instant"
--| role = "end"
--| [columns.ended_on]
--| type = "date"
--| with = "ended_at"
--| [columns.planned]
--| type = "boolean"
--| about = "Something was planned for the deal."
--| [columns.gap_seconds]
--| type = "duration"
--| with = "ended_at"
--| about = "Where a touch ended it that was not the stay's first: the time since the one before."
--| [touched]
--| stage_visit = "SELECT key FROM changed_stage_visit"
--| deal_unplanned = "SELECT key FROM changed_deal_unplanned"
--| membership = "SELECT deal AS key FROM silence WHERE owner IN (SELECT member FROM was_membership)"
--| touch = """
--| SELECT deal AS key FROM was_touch
--| UNION ALL SELECT deal FROM touch WHERE activity IN (SELECT key FROM changed_touch)"""

-- What happens to a deal, in its order: it comes to a stage, is touched (before a plan ends with it, so that the touch
-- ends the silence), something is planned from then on, nothing is. A stay is planned for until that is said.
WITH stays AS (
  SELECT deal, visit, pipeline, stage, stage_kind, coalesce(began_at, TIMESTAMP '-infinity') AS begins
  FROM stage_visit WHERE {keys deal}
), events AS (
  SELECT deal, happened_at AS happened, 1 AS event, NULL AS visit
  FROM touch WHERE happened_at IS NOT NULL AND {keys deal}
  UNION ALL SELECT deal, begins, 0, visit FROM stays
  UNION ALL SELECT deal, ended_at, 2, NULL FROM deal_unplanned WHERE ended_at IS NOT NULL AND {keys deal}
  UNION ALL SELECT deal, coalesce(began_at, TIMESTAMP '-infinity'), 3, NULL FROM deal_unplanned WHERE {keys deal}
), stretches AS (
  SELECT deal, happened AS since, lead(happened) OVER w AS until, lead(event) OVER w = 1 AS answered,
         max(visit) OVER w AS visit,
         max(CASE WHEN event = 1 THEN happened END) OVER w AS last_touch,
         coalesce(last_value(CASE WHEN event <> 1 THEN event < 3 END IGNORE NULLS) OVER w, TRUE) AS planned
  FROM events WINDOW w AS (PARTITION BY deal ORDER BY happened, event, visit ROWS UNBOUNDED PRECEDING)
), silences AS (
  SELECT s.deal, v.pipeline, v.stage, v.stage_kind, s.since, s.until, s.planned,
         CASE WHEN s.answered AND s.last_touch >= v.begins
              THEN (epoch_us(s.until) - epoch_us(s.last_touch)) // 1000000 END AS gap_seconds
  FROM stretches s JOIN stays v ON v.deal = s.deal AND v.visit = s.visit
  WHERE v.stage_kind IN ('lead', 'qualified', 'open')
)
SELECT s.deal, s.pipeline, s.stage, s.stage_kind, d.owner, m.team,
       CASE WHEN isfinite(s.since) THEN s.since END AS began_at,
       CASE WHEN isfinite(s.since) THEN local_day(s.since, w.zone) END AS began_on,
       s.until AS ended_at, local_day(s.until, w.zone) AS ended_on, s.planned, s.gap_seconds
FROM silences s
JOIN deal d ON d.id = s.deal
CROSS JOIN workspace w
LEFT JOIN membership m ON m.member = d.owner AND m.until = TIMESTAMP 'infinity'
WHERE s.gap_seconds IS NOT NULL OR s.until IS DISTINCT FROM s.since
