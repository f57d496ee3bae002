--| name = "quota_day"
--| version = 1
--| order = 21
--| about = "A quota's share of a day: its amount spread evenly, to the last minor unit."
--| grain = "One row per quota and day."
--| key = "quota"
--| reads = ["quota", "workspace", "membership", "rate"]
--| [columns.quota]
--| type = "reference"
--| references = "quota"
--| [columns.level]
--| type = "choice"
--| about = "member, team or company."
--| [columns.member]
--| type = "reference"
--| references = "member"
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The quota's own, or the team that the member was in on that day."
--| [columns.day]
--| type = "date"
--| [columns.currency]
--| type = "currency"
--| [columns.amount_minor]
--| type = "money"
--| [columns.rate_on]
--| type = "date"
--| about = "The day whose exchange rate it is converted by: the quota's first."
--| [columns.amount_converted_minor]
--| type = "money"
--| about = "The day's share of the quota in the workspace's currency, by the rate of its first day as known when it was recorded, or else as first known since; null without a rate."
--| [touched]
--| quota = "SELECT id AS key FROM changed_quota"
--| membership = "SELECT quota AS key FROM quota_day WHERE level = 'member' AND member IN (SELECT key FROM changed_membership)"
--| rate = "SELECT quota AS key FROM quota_day WHERE amount_converted_minor IS NULL OR EXISTS (SELECT 1 FROM changed_rate WHERE NOT is_new)"

WITH quotas AS (
  SELECT q.*, coalesce(q.currency, w.currency) AS money, w.currency AS own, w.zone, q.ends_on - q.starts_on AS days
  FROM quota q CROSS JOIN workspace w WHERE {keys q.id}
), rates AS (
  SELECT q.id, first(r.rate ORDER BY r.seq_from > q.id,
                     CASE WHEN r.seq_from > q.id THEN r.seq_from ELSE q.starts_on - r.starts_on END, r.id DESC) AS rate
  FROM quotas q
  JOIN r_rate r ON r.currency = q.money AND r.starts_on <= q.starts_on AND r.seq_to > q.id AND r.state = 0
  WHERE q.money <> q.own
  GROUP BY q.id
), whole AS (
  SELECT q.*, converted(q.amount_minor, q.money, coalesce(k.rate, 0), q.own) AS amount_converted
  FROM quotas q LEFT JOIN rates k ON k.id = q.id
), shares AS (
  -- What is due up to a day's end less what was due up to its beginning.
  SELECT *, unnest(range(days)) AS place FROM whole
)
SELECT s.id AS quota,
       CASE WHEN s.member IS NOT NULL THEN 'member' WHEN s.team IS NOT NULL THEN 'team' ELSE 'company' END AS level,
       s.member, CASE WHEN s.member IS NOT NULL THEN m.team ELSE s.team END AS team,
       (s.starts_on + s.place::INTEGER) AS day, s.money AS currency,
       (s.amount_minor::HUGEINT * (s.place + 1) // s.days - s.amount_minor::HUGEINT * s.place // s.days)::BIGINT
         AS amount_minor,
       s.starts_on AS rate_on,
       (s.amount_converted::HUGEINT * (s.place + 1) // s.days - s.amount_converted::HUGEINT * s.place // s.days)::BIGINT
         AS amount_converted_minor
FROM shares s
LEFT JOIN membership m ON m.member = s.member
  AND day_start(s.starts_on + s.place::INTEGER, s.zone) >= m.since
  AND day_start(s.starts_on + s.place::INTEGER, s.zone) < m.until
