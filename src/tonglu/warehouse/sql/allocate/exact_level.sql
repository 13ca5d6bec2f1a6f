-- Of those who try, each limit of this level keeps its best ranked, as many as it has room for; inner limits come before outer ones. No
-- option has two limits of one level.
CREATE OR REPLACE TEMP TABLE trying AS
SELECT t.proposal_no, t.rank, t.option_no
FROM trying AS t LEFT JOIN (
    SELECT u.option_no, u.allotment_no, a.room // u.amount AS places
    FROM allotment_use AS u JOIN exact_room AS a USING (allotment_no) WHERE a.level = $level
) AS l ON l.option_no = t.option_no
QUALIFY l.allotment_no IS NULL OR row_number() OVER (PARTITION BY l.allotment_no ORDER BY t.rank) <= l.places;
