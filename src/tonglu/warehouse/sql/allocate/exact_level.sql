-- Of those who try, each limit of this level keeps its best ranked, as many as it has room for; inner limits come before outer ones.
DELETE FROM trying WHERE proposal_no IN (
    SELECT proposal_no FROM (
        SELECT t.proposal_no, a.room // u.amount AS places,
            row_number() OVER (PARTITION BY u.allotment_no ORDER BY t.priority, t.score DESC, t.tie, t.proposal_no) AS place
        FROM trying AS t JOIN allotment_use AS u USING (option_no) JOIN exact_room AS a USING (allotment_no) WHERE a.level = $level
    ) WHERE place > places
);
