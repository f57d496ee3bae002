--| name = "cost_fact"
--| version = 1
--| order = 20
--| about = "Money spent on selling."
--| grain = "One row per cost."
--| key = "cost"
--| reads = ["cost", "campaign", "workspace", "membership", "rate"]
--| [columns.cost]
--| type = "reference"
--| references = "cost"
--| [columns.campaign]
--| type = "reference"
--| references = "campaign"
--| [columns.member]
--| type = "reference"
--| references = "member"
--| about = "Whom it was spent on or by."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that member was in then."
--| [columns.channel]
--| type = "text"
--| about = "Its own, or its campaign's."
--| [columns.purpose]
--| type = "choice"
--| about = "acquisition, retention or other."
--| [columns.spent_at]
--| type = "instant"
--| role = "start"
--| about = "The beginning of the day."
--| [columns.spent_on]
--| type = "date"
--| [columns.currency]
--| type = "currency"
--| [columns.amount_minor]
--| type = "money"
--| [columns.rate_on]
--| type = "date"
--| about = "The day whose exchange rate it is converted by: the one it was spent on."
--| [columns.amount_converted_minor]
--| type = "money"
--| about = "In the workspace's currency, by the rate of that day as known when the cost was recorded, or else as first known since; null without a rate."
--| [touched]
--| cost = "SELECT id AS key FROM changed_cost"
--| campaign = "SELECT cost AS key FROM cost_fact WHERE campaign IN (SELECT id FROM changed_campaign)"
--| membership = "SELECT cost AS key FROM cost_fact WHERE member IN (SELECT key FROM changed_membership)"
--| rate = "SELECT cost AS key FROM cost_fact WHERE amount_converted_minor IS NULL OR EXISTS (SELECT 1 FROM changed_rate WHERE NOT is_new)"

-- A record's id is the seq of its first entry.
WITH costs AS (
  SELECT c.*, coalesce(c.currency, w.currency) AS money, w.currency AS own, w.zone, day_start(c.spent_on, w.zone) AS spent_at
  FROM cost c CROSS JOIN workspace w WHERE {keys c.id}
), rates AS (
  SELECT c.id, first(r.rate ORDER BY r.seq_from > c.id,
                     CASE WHEN r.seq_from > c.id THEN r.seq_from ELSE c.spent_on - r.starts_on END, r.id DESC) AS rate
  FROM costs c
  JOIN r_rate r ON r.currency = c.money AND r.starts_on <= c.spent_on AND r.seq_to > c.id AND r.state = 0
  WHERE c.money <> c.own
  GROUP BY c.id
)
SELECT c.id AS cost, c.campaign, c.member, m.team, coalesce(c.channel, p.channel) AS channel,
       coalesce(c.purpose, 'acquisition') AS purpose, c.spent_at, c.spent_on, c.money AS currency, c.amount_minor,
       c.spent_on AS rate_on, converted(c.amount_minor, c.money, coalesce(k.rate, 0), c.own) AS amount_converted_minor
FROM costs c
LEFT JOIN campaign p ON p.id = c.campaign
LEFT JOIN rates k ON k.id = c.id
LEFT JOIN membership m ON m.member = c.member AND c.spent_at >= m.since AND c.spent_at < m.until
