--| name = "lead"
--| version = 2
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
--| with = "responded_at"
--| [columns.response_seconds]
--| type = "duration"
--| with = "responded_at"
--| [columns.response_band]
--| type = "choice"
--| with = "responded_at"
--| about = "How long that took at most: 5_minutes, 1_hour, 1_day or longer; null while not answered."
--| [touched]
--| deal = "SELECT id AS key FROM changed_deal"
--| lead_touch = "SELECT key FROM changed_lead_touch"
--| account = "SELECT deal AS key FROM lead WHERE account IN (SELECT id FROM moved)"
--| membership = "SELECT deal AS key FROM lead WHERE owner IN (SELECT member FROM was_membership)"

WITH answered AS (
  SELECT d.*, t.responded_at, date_diff('microsecond', d.created_at, t.responded_at) AS waited
  FROM deal d LEFT JOIN lead_touch t ON t.deal = d.id WHERE d.inbound AND {keys d.id}
)
SELECT d.id AS deal, d.owner, m.team, d.account, d.contact, d.product, d.pipeline, d.source, d.campaign,
       d.created_at, local_day(d.created_at, w.zone) AS created_on,
       d.responded_at, local_day(d.responded_at, w.zone) AS responded_on, d.waited // 1000000 AS response_seconds,
       CASE WHEN d.waited <= 300e6 THEN '5_minutes' WHEN d.waited <= 3600e6 THEN '1_hour'
            WHEN d.waited <= 86400e6 THEN '1_day' WHEN d.waited IS NOT NULL THEN 'longer' END AS response_band
FROM answered d
CROSS JOIN workspace w
LEFT JOIN membership m ON m.member = d.owner AND m.until = TIMESTAMP 'infinity'
