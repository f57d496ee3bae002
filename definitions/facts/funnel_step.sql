--| name = "funnel_step"
--| version = 1
--| order = 60
--| about = "How far a deal came: the steps of its pipeline from where it started to its furthest."
--| grain = "One row per deal and step; at every step entered = advanced + lost_here + still_here."
--| key = "deal"
--| at = "rebuild"
--| reads = ["stage_visit", "stage"]
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
--| [columns.position]
--| type = "integer"
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "The owner at its last move."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| [columns.account]
--| type = "reference"
--| references = "account"
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
--| [columns.started_on]
--| type = "date"
--| about = "The day of its first stay."
--| [columns.entered]
--| type = "boolean"
--| [columns.started_here]
--| type = "boolean"
--| [columns.advanced]
--| type = "boolean"
--| [columns.lost_here]
--| type = "boolean"
--| [columns.still_here]
--| type = "boolean"
--| about = "Neither further nor lost; at the last step: won."
--| [columns.skipped]
--| type = "boolean"
--| about = "Passed without a stay."
--| [columns.outcome]
--| type = "choice"
--| about = "Of the deal: won, lost, or null while open."
--| [rollups.funnel_step_by_stage]
--| by = ["started_on", "pipeline", "stage", "stage_kind", "entered", "started_here", "advanced", "lost_here", "still_here", "skipped"]
--| [touched]
--| stage_visit = "SELECT key FROM changed_stage_visit"
--| stage = """
--| SELECT deal AS key FROM stage_visit
--| WHERE pipeline IN (SELECT pipeline FROM {was stage} UNION SELECT pipeline FROM r_stage WHERE id IN (SELECT id FROM changed_stage))"""

WITH visits AS (
  SELECT * FROM stage_visit WHERE {keys deal}
), latest AS (
  SELECT * FROM visits QUALIFY row_number() OVER (PARTITION BY deal ORDER BY visit DESC) = 1
), steps AS (
  SELECT id AS stage, pipeline, kind, position,
         row_number() OVER (PARTITION BY pipeline ORDER BY kind = 'won', position, id) AS step
  FROM stage WHERE kind NOT IN ('lost', 'after')
), reached AS (
  SELECT v.deal, min(s.step) AS first_step, max(s.step) AS last_step
  FROM visits v JOIN latest l ON l.deal = v.deal JOIN steps s ON s.stage = v.stage AND s.pipeline = l.pipeline
  GROUP BY v.deal
), stayed AS (
  SELECT DISTINCT deal, stage FROM visits
), started AS (
  SELECT deal, entered_on FROM visits WHERE visit = 1
)
SELECT r.deal, l.pipeline, s.stage, s.kind AS stage_kind, s.position, l.owner, l.team,
       l.account, l.product, l.source, l.campaign, l.inbound, b.entered_on AS started_on,
       TRUE AS entered,
       s.step = r.first_step AS started_here,
       s.step < r.last_step AS advanced,
       s.step = r.last_step AND l.stage_kind = 'lost' AS lost_here,
       s.step = r.last_step AND l.stage_kind <> 'lost' AS still_here,
       y.deal IS NULL AS skipped,
       CASE WHEN l.stage_kind IN ('won', 'after') THEN 'won' WHEN l.stage_kind = 'lost' THEN 'lost' END AS outcome
FROM reached r
JOIN latest l ON l.deal = r.deal
JOIN started b ON b.deal = r.deal
JOIN steps s ON s.pipeline = l.pipeline AND s.step BETWEEN r.first_step AND r.last_step
LEFT JOIN stayed y ON y.deal = r.deal AND y.stage = s.stage
