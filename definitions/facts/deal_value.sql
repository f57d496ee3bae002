--| name = "deal_value"
--| version = 1
--| order = 41
--| about = "What an open deal was worth, and when: at any instant each open deal has one row."
--| grain = "One row per open deal and stretch of time with the same stage, amount and expected close."
--| key = "deal"
--| reads = ["deal", "workspace", "membership", "stage_visit"]
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
--| about = "Null when not known."
--| [columns.began_on]
--| type = "date"
--| [columns.ended_at]
--| type = "instant"
--| role = "end"
--| [columns.ended_on]
--| type = "date"
--| with = "ended_at"
--| [columns.next_kind]
--| type = "choice"
--| with = "ended_at"
--| about = "The kind of the stage that came next, where the stay ended."
--| [columns.due_on]
--| type = "date"
--| about = "When it was expected to close."
--| [columns.amount_minor]
--| type = "money"
--| [columns.currency]
--| type = "currency"
--| [columns.created_at]
--| type = "instant"
--| about = "When the deal was created; null when not known."
--| [columns.entered_at]
--| type = "instant"
--| about = "When the deal came to its stage; null when not known."
--| [touched]
--| stage_visit = "SELECT key FROM changed_stage_visit"
--| membership = "SELECT deal AS key FROM deal_value WHERE owner IN (SELECT member FROM was_membership)"

-- A change holds from when it occurred, and one dated before earlier ones replaces them from there on: at any time what
-- was said last of those that occurred by then. Amounts and dates are told apart. What is said when the deal is
-- closed makes a last row without length, so that it leaves with the amount it was closed with.
WITH versions AS (
  SELECT id, seq_from, coalesce(occurred_at, recorded_at) AS says_from, amount_minor, currency, expected_close_on,
         lag(seq_from) OVER w IS NULL AS is_first,
         (amount_minor, currency) IS DISTINCT FROM (lag(amount_minor) OVER w, lag(currency) OVER w) AS prices,
         expected_close_on IS DISTINCT FROM lag(expected_close_on) OVER w AS dates
  FROM r_deal WHERE {keys id} WINDOW w AS (PARTITION BY id ORDER BY seq_from)
), said AS (
  SELECT *, CASE WHEN is_first THEN TIMESTAMP '-infinity' ELSE says_from END AS since
  FROM versions WHERE is_first OR prices OR dates
), told AS (
  SELECT DISTINCT id, since,
         arg_max_null(amount_minor, seq_from) FILTER (is_first OR prices) OVER w AS amount_minor,
         arg_max_null(currency, seq_from) FILTER (is_first OR prices) OVER w AS currency,
         arg_max_null(expected_close_on, seq_from) FILTER (is_first OR dates) OVER w AS due_on
  FROM said WINDOW w AS (PARTITION BY id ORDER BY since)
), worth AS (
  SELECT *, lead(since, 1, TIMESTAMP 'infinity') OVER (PARTITION BY id ORDER BY since) AS until FROM told
), visits AS (
  SELECT *, coalesce(began_at, TIMESTAMP '-infinity') AS begins,
         coalesce(left_at, TIMESTAMP 'infinity') AS ends
  FROM stage_visit WHERE {keys deal}
), spans AS (
  SELECT v.*, greatest(v.begins, t.since) AS since, least(v.ends, t.until) AS until,
         t.amount_minor AS worth, t.currency AS worth_currency, t.due_on
  FROM visits v JOIN worth t ON t.id = v.deal AND t.until > v.begins
    AND (t.since < v.ends
         OR (t.since = v.ends AND (v.begins = v.ends OR v.next_kind NOT IN ('lead', 'qualified', 'open'))))
  WHERE v.stage_kind IN ('lead', 'qualified', 'open')
)
SELECT s.deal, s.visit, s.pipeline, s.stage, s.stage_kind, d.owner, m.team, s.account, s.contact, s.product, s.source,
       s.campaign, s.inbound,
       CASE WHEN isfinite(s.since) THEN s.since END AS began_at,
       CASE WHEN isfinite(s.since) THEN local_day(s.since, w.zone) END AS began_on,
       CASE WHEN isfinite(s.until) THEN s.until END AS ended_at,
       CASE WHEN isfinite(s.until) THEN local_day(s.until, w.zone) END AS ended_on,
       CASE WHEN s.until = s.ends THEN s.next_kind END AS next_kind,
       s.due_on, s.worth AS amount_minor, coalesce(s.worth_currency, w.currency) AS currency, d.created_at, s.entered_at
FROM spans s
JOIN deal d ON d.id = s.deal
CROSS JOIN workspace w
LEFT JOIN membership m ON m.member = d.owner AND m.until = TIMESTAMP 'infinity'
