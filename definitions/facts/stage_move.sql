--| name = "stage_move"
--| version = 2
--| order = 45
--| about = "A deal's move to another stage, and whether the deal had been touched shortly before."
--| grain = "One row per move whose time is known."
--| key = "move"
--| reads = ["stage_visit", "deal_touch", "touch"]
--| [columns.move]
--| type = "integer"
--| about = "Seq of the entry that moved the deal."
--| [columns.deal]
--| type = "reference"
--| references = "deal"
--| [columns.visit]
--| type = "integer"
--| [columns.stage]
--| type = "reference"
--| references = "stage"
--| about = "The one it came to."
--| [columns.owner]
--| type = "reference"
--| references = "member"
--| about = "The deal's owner when it moved."
--| [columns.team]
--| type = "reference"
--| references = "team"
--| about = "The team that owner was in then."
--| [columns.moved_at]
--| type = "instant"
--| role = "start"
--| [columns.moved_on]
--| type = "date"
--| [columns.touched]
--| type = "boolean"
--| about = "The deal was touched within the 7 days before."
--| [touched]
--| stage_visit = """
--| SELECT coalesce(w.entered_seq, n.entered_seq) AS key
--| FROM was_stage_visit w FULL JOIN now_stage_visit n ON n.entered_seq = w.entered_seq
--| WHERE (w.deal, w.visit, w.stage, w.owner, w.team, w.entered_at)
--|   IS DISTINCT FROM (n.deal, n.visit, n.stage, n.owner, n.team, n.entered_at)"""
--| touch = """
--| WITH touches AS MATERIALIZED (
--|   SELECT unnest([w.deal, n.deal]) AS deal, unnest([w.happened_at, n.happened_at]) AS happened_at
--|   FROM was_touch w FULL JOIN now_touch n ON n.activity = w.activity
--|   WHERE (w.deal, w.happened_at) IS DISTINCT FROM (n.deal, n.happened_at)
--| ), moves AS (
--|   -- Of touches that changed DuckDB expects a fifth of all there are, of what a list holds a few.
--|   SELECT deal, move, moved_at FROM stage_move WHERE deal IN (SELECT unnest(list(deal)) FROM touches)
--| )
--| SELECT m.move AS key
--| FROM moves m JOIN touches t ON t.deal = m.deal AND m.moved_at BETWEEN t.happened_at AND t.happened_at + INTERVAL 7 DAY"""

-- Most moves follow the deal's last touch, which tells at once; only for those before it the touches are searched.
WITH moves AS (
  SELECT v.entered_seq AS move, v.deal, v.visit, v.stage, v.owner, v.team,
         v.entered_at AS moved_at, v.entered_on AS moved_on, t.first_touch_at, t.last_touch_at
  FROM stage_visit v LEFT JOIN deal_touch t ON t.deal = v.deal
  WHERE v.visit > 1 AND v.entered_at IS NOT NULL AND {keys v.entered_seq}
), searched AS (
  -- DuckDB knows no sizes of what its transaction wrote, and keeps the second of two tables in memory.
  SELECT DISTINCT m.move FROM touch t JOIN moves m ON m.deal = t.deal
    AND t.happened_at BETWEEN m.moved_at - INTERVAL 7 DAY AND m.moved_at
  WHERE m.first_touch_at <= m.moved_at AND m.last_touch_at > m.moved_at
)
SELECT m.move, m.deal, m.visit, m.stage, m.owner, m.team, m.moved_at, m.moved_on,
       coalesce(CASE WHEN m.last_touch_at <= m.moved_at THEN m.last_touch_at >= m.moved_at - INTERVAL 7 DAY
                     ELSE s.move IS NOT NULL END, FALSE) AS touched
FROM moves m LEFT JOIN searched s ON s.move = m.move
