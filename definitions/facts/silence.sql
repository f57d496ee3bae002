--| name = "silence"
--| version = 2
--| order = 44
--| about = "When an open deal was left alone, and whether something was planned for it."
--| grain = "One row per open deal, stay in a stage and stretch of time without a touch, parted where a plan begins or ends."
--| key = "stay"
--| reads = ["deal", "workspace", "membership", "stage_visit", "touch", "deal_unplanned"]
--| [columns.stay]
--| type = "integer"
--| about = "Seq of the entry by which the deal came to the stage."
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
--| stage_visit = """
--| SELECT entered_seq AS key FROM was_stage_visit UNION ALL SELECT entered_seq FROM now_stage_visit"""
--| deal_unplanned = "SELECT entered_seq AS key FROM stage_visit WHERE deal IN (SELECT key FROM changed_deal_unplanned)"
--| membership = "SELECT stay AS key FROM silence WHERE owner IN (SELECT member FROM was_membership)"
--| touch = """
--| SELECT v.entered_seq AS key FROM stage_visit v JOIN (
--|   SELECT unnest([w.deal, n.deal]) AS deal, unnest([w.happened_at, n.happened_at]) AS happened_at
--|   FROM was_touch w FULL JOIN now_touch n ON n.activity = w.activity
--|   WHERE (w.deal, w.happened_at) IS DISTINCT FROM (n.deal, n.happened_at)
--| ) t ON t.deal = v.deal AND t.happened_at >= coalesce(v.began_at, TIMESTAMP '-infinity')
--|   AND t.happened_at < coalesce(v.left_at, TIMESTAMP 'infinity')"""

-- What happens during a stay, in its order: it begins, the deal is touched (before a plan ends with it, so that the
-- touch ends the silence), something is planned from then on, nothing is. A stay is planned for until that is said.
WITH stays AS (
  SELECT entered_seq AS stay, deal, visit, pipeline, stage, stage_kind,
         coalesce(began_at, TIMESTAMP '-infinity') AS begins, coalesce(left_at, TIMESTAMP 'infinity') AS ends
  FROM stage_visit WHERE stage_kind IN ('lead', 'qualified', 'open') AND {keys entered_seq}
), unplanned AS (
  SELECT v.stay, u.began_at, u.ended_at FROM deal_unplanned u JOIN stays v ON v.deal = u.deal AND v.visit = u.visit
), events AS (
  SELECT stay, begins AS happened, 0 AS event FROM stays
  UNION ALL
  SELECT v.stay, t.happened_at, 1 FROM touch t
  JOIN stays v ON v.deal = t.deal AND t.happened_at >= v.begins AND t.happened_at < v.ends
  UNION ALL SELECT stay, ended_at, 2 FROM unplanned WHERE ended_at IS NOT NULL
  UNION ALL SELECT stay, coalesce(began_at, TIMESTAMP '-infinity'), 3 FROM unplanned
), stretches AS (
  SELECT stay, happened AS since, lead(happened) OVER w AS until, lead(event) OVER w = 1 AS answered,
         max(CASE WHEN event = 1 THEN happened END) OVER w AS last_touch,
         coalesce(last_value(CASE WHEN event <> 1 THEN event < 3 END IGNORE NULLS) OVER w, TRUE) AS planned
  FROM events WINDOW w AS (PARTITION BY stay ORDER BY happened, event ROWS UNBOUNDED PRECEDING)
), silences AS (
  SELECT v.stay, v.deal, v.pipeline, v.stage, v.stage_kind, s.since,
         coalesce(s.until, nullif(v.ends, TIMESTAMP 'infinity')) AS until, s.planned,
         CASE WHEN s.answered THEN (epoch_us(s.until) - epoch_us(s.last_touch)) // 1000000 END AS gap_seconds
  FROM stretches s JOIN stays v ON v.stay = s.stay
)
SELECT s.stay, s.deal, s.pipeline, s.stage, s.stage_kind, d.owner, m.team,
       CASE WHEN isfinite(s.since) THEN s.since END AS began_at,
       CASE WHEN isfinite(s.since) THEN local_day(s.since, w.zone) END AS began_on,
       s.until AS ended_at, local_day(s.until, w.zone) AS ended_on, s.planned, s.gap_seconds
FROM silences s
JOIN deal d ON d.id = s.deal
CROSS JOIN workspace w
LEFT JOIN membership m ON m.member = d.owner AND m.until = TIMESTAMP 'infinity'
WHERE s.gap_seconds IS NOT NULL OR s.until IS DISTINCT FROM s.since
