--| name = "deal_movement"
--| version = 1
--| order = 42
--| about = "What changed the pipeline, with signed amounts: their sum up to an instant is the pipeline then."
--| grain = "One row per change; what leads from one stage, date or currency to another is two, one out and one in."
--| key = "deal"
--| reads = ["deal_value", "workspace"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.kind]
--| type = "choice"
--| about = "created, reopened, raised, lowered, won, lost, moved, pushed, pulled, rescheduled (from or to no date)."
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
--| [columns.due_on]
--| type = "date"
--| about = "When it was expected to close."
--| [columns.due_month]
--| type = "text"
--| about = "The month in which it was expected to close."
--| [columns.happened_at]
--| type = "instant"
--| role = "start"
--| about = "Null when not known: before all else."
--| [columns.happened_on]
--| type = "date"
--| [columns.incoming]
--| type = "boolean"
--| about = "Of a change in two rows, the one to the new stage, date or currency."
--| [columns.amount_minor]
--| type = "money"
--| [columns.deals]
--| type = "integer"
--| about = "1 for a deal that came, -1 for one that went, else 0."
--| [columns.currency]
--| type = "currency"
--| [touched]
--| deal_value = "SELECT key FROM changed_deal_value"

WITH spans AS (
  SELECT *, coalesce(amount_minor, 0) AS amount,
         lag(visit) OVER w AS was_visit, lead(visit) OVER w AS next_visit,
         lag(pipeline) OVER w AS was_pipeline, lag(stage) OVER w AS was_stage, lag(stage_kind) OVER w AS was_stage_kind,
         lag(due_on) OVER w AS was_due_on, lag(currency) OVER w AS was_currency,
         lag(coalesce(amount_minor, 0)) OVER w AS was
  FROM deal_value WHERE {keys deal}
  WINDOW w AS (PARTITION BY deal
               ORDER BY visit, coalesce(began_at, TIMESTAMP '-infinity'), coalesce(ended_at, TIMESTAMP 'infinity'))
), steps AS (
  SELECT *, NOT comes AND stage <> was_stage AS moves, NOT comes AND due_on IS DISTINCT FROM was_due_on AS shifts,
         NOT comes AND currency <> was_currency AS converts,
         NOT comes AND currency = was_currency AND amount <> was AS reprices,
         CASE WHEN visit = 1 THEN 'created' ELSE 'reopened' END AS coming,
         CASE WHEN due_on > was_due_on THEN 'pushed' WHEN due_on < was_due_on THEN 'pulled'
              ELSE 'rescheduled' END AS shift,
         CASE WHEN amount > was THEN 'raised' ELSE 'lowered' END AS pricing,
         CASE WHEN next_kind = 'lost' THEN 'lost' ELSE 'won' END AS going
  FROM (SELECT *, coalesce(visit - was_visit > 1, TRUE) AS comes,
               ended_at IS NOT NULL AND coalesce(next_visit - visit > 1, TRUE) AS goes FROM spans)
), changes AS (
  SELECT deal, owner, team, account, contact, product, source, campaign, inbound, unnest([
    CASE WHEN comes THEN {'kind': coming, 'at': began_at, 'amount': amount, 'deals': 1, 'currency': currency,
      'due_on': due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': TRUE} END,
    CASE WHEN moves THEN {'kind': 'moved', 'at': began_at, 'amount': -was, 'deals': -1, 'currency': was_currency,
      'due_on': was_due_on, 'pipeline': was_pipeline, 'stage': was_stage, 'stage_kind': was_stage_kind,
      'incoming': FALSE} END,
    CASE WHEN moves THEN {'kind': 'moved', 'at': began_at, 'amount': was, 'deals': 1, 'currency': was_currency,
      'due_on': was_due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': TRUE} END,
    CASE WHEN shifts THEN {'kind': shift, 'at': began_at, 'amount': -was, 'deals': -1, 'currency': was_currency,
      'due_on': was_due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': FALSE} END,
    CASE WHEN shifts THEN {'kind': shift, 'at': began_at, 'amount': was, 'deals': 1, 'currency': was_currency,
      'due_on': due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': TRUE} END,
    CASE WHEN converts THEN {'kind': 'lowered', 'at': began_at, 'amount': -was, 'deals': -1, 'currency': was_currency,
      'due_on': due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': FALSE} END,
    CASE WHEN converts THEN {'kind': 'raised', 'at': began_at, 'amount': amount, 'deals': 1, 'currency': currency,
      'due_on': due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': TRUE} END,
    CASE WHEN reprices THEN {'kind': pricing, 'at': began_at, 'amount': amount - was, 'deals': 0, 'currency': currency,
      'due_on': due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': TRUE} END,
    CASE WHEN goes THEN {'kind': going, 'at': ended_at, 'amount': -amount, 'deals': -1, 'currency': currency,
      'due_on': due_on, 'pipeline': pipeline, 'stage': stage, 'stage_kind': stage_kind, 'incoming': TRUE} END
  ]) AS c
  FROM steps
)
SELECT deal, c.kind, c.pipeline, c.stage, c.stage_kind, owner, team, account, contact, product, source, campaign,
       inbound, c.due_on, strftime(c.due_on, '%Y-%m') AS due_month,
       c.at AS happened_at, local_day(c.at, w.zone) AS happened_on,
       c.incoming, c.amount AS amount_minor, c.deals, c.currency
FROM changes
CROSS JOIN workspace w
WHERE c IS NOT NULL
