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
--| SELECT id AS key FROM deal WHERE inbound AND (
--|   id IN (SELECT deal FROM {was activity} UNION SELECT deal FROM {now activity})
--|   OR contact IN (SELECT contact FROM {was activity} UNION SELECT contact FROM {now activity}))"""
--| deal = """
--| SELECT coalesce(w.id, n.id) AS key FROM {was deal} w FULL JOIN {now deal} n ON n.id = w.id
--| WHERE (w.id, w.contact, w.inbound) IS DISTINCT FROM (n.id, n.contact, n.inbound)
--| UNION
--| SELECT d.id FROM deal d JOIN changed_deal c ON c.id = d.id AND c.is_new JOIN contact_touch t ON t.contact = d.contact
--| WHERE d.inbound AND t.last_touch_at >= d.created_at"""
--| contact = "SELECT id AS key FROM deal WHERE contact IN (SELECT id FROM moved)"

-- A person's first outbound touch at or after the lead came, on the deal or with its contact.
WITH answering AS (
  SELECT deal, contact, coalesce(happened_at, created_at) AS happened
  FROM activity
  WHERE status = 'done' AND kind IN ('call', 'email', 'meeting', 'message') AND direction = 'outbound'
    AND outcome IS DISTINCT FROM 'auto_reply' AND auto IS DISTINCT FROM TRUE AND {new id}
), leads AS (
  SELECT id, contact, created_at FROM deal WHERE inbound AND {keys id}
), answers AS (
  SELECT l.id, a.happened FROM leads l JOIN answering a ON a.deal = l.id AND a.happened >= l.created_at
  UNION ALL
  SELECT l.id, a.happened FROM leads l JOIN answering a ON a.contact = l.contact AND a.happened >= l.created_at
)
SELECT id AS deal, min(happened) AS responded_at FROM answers GROUP BY id
