--| name = "purchase"
--| version = 1
--| order = 60
--| about = "A won deal, with what its account had bought before."
--| grain = "One row per won deal."
--| key = "buyer"
--| at = "rebuild"
--| reads = ["deal_fact"]
--| [columns.buyer]
--| type = "integer"
--| about = "The account; a deal without one stands for itself, below 0."
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.account]
--| type = "reference"
--| references = "account"
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "When it was won."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that owner was in then."
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
--| [columns.rate_on]
--| type = "date"
--| about = "The day whose exchange rate its amount is converted by."
--| [columns.amount_converted_minor]
--| type = "money"
--| [columns.closed_at]
--| type = "instant"
--| role = "start"
--| [columns.closed_on]
--| type = "date"
--| [columns.place]
--| type = "integer"
--| about = "1 for the account's first, by the time won; of unknown time and account null."
--| [columns.business]
--| type = "choice"
--| about = "new, or existing where the account had a deal won before this one; null where that cannot be told."
--| [columns.contract_months]
--| type = "integer"
--| [columns.open_ended]
--| type = "boolean"
--| [touched]
--| deal_fact = """
--| SELECT buyer AS key FROM purchase WHERE deal IN (SELECT key FROM changed_deal_fact)
--| UNION ALL
--| SELECT coalesce(account, -deal) AS key FROM deal_fact
--| WHERE outcome = 'won' AND deal IN (SELECT key FROM changed_deal_fact)"""

-- Of deals won at the same instant the one made first is the first. One of unknown time may have come before or after.
WITH won AS (
  SELECT *, coalesce(account, -deal) AS buyer FROM deal_fact WHERE outcome = 'won' AND {keys coalesce(account, -deal)}
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY buyer ORDER BY closed_at NULLS LAST, deal) AS place,
         bool_or(closed_at IS NULL) OVER (PARTITION BY buyer) AS unsure
  FROM won
)
SELECT buyer, deal, account, owner, team, contact, product, source, campaign, inbound, pipeline, currency, amount_minor,
       rate_on, amount_converted_minor, closed_at, closed_on,
       CASE WHEN account IS NOT NULL AND closed_at IS NOT NULL AND (place > 1 OR NOT unsure) THEN place END AS place,
       CASE WHEN account IS NULL OR closed_at IS NULL THEN NULL WHEN place > 1 THEN 'existing'
            WHEN NOT unsure THEN 'new' END AS business,
       contract_months, open_ended
FROM placed
