--| name = "deal_unplanned"
--| version = 1
--| order = 43
--| about = "When a deal was open and nothing was planned for it."
--| grain = "One row per open deal, stay in a stage and stretch of time without anything planned."
--| key = "deal"
--| reads = ["deal", "workspace", "membership", "stage_visit", "agenda"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.visit]
--| type = "integer"
--| about = "Which of the deal's stays; 1 for the first."
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
--| [columns.account]
--| type = "reference"
--| references = "account"
--| [columns.contact]
--| type = "reference"
--| references = "contact"
--| [columns.product]
--| type = "reference"
--| references = "product"
--| [columns.source]
--| type = "text"
--| [columns.campaign]
--| type = "reference"
--| references = "campaign"
--| [columns.inbound]
--| type = "boolean"
--| [columns.began_at]
--| type = "instant"
--| role = "start"
--| about = "When the stay began or what was planned was done; null when not known."
--| [columns.began_on]
--| type = "date"
--| [columns.ended_at]
--| type = "instant"
--| role = "end"
--| [columns.ended_on]
--| type = "date"
--| with = "ended_at"
--| [touched]
--| stage_visit = "SELECT key FROM changed_stage_visit"
--| membership = "SELECT deal AS key FROM deal_unplanned WHERE owner IN (SELECT member FROM was_membership)"
--| agenda = """
--| SELECT deal AS key FROM was_agenda WHERE coalesce(noted_at < done_at, TRUE)
--| UNION SELECT deal FROM now_agenda WHERE coalesce(noted_at < done_at, TRUE)"""

-- What was planned overlaps: free is a deal before the first, and from where all that began so far is done to the next.
WITH visits AS (
  SELECT *, coalesce(began_at, TIMESTAMP '-infinity') AS begins,
         coalesce(left_at, TIMESTAMP 'infinity') AS ends
  FROM stage_visit WHERE {keys deal}
), planned AS (
  SELECT deal, coalesce(noted_at, TIMESTAMP '-infinity') AS since, coalesce(done_at, TIMESTAMP 'infinity') AS until
  FROM agenda WHERE kind <> 'question' AND deal IS NOT NULL AND coalesce(noted_at < done_at, TRUE) AND {keys deal}
), reached AS (
  SELECT deal, max(until) OVER (PARTITION BY deal ORDER BY since, until ROWS UNBOUNDED PRECEDING) AS since,
         lead(since, 1, TIMESTAMP 'infinity') OVER (PARTITION BY deal ORDER BY since, until) AS until
  FROM planned
), free AS (
  SELECT deal, since, until FROM reached
  UNION ALL SELECT deal, TIMESTAMP '-infinity', min(since) FROM planned GROUP BY deal
  UNION ALL SELECT DISTINCT deal, TIMESTAMP '-infinity', TIMESTAMP 'infinity' FROM visits
            WHERE deal NOT IN (SELECT deal FROM planned)
), spans AS (
  SELECT v.*, greatest(v.begins, f.since) AS since, least(v.ends, f.until) AS until
  FROM visits v JOIN free f ON f.deal = v.deal AND f.since < v.ends AND f.until > v.begins AND f.since < f.until
  WHERE v.stage_kind IN ('lead', 'qualified', 'open')
)
SELECT s.deal, s.visit, s.pipeline, s.stage, s.stage_kind, d.owner, m.team, s.account, s.contact, s.product, s.source,
       s.campaign, s.inbound,
       CASE WHEN isfinite(s.since) THEN s.since END AS began_at,
       CASE WHEN isfinite(s.since) THEN local_day(s.since, w.zone) END AS began_on,
       CASE WHEN isfinite(s.until) THEN s.until END AS ended_at,
       CASE WHEN isfinite(s.until) THEN local_day(s.until, w.zone) END AS ended_on
FROM spans s
JOIN deal d ON d.id = s.deal
CROSS JOIN workspace w
LEFT JOIN membership m ON m.member = d.owner AND m.until = TIMESTAMP 'infinity'
