--| name = "membership"
--| version = 1
--| order = 10
--| about = "Which team a member was in, and when: what happened before the first known team counts for that team."
--| grain = "One row per member and unbroken stay in a team."
--| key = "member"
--| reads = ["member"]
--| [columns.member]
--| type = "reference"
--| references = "member"
--| [columns.team]
--| type = "reference"
--| references = "team"
--| [columns.since]
--| type = "instant"
--| about = "-infinity for the first stay."
--| [columns.until]
--| type = "instant"
--| about = "infinity while it lasts."
--| [touched]
--| member = "SELECT id AS key FROM changed_member"

-- A change holds from when it occurred; one dated before an earlier change replaces what that one said from there on.
WITH said AS (
  SELECT id, team, seq_from, coalesce(occurred_at, recorded_at) AS says_from FROM r_member WHERE {keys id}
), in_force AS (
  SELECT id, team, says_from, seq_from FROM said s
  WHERE NOT EXISTS (SELECT 1 FROM said l WHERE l.id = s.id AND l.seq_from > s.seq_from AND l.says_from <= s.says_from)
), ordered AS (
  SELECT id, team, says_from,
         lag(team) OVER w AS earlier_team, row_number() OVER w AS place
  FROM in_force WINDOW w AS (PARTITION BY id ORDER BY says_from, seq_from)
)
SELECT id AS member, team,
       CASE WHEN place = 1 THEN TIMESTAMP '-infinity' ELSE says_from END AS since,
       lead(says_from, 1, TIMESTAMP 'infinity') OVER (PARTITION BY id ORDER BY place) AS until
FROM ordered WHERE place = 1 OR team IS DISTINCT FROM earlier_team
