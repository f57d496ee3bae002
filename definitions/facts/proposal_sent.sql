--| name = "proposal_sent"
--| version = 1
--| order = 52
--| about = "A proposal that was sent; what replaces one sent before is a revision."
--| grain = "One row per proposal that was sent."
--| key = "deal"
--| reads = ["proposal", "deal", "account", "workspace", "membership"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.proposal]
--| type = "reference"
--| references = "proposal"
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "The deal's owner now."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that owner was in when it was sent."
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
--| [columns.pipeline]
--| type = "reference"
--| references = "pipeline"
--| [columns.inbound]
--| type = "boolean"
--| [columns.sent_at]
--| type = "instant"
--| role = "start"
--| [columns.sent_on]
--| type = "date"
--| [columns.revision]
--| type = "boolean"
--| about = "One that it replaces, directly or by way of others, had been sent before."
--| [columns.amount_minor]
--| type = "money"
--| [columns.currency]
--| type = "currency"
--| [touched]
--| proposal = """
--| SELECT deal AS key FROM {was proposal} UNION SELECT deal FROM proposal WHERE id IN (SELECT id FROM changed_proposal)"""
--| deal = "SELECT id AS key FROM changed_deal WHERE id IN (SELECT deal FROM proposal)"
--| account = "SELECT deal AS key FROM proposal_sent WHERE account IN (SELECT id FROM moved)"
--| membership = "SELECT deal AS key FROM proposal_sent WHERE owner IN (SELECT member FROM was_membership)"

WITH RECURSIVE proposals AS (
  SELECT * FROM proposal WHERE {keys deal}
), chain AS (
  SELECT id, id AS root FROM proposals
  UNION
  SELECT c.id, p.revision_of FROM chain c JOIN proposals p ON p.id = c.root
  JOIN proposals o ON o.id = p.revision_of AND o.deal = p.deal
), roots AS (
  SELECT id, min(root) AS root FROM chain GROUP BY id
), sent AS (
  SELECT p.*, row_number() OVER (PARTITION BY p.deal, r.root ORDER BY p.sent_at, p.id) AS place
  FROM proposals p JOIN roots r ON r.id = p.id WHERE p.sent_at IS NOT NULL
)
SELECT s.deal, s.id AS proposal, d.owner, m.team, d.account, d.product, d.source, d.campaign, d.pipeline,
       coalesce(d.inbound, FALSE) AS inbound, s.sent_at, local_day(s.sent_at, w.zone) AS sent_on,
       s.place > 1 AS revision, s.amount_minor, coalesce(s.currency, d.currency, w.currency) AS currency
FROM sent s
JOIN deal d ON d.id = s.deal
CROSS JOIN workspace w
LEFT JOIN membership m ON m.member = d.owner AND s.sent_at >= m.since AND s.sent_at < m.until
