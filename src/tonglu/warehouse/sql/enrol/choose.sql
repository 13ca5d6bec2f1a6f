-- Nobody enters without a row in the profile.
DELETE FROM occasion WHERE customer_id NOT IN (SELECT customer_id FROM tonglu.profile);
-- One occasion per key: the earliest that allows to enter. Re-entry needs one later than the last entry's end. Then the limits
-- choose by the journey's order and by hash.
CREATE OR REPLACE TEMP TABLE admitted AS
WITH achieved AS (
    SELECT c.entry_id FROM tonglu.conversion AS c JOIN tonglu.entry AS e USING (entry_id)
    JOIN tonglu.goal AS g ON g.version_no = e.version_no AND g.goal_no = c.goal_no WHERE g.role <> 'guardrail'
), previous AS (
    SELECT e.journey, e.customer_id, e.key, max(e.entry_no) AS entry_no, max(d.ended_at) AS ended_at,
        bool_or(d.entry_id IS NULL) AS is_open, bool_or(d.reason = 'goal' OR e.entry_id IN (SELECT entry_id FROM achieved)) AS reached
    FROM tonglu.entry AS e LEFT JOIN tonglu.ended AS d USING (entry_id)
    WHERE e.customer_id IN (SELECT customer_id FROM occasion)
    GROUP BY ALL
), eligible AS (
    SELECT o.*, j.* EXCLUDE (journey), coalesce(p.entry_no, 0) + 1 AS entry_no
    FROM occasion AS o JOIN journey_now AS j USING (journey) LEFT JOIN previous AS p USING (journey, customer_id, key)
    WHERE j.collects
      AND (p.entry_no IS NULL
       OR (NOT p.is_open AND (
           (j.again = 'always' AND o.since > p.ended_at)
        OR (j.again = 'after' AND o.since >= p.ended_at + to_microseconds(j.again_us))
        OR (j.again = 'unless_goal' AND o.since > p.ended_at AND NOT p.reached))))
    QUALIFY row_number() OVER (PARTITION BY o.journey, o.customer_id, o.key ORDER BY o.since) = 1
), used AS (
    SELECT journey, count(*) AS so_far, count(*) FILTER (WHERE assigned_at >= $day_start) AS today FROM tonglu.entry GROUP BY journey
)
SELECT e.*, least(coalesce(e.per_run, 1e18), coalesce(e.per_day - coalesce(u.today, 0), 1e18), coalesce(e.total - coalesce(u.so_far, 0), 1e18)) AS room,
    row_number() OVER (PARTITION BY e.journey ORDER BY e.order_value DESC NULLS LAST, draw('entry_order', e.journey, e.customer_id, e.key)) AS nth
FROM eligible AS e LEFT JOIN used AS u USING (journey);

INSERT INTO tonglu.candidate
SELECT journey, customer_id, key, since, $run_no, CASE WHEN enrols THEN 'limit' WHEN killed THEN 'killed' ELSE 'paused' END FROM admitted WHERE NOT enrols OR nth > room;
INSERT INTO tonglu.left_out
SELECT $run_no, journey, reason, count(*) FROM tonglu.candidate GROUP BY ALL
UNION ALL
SELECT $run_no, o.journey, 'used_up', o.seen - coalesce(a.taken, 0)
FROM (SELECT journey, count(*) AS seen FROM occasion JOIN journey_now USING (journey) WHERE collects GROUP BY journey) AS o
LEFT JOIN (SELECT journey, count(*) AS taken FROM admitted GROUP BY journey) AS a USING (journey)
WHERE o.seen > coalesce(a.taken, 0);

CREATE OR REPLACE TEMP TABLE entering AS
SELECT (SELECT coalesce(max(entry_id), 0) FROM tonglu.entry) + row_number() OVER (ORDER BY journey, customer_id, key) AS entry_id,
    journey, version_no, customer_id, key, entry_no, since, first_key, unit,
    CASE WHEN global_control > 0 AND draw('global_control', epoch, customer_id) < global_control THEN 'global_control'
         WHEN holdout > 0 AND draw('holdout', journey, unit) < holdout THEN 'holdout'
         ELSE 'treated' END AS assignment
FROM admitted WHERE enrols AND nth <= room;

INSERT INTO tonglu.entry
SELECT entry_id, journey, version_no, customer_id, key, entry_no, assignment, unit, $run_no, $as_of, since FROM entering ORDER BY entry_id;
INSERT INTO tonglu.rest
SELECT n.entry_id, n.customer_id, n.journey, n.version_no, n.entry_no, n.assignment, n.since, n.first_key, n.since,
    CASE WHEN s.message IS NULL THEN n.since + to_microseconds(s.takes_us) END
FROM entering AS n JOIN tonglu.step AS s ON s.step_key = n.first_key
ORDER BY n.entry_id;
INSERT INTO enrolled SELECT entry_id, since FROM entering;
