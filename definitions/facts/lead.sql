--| name = "lead"
--| version = 1
--| order = 51
--| about = "A lead that came to us, and when it was answered."
--| grain = "One row per inbound deal."
--| key = "deal"
--| reads = ["deal", "contact", "account", "workspace", "membership", "lead_touch"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "Now."
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
--| [columns.pipeline]
--| type = "reference"
--| references = "pipeline"
--| [columns.source]
--| type = "text"
--| [columns.campaign]
--| type = "reference"
--| references = "campaign"
--| [columns.created_at]
--| type = "instant"
--| role = "start"
--| about = "Null when not known."
--| [columns.created_on]
--| type = "date"
--| [columns.responded_at]
--| type = "instant"
--| role = "end"
--| about = "The first outbound touch by a person, at or after creation, on the deal or with its contact."
--| [columns.responded_on]
--| type = "date"
--| clears = true
--| [columns.response_seconds]
--| type = "duration"
--| clears = true
--| [touched]
--| deal = "SELECT id AS key FROM changed_deal"
--| lead_touch = "SELECT key FROM changed_lead_touch"
--| account = "SELECT deal AS key FROM lead WHERE account IN (SELECT id FROM moved)"
--| membership = "SELECT deal AS key FROM lead WHERE owner IN (SELECT member FROM was_membership)"

SELECT d.id AS deal, d.owner, m.team, d.account, d.contact, d.product, d.pipeline, d.source, d.campaign,
       d.created_at, local_day(d.created_at, w.zone) AS created_on,
       t.responded_at, local_day(t.responded_at, w.zone) AS responded_on,
       (epoch_us(t.responded_at) - epoch_us(d.created_at)) // 1000000 AS response_seconds
FROM deal d
CROSS JOIN workspace w
LEFT JOIN lead_touch t ON t.deal = d.id
LEFT JOIN membership m ON m.member = d.owner AND m.until = TIMESTAMP 'infinity'
WHERE d.inbound AND {keys d.id}
