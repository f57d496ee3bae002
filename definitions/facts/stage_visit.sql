--| name = "stage_visit"
--| version = 1
--| order = 40
--| about = "A deal's stay in a stage."
--| grain = "One row per stay; coming back to a stage is a new one."
--| key = "deal"
--| reads = ["deal", "stage", "contact", "account", "workspace", "membership"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.visit]
--| type = "integer"
--| about = "1 for the first stay."
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
--| about = "The deal's owner when it came there."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that owner was in then."
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
--| [columns.entered_at]
--| type = "instant"
--| about = "Null when not known."
--| [columns.entered_on]
--| type = "date"
--| [columns.left_at]
--| type = "instant"
--| role = "end"
--| about = "Where the move out has no known time: the next known one, at the latest when it was recorded."
--| [columns.left_on]
--| type = "date"
--| with = "left_at"
--| [columns.next_stage]
--| type = "reference"
--| references = "stage"
--| with = "left_at"
--| [columns.next_kind]
--| type = "choice"
--| with = "left_at"
--| [columns.won_at]
--| type = "instant"
--| about = "When the deal was won after this stay; null when it was not."
--| later = true
--| [columns.amount_minor]
--| type = "money"
--| about = "At the end of the stay, or now."
--| [columns.currency]
--| type = "currency"
--| [columns.began_at]
--| type = "instant"
--| role = "start"
--| about = "As entered_at; where that is not known, when the stay before ended, so that a deal is in one stage at a time. Null only for a first stay."
--| [columns.began_on]
--| type = "date"
--| [columns.entered_seq]
--| type = "integer"
--| about = "Seq of the entry that says so."
--| [columns.noted_at]
--| type = "instant"
--| about = "When that entry was recorded."
--| [touched]
--| deal = "SELECT id AS key FROM changed_deal"
--| stage = """
--| SELECT deal AS key FROM stage_visit
--| WHERE stage IN (SELECT id FROM changed_stage) OR next_stage IN (SELECT id FROM changed_stage)"""
--| contact = "SELECT deal AS key FROM stage_visit WHERE contact IN (SELECT id FROM moved)"
--| account = "SELECT deal AS key FROM stage_visit WHERE account IN (SELECT id FROM moved)"
--| membership = "SELECT deal AS key FROM stage_visit WHERE owner IN (SELECT member FROM was_membership)"

-- Versions of a deal stand in world order. A version lasts until the seq of the next, so the one that ends where the
-- next stay begins has the amount at the end of the stay.
WITH versions AS (
  SELECT id, seq_from, seq_to, pipeline, stage, stage_since, owner, amount_minor, currency, recorded_at,
         lag(stage) OVER (PARTITION BY id ORDER BY seq_from) AS earlier_stage
  FROM r_deal WHERE {keys id}
), stays AS (
  SELECT id, pipeline, stage, stage_since AS entered, seq_from, recorded_at, owner,
         row_number() OVER w AS visit,
         lead(stage) OVER w AS next_stage,
         lead(seq_from, 1, 9223372036854775807) OVER w AS ends,
         coalesce(lead(stage_since) OVER w,
                  least(min(stage_since) OVER (PARTITION BY id ORDER BY seq_from
                                               ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
                        lead(recorded_at) OVER w)) AS departed
  FROM versions WHERE earlier_stage IS DISTINCT FROM stage
  WINDOW w AS (PARTITION BY id ORDER BY seq_from)
), begun AS (
  SELECT *, coalesce(entered, lag(departed) OVER (PARTITION BY id ORDER BY visit)) AS began FROM stays
), stages AS (
  SELECT id, kind, position FROM r_stage WHERE seq_to = 9223372036854775807
)
SELECT v.id AS deal, v.visit, v.pipeline, v.stage, s.kind AS stage_kind, s.position, v.owner, m.team,
       d.account, d.contact, d.product, d.source, d.campaign, coalesce(d.inbound, FALSE) AS inbound,
       v.entered AS entered_at, local_day(v.entered, w.zone) AS entered_on,
       v.departed AS left_at, local_day(v.departed, w.zone) AS left_on,
       v.next_stage, n.kind AS next_kind,
       min(coalesce(v.began, v.recorded_at)) FILTER (s.kind = 'won')
         OVER (PARTITION BY v.id ORDER BY v.visit ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS won_at,
       last.amount_minor, coalesce(last.currency, w.currency) AS currency,
       v.began AS began_at, local_day(v.began, w.zone) AS began_on,
       v.seq_from AS entered_seq, v.recorded_at AS noted_at
FROM begun v
JOIN deal d ON d.id = v.id
JOIN versions last ON last.id = v.id AND last.seq_to = v.ends
CROSS JOIN workspace w
LEFT JOIN stages s ON s.id = v.stage
LEFT JOIN stages n ON n.id = v.next_stage
LEFT JOIN membership m ON m.member = v.owner
  AND coalesce(v.entered, v.recorded_at) >= m.since AND coalesce(v.entered, v.recorded_at) < m.until
