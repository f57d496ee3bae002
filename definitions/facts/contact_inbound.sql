--| name = "contact_inbound"
--| version = 1
--| order = 19
--| about = "Since when a contact is a lead that came to us."
--| grain = "One row per contact of an inbound deal."
--| key = "contact"
--| reads = ["deal", "contact"]
--| [columns.contact]
--| type = "reference"
--| references = "contact"
--| [columns.since]
--| type = "instant"
--| about = "-infinity where the first one's creation is not known."
--| merge = "min"
--| [touched]
--| deal = """
--| SELECT unnest([w.contact, n.contact]) AS key FROM {was deal} w FULL JOIN {now deal} n ON n.id = w.id
--| WHERE (w.id, w.contact, w.inbound) IS DISTINCT FROM (n.id, n.contact, n.inbound)"""
--| contact = "SELECT id AS key FROM moved"

SELECT contact, min(coalesce(created_at, TIMESTAMP '-infinity')) AS since
FROM deal WHERE inbound AND contact IS NOT NULL AND {keys contact} AND {named "named contact"}
  AND {new id}
GROUP BY contact
