--| name = "customer_stay"
--| version = 1
--| order = 70
--| about = "How long an account was a customer by contract, without a gap."
--| grain = "One row per account and unbroken run of contracts; one that is signed too late after the last one's end begins a new run."
--| key = "account"
--| at = "rebuild"
--| reads = ["workspace", "purchase"]
--| [columns.account]
--| type = "reference"
--| references = "account"
--| [columns.stay]
--| type = "integer"
--| about = "1 for the account's first run of contracts."
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "Who won the contract that runs longest."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that owner was in then."
--| [columns.product]
--| type = "reference"
--| references = "product"
--| about = "Of that contract."
--| [columns.source]
--| type = "text"
--| about = "Of that contract."
--| [columns.contracts]
--| type = "integer"
--| [columns.began_at]
--| type = "instant"
--| role = "start"
--| [columns.began_on]
--| type = "date"
--| [columns.ended_on]
--| type = "date"
--| about = "The first day without a contract, also one yet to come; null with an open-ended one."
--| [columns.final_on]
--| type = "date"
--| about = "The last day on which a new contract would still have continued the run."
--| [columns.month_of_year]
--| type = "text"
--| about = "The month in which the last contract ended, whatever the year."
--| [touched]
--| purchase = "SELECT key FROM changed_purchase WHERE key > 0"

-- A contract runs from the day it was won.
WITH contracts AS (
  SELECT p.account, p.deal, p.owner, p.team, p.product, p.source, p.closed_at, p.closed_on,
         w.renewal_days::INTEGER AS renewal_days,
         CASE WHEN p.open_ended THEN DATE '9999-12-31'
              ELSE (p.closed_on + to_months(p.contract_months::INTEGER))::DATE END AS ends_on
  FROM purchase p CROSS JOIN workspace w
  WHERE p.account IS NOT NULL AND p.closed_at IS NOT NULL AND (p.open_ended OR p.contract_months > 0)
    AND {keys p.account}
), ordered AS (
  SELECT *, max(ends_on) OVER (PARTITION BY account ORDER BY closed_at, deal
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS covered
  FROM contracts
), runs AS (
  SELECT *, count(*) FILTER (covered IS NULL OR closed_on > covered + renewal_days)
              OVER (PARTITION BY account ORDER BY closed_at, deal ROWS UNBOUNDED PRECEDING) AS stay
  FROM ordered
), stays AS (
  SELECT account, stay, max((ends_on, deal))[2] AS longest, count(*) AS contracts, min(closed_at) AS began_at,
         min(closed_on) AS began_on, max(ends_on) AS ends_on, any_value(renewal_days) AS renewal_days
  FROM runs GROUP BY account, stay
)
SELECT s.account, s.stay, l.owner, l.team, l.product, l.source, s.contracts, s.began_at, s.began_on,
       nullif(s.ends_on, DATE '9999-12-31') AS ended_on,
       CASE WHEN s.ends_on < DATE '9999-12-31' THEN (s.ends_on + s.renewal_days)::DATE END AS final_on,
       CASE WHEN s.ends_on < DATE '9999-12-31' THEN strftime(s.ends_on, '%m %B') END AS month_of_year
FROM stays s JOIN runs l ON l.deal = s.longest AND l.account = s.account
