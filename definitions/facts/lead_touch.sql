--| name = "lead_touch"
--| version = 2
--| order = 23
--| about = "When a lead was first answered."
--| grain = "One row per inbound deal that was answered."
--| key = "deal"
--| reads = ["activity", "deal", "contact", "contact_touch"]
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.responded_at]
--| type = "instant"
--| merge = "min"
--| [touched]
--| activity = """
--| WITH answered AS MATERIALIZED (
--|   SELECT unnest([w.deal, n.deal]) AS deal, unnest([w.contact, n.contact]) AS contact
--|   FROM (SELECT *, status = 'done' AND kind IN ('call', 'email', 'meeting', 'message') AND direction = 'outbound'
--|     AND outcome IS DISTINCT FROM 'auto_reply' AND auto IS DISTINCT FROM TRUE AS answers_lead FROM {was activity}) w
--|   FULL JOIN (SELECT *, status = 'done' AND kind IN ('call', 'email', 'meeting', 'message') AND direction = 'outbound'
--|     AND outcome IS DISTINCT FROM 'auto_reply' AND auto IS DISTINCT FROM TRUE AS answers_lead FROM {now activity}) n
--|     ON n.id = w.id
--|   WHERE (w.answers_lead OR n.answers_lead)
--|     AND (w.deal, w.contact, w.happened_at, w.answers_lead) IS DISTINCT FROM (n.deal, n.contact, n.happened_at, n.answers_lead)
--| )
--| SELECT id AS key FROM deal WHERE inbound AND id IN (SELECT deal FROM answered)
--| UNION SELECT id FROM deal WHERE inbound AND contact IN (SELECT contact FROM answered)"""
--| deal = """
--| SELECT coalesce(w.id, n.id) AS key FROM {was deal} w FULL JOIN {now deal} n ON n.id = w.id
--| WHERE (w.id, w.contact, w.inbound) IS DISTINCT FROM (n.id, n.contact, n.inbound)
--| UNION
--| SELECT d.id FROM deal d JOIN changed_deal c ON c.id = d.id AND c.is_new JOIN contact_touch t ON t.contact = d.contact
--| WHERE d.inbound AND t.last_touch_at >= d.created_at"""
--| contact = "SELECT id AS key FROM deal WHERE contact IN (SELECT id FROM moved)"

-- A person's first outbound touch at or after the lead came, on the deal or with its contact.
WITH answering AS NOT MATERIALIZED (
  SELECT deal, contact, coalesce(happened_at, created_at) AS happened
  FROM activity
  WHERE status = 'done' AND kind IN ('call', 'email', 'meeting', 'message') AND direction = 'outbound'
    AND outcome IS DISTINCT FROM 'auto_reply' AND auto IS DISTINCT FROM TRUE AND {new id}
), leads AS (
  SELECT id, contact, created_at FROM deal WHERE inbound AND {keys id}
), answers AS (
  SELECT l.id, a.happened FROM answering a JOIN leads l ON a.deal = l.id AND a.happened >= l.created_at
  UNION ALL
  SELECT l.id, a.happened FROM answering a JOIN leads l ON a.contact = l.contact AND a.happened >= l.created_at
)
SELECT id AS deal, min(happened) AS responded_at FROM answers GROUP BY id
