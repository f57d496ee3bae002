--| name = "deal_fact"
--| version = 1
--| order = 50
--| about = "A deal with its outcome, its times and its touches."
--| grain = "One row per deal."
--| key = "deal"
--| at = "rebuild"
--| reads = ["deal", "stage", "workspace", "membership", "rate", "stage_visit", "deal_touch", "deal_milestone"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "When it closed; of an open deal, now."
--| with = "closed_at"
--| before = "owner_now"
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that owner was in then."
--| with = "closed_at"
--| before = "team_now"
--| [columns.owner_now]
--| type = "reference"
--| references = "member"
--| [columns.team_now]
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
--| [columns.pipeline]
--| type = "reference"
--| references = "pipeline"
--| [columns.currency]
--| type = "currency"
--| [columns.amount_minor]
--| type = "money"
--| [columns.list_amount_minor]
--| type = "money"
--| [columns.created_at]
--| type = "instant"
--| role = "start"
--| about = "Null when not known."
--| [columns.created_on]
--| type = "date"
--| [columns.qualified_at]
--| type = "instant"
--| about = "First time in a stage of kind qualified."
--| later = true
--| [columns.qualified_on]
--| type = "date"
--| with = "qualified_at"
--| [columns.closed_at]
--| type = "instant"
--| role = "end"
--| [columns.closed_on]
--| type = "date"
--| with = "closed_at"
--| [columns.outcome]
--| type = "choice"
--| with = "closed_at"
--| about = "won, lost, or null while open."
--| [columns.lost_reason]
--| type = "choice"
--| with = "closed_at"
--| [columns.competitor]
--| type = "text"
--| with = "closed_at"
--| [columns.cycle_days]
--| type = "decimal"
--| with = "closed_at"
--| about = "From creation, or the first known stay where that is not known, to close."
--| [columns.touches]
--| type = "integer"
--| [columns.calls]
--| type = "integer"
--| [columns.emails]
--| type = "integer"
--| [columns.meetings]
--| type = "integer"
--| [columns.first_touch_at]
--| type = "instant"
--| [columns.last_touch_at]
--| type = "instant"
--| [columns.qualified]
--| type = "boolean"
--| about = "Was ever in a stage of kind qualified."
--| with = "qualified_at"
--| [columns.contacted_at]
--| type = "instant"
--| about = "The first touch of ours by a person, on the deal."
--| later = true
--| [columns.contacted_on]
--| type = "date"
--| with = "contacted_at"
--| [columns.discovery_agreed]
--| type = "boolean"
--| about = "A discovery call was booked, whatever came of it."
--| with = "discovery_agreed_at"
--| [columns.discovery_agreed_at]
--| type = "instant"
--| later = true
--| about = "When the first was booked; null when not known."
--| [columns.demo_held]
--| type = "boolean"
--| about = "The product was shown."
--| with = "demo_held_at"
--| [columns.demo_held_at]
--| type = "instant"
--| about = "The first time that the product was shown."
--| later = true
--| [columns.demo_held_on]
--| type = "date"
--| with = "demo_held_at"
--| [columns.contract_months]
--| type = "integer"
--| about = "Null when open-ended or not a contract."
--| [columns.open_ended]
--| type = "boolean"
--| [columns.expected_close_on]
--| type = "date"
--| [columns.rate_on]
--| type = "date"
--| about = "The day whose exchange rate its amounts are converted by: that of its close, or where that is not known the one on which it was recorded; null while open."
--| with = "closed_at"
--| [columns.amount_converted_minor]
--| type = "money"
--| about = "In the workspace's currency, by the rate of that day as known when it closed, or else as first known since; null while open and without a rate."
--| with = "closed_at"
--| [columns.list_amount_converted_minor]
--| type = "money"
--| with = "closed_at"
--| [columns.met_within_7_days]
--| type = "boolean"
--| about = "A meeting on the deal within seven days of its creation."
--| [columns.entered_at]
--| type = "instant"
--| role = "seen"
--| about = "When it came to its first stage whose time is known."
--| [columns.settled_at]
--| type = "instant"
--| role = "settled"
--| about = "Null where all that happened to it is known and in order and it was closed but once: then these columns tell what it was at any instant. Else the last instant at which anything happened."
--| [touched]
--| stage_visit = "SELECT key FROM changed_stage_visit"
--| deal_touch = "SELECT key FROM changed_deal_touch"
--| deal_milestone = "SELECT key FROM changed_deal_milestone"
--| membership = "SELECT deal AS key FROM deal_fact WHERE owner IN (SELECT member FROM was_membership)"
--| rate = """
--| SELECT deal AS key FROM deal_fact
--| WHERE rate_on IS NOT NULL AND amount_minor IS NOT NULL AND amount_converted_minor IS NULL
--|   OR rate_on IS NOT NULL AND list_amount_minor IS NOT NULL AND list_amount_converted_minor IS NULL
--|   OR currency <> (SELECT currency FROM workspace) AND EXISTS (SELECT 1 FROM changed_rate WHERE NOT is_new)"""

WITH visits AS (
  SELECT deal, visit, owner, team, entered_at, left_at, stage_kind, entered_seq, noted_at,
         greatest(began_at, left_at, won_at) AS moved_at,
         CASE WHEN stage_kind IN ('won', 'after') THEN 'won' WHEN stage_kind = 'lost' THEN 'lost' END AS outcome
  FROM stage_visit WHERE {keys deal}
), firsts AS (
  SELECT deal, min(entered_at) AS entered, arg_min_null(entered_at, visit) FILTER (stage_kind = 'qualified') AS qualified,
         coalesce(bool_or(stage_kind = 'qualified'), FALSE) AS was_qualified,
         arg_max_null(outcome, visit) AS outcome, min(visit) FILTER (outcome IS NOT NULL) AS first_closed,
         max(moved_at) AS moved, bool_and(entered_at IS NOT NULL AND coalesce(left_at >= entered_at, TRUE)) AS in_order
  FROM visits GROUP BY deal
), closings AS (
  -- A deal closed where the run of visits with its present outcome began.
  SELECT v.deal, v.visit, v.owner, v.team, v.entered_at, v.entered_seq, coalesce(v.entered_at, v.noted_at) AS rated_at
  FROM visits v JOIN firsts f ON f.deal = v.deal AND f.outcome IS NOT NULL
  WHERE v.visit = 1 + coalesce((SELECT max(o.visit) FROM visits o
                                WHERE o.deal = v.deal AND o.outcome IS DISTINCT FROM f.outcome), 0)
), deals AS (
  SELECT d.* EXCLUDE (closed_at), f.outcome, c.entered_at AS closed_at, f.entered, f.qualified, f.was_qualified, f.moved,
         f.in_order AND c.visit IS NOT DISTINCT FROM f.first_closed AS plain,
         c.deal IS NOT NULL AS closed, c.owner AS closer, c.team AS closer_team, c.entered_seq,
         local_day(c.rated_at, w.zone) AS rate_on, coalesce(d.currency, w.currency) AS money
  FROM deal d CROSS JOIN workspace w JOIN firsts f ON f.deal = d.id LEFT JOIN closings c ON c.deal = d.id
  WHERE {keys d.id}
), rates AS (
  -- What was known when the deal closed stays: what was said of that day later counts only where nothing was known.
  SELECT d.id, first(r.rate ORDER BY r.seq_from > d.entered_seq,
                     CASE WHEN r.seq_from > d.entered_seq THEN r.seq_from ELSE d.rate_on - r.starts_on END,
                     r.id DESC) AS rate
  FROM deals d CROSS JOIN workspace w
  JOIN r_rate r ON r.currency = d.money AND r.starts_on <= d.rate_on AND r.seq_to > d.entered_seq AND r.state = 0
  WHERE d.money <> w.currency
  GROUP BY d.id
)
SELECT d.id AS deal,
       CASE WHEN d.closed THEN d.closer ELSE d.owner END AS owner,
       CASE WHEN d.closed THEN d.closer_team ELSE m.team END AS team,
       d.owner AS owner_now, m.team AS team_now,
       d.account, d.contact, d.product, d.source, d.campaign, coalesce(d.inbound, FALSE) AS inbound,
       d.pipeline, d.money AS currency, d.amount_minor, d.list_amount_minor,
       d.created_at, local_day(d.created_at, w.zone) AS created_on,
       d.qualified AS qualified_at, local_day(d.qualified, w.zone) AS qualified_on,
       d.closed_at, local_day(d.closed_at, w.zone) AS closed_on, d.outcome,
       CASE WHEN d.outcome = 'lost' THEN d.lost_reason END AS lost_reason,
       CASE WHEN d.outcome = 'lost' THEN d.competitor END AS competitor,
       date_diff('microsecond', coalesce(d.created_at, d.entered), d.closed_at) / 86400e6 AS cycle_days,
       coalesce(t.touches, 0) AS touches, coalesce(t.calls, 0) AS calls, coalesce(t.emails, 0) AS emails,
       coalesce(t.meetings, 0) AS meetings, t.first_touch_at, t.last_touch_at,
       d.was_qualified AS qualified, t.contacted_at, local_day(t.contacted_at, w.zone) AS contacted_on,
       coalesce(s.discovery_agreed_at IS NOT NULL OR s.discoveries_undated > 0, FALSE) AS discovery_agreed,
       s.discovery_agreed_at,
       coalesce(s.demo_held_at IS NOT NULL OR s.demos_undated > 0, FALSE) AS demo_held,
       s.demo_held_at, local_day(s.demo_held_at, w.zone) AS demo_held_on,
       d.contract_months, coalesce(d.open_ended, FALSE) AS open_ended, d.expected_close_on, d.rate_on,
       CASE WHEN d.closed THEN converted(d.amount_minor, d.money, coalesce(k.rate, 0), w.currency) END AS amount_converted_minor,
       CASE WHEN d.closed THEN converted(d.list_amount_minor, d.money, coalesce(k.rate, 0), w.currency) END
         AS list_amount_converted_minor,
       coalesce(t.first_meeting_at < d.created_at + INTERVAL 7 DAY, FALSE) AS met_within_7_days,
       d.entered AS entered_at,
       CASE WHEN NOT d.plain OR s.discoveries_undated > 0 OR s.demos_undated > 0
            THEN greatest(d.moved, t.contacted_at, s.discovery_agreed_at, s.demo_held_at) END AS settled_at
FROM deals d
CROSS JOIN workspace w
LEFT JOIN rates k ON k.id = d.id
LEFT JOIN deal_touch t ON t.deal = d.id
LEFT JOIN deal_milestone s ON s.deal = d.id
LEFT JOIN membership m ON m.member = d.owner AND m.until = TIMESTAMP 'infinity'
