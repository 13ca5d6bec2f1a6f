-- What must hold after every run (semantics 29): one row per rule with the number of breaches. A run with a breach rolls back.
WITH reserved AS (
    SELECT * FROM tonglu.reserved_touch WHERE customer_id IN (SELECT customer_id FROM tonglu.touch WHERE run_no = $run_no)
), planned AS ( -- this run's touches, with what was kept of those under a limit
    SELECT t.entry_id, t.channel, t.journey, t.purpose, c.branch, c.cost, t.not_before, c.entry_id IS NOT NULL AS kept,
        CASE WHEN w.touch_key IS NULL THEN c.employee ELSE coalesce(w.employee_id::VARCHAR, 'branch:' || w.branch_id, '') END AS employee
    FROM tonglu.touch AS t LEFT JOIN tonglu.contender AS c ON c.run_no = t.run_no AND c.entry_id = t.entry_id
    LEFT JOIN tonglu.work_item AS w ON w.run_no = t.run_no AND w.touch_key = t.touch_key WHERE t.run_no = $run_no
), taken AS (
    SELECT r.limit_no, CASE r.unit_kind WHEN 'branch' THEN c.branch WHEN 'employee' THEN c.employee ELSE '' END AS unit,
        date_trunc(r.period, bank_clock(c.not_before)) AS period, sum(CASE r.gate WHEN 'capacity' THEN 1 ELSE c.cost END) AS used,
        bool_or(c.now AND NOT list_contains(CASE r.gate WHEN 'capacity' THEN $unlimited ELSE $unbudgeted END, c.purpose)) AS asserted
    FROM (SELECT *, FALSE AS now FROM charged UNION ALL SELECT channel, journey, purpose, branch, employee, cost, not_before, TRUE FROM planned) AS c
    JOIN limit_rule AS r ON (r.channel IS NULL OR r.channel = c.channel) AND (r.journey IS NULL OR r.journey = c.journey)
        AND (r.purpose IS NULL OR r.purpose = c.purpose)
    GROUP BY ALL
), overdrawn AS (
    SELECT r.gate, coalesce(r.unit_kind = 'employee' AND r.channel IN (SELECT channel FROM worked_channel), FALSE) AS given
    FROM taken AS t JOIN limit_rule AS r USING (limit_no)
    LEFT JOIN limit_figure AS f ON f.limit_no = t.limit_no AND f.unit = t.unit
    LEFT JOIN desk AS d ON d.limit_no = t.limit_no AND d.unit = t.unit AND d.starts = bank_instant(t.period)
    WHERE t.asserted AND t.used > coalesce(d.at_most, f.at_most, r.at_most)
)
SELECT 'entries = open + ended' AS rule, abs((SELECT count(*) FROM tonglu.entry) - (SELECT count(*) FROM tonglu.rest) - (SELECT count(*) FROM tonglu.ended)) AS breaches
UNION ALL
SELECT 'no entry is both open and ended, or ended twice', (SELECT count(*) FROM tonglu.rest WHERE entry_id IN (SELECT entry_id FROM tonglu.ended))
    + (SELECT count(*) - count(DISTINCT entry_id) FROM tonglu.ended)
UNION ALL
SELECT 'every end has a reason', count(*) FROM tonglu.ended WHERE reason IS NULL
UNION ALL
SELECT 'proposals = sent + deferred + dropped', abs((SELECT count(*) FROM proposal WHERE NOT ghost)
    - (SELECT count(*) FROM tonglu.decision WHERE run_no = $run_no AND outcome IN ('sent', 'deferred', 'dropped')))
UNION ALL
SELECT 'each proposal has one outcome and one reason', (SELECT count(*) FROM tonglu.decision WHERE run_no = $run_no AND (outcome IS NULL OR reason IS NULL))
    + (SELECT count(*) - count(DISTINCT (entry_id, step_key)) FROM tonglu.decision WHERE run_no = $run_no)
UNION ALL
SELECT 'sent = outbox rows', abs((SELECT count(*) FROM tonglu.decision WHERE run_no = $run_no AND outcome = 'sent')
    - (SELECT count(*) FROM tonglu.touch WHERE run_no = $run_no))
UNION ALL
SELECT 'no touch key twice', count(*) FROM tonglu.touch WHERE run_no = $run_no
    AND touch_key IN (SELECT touch_key FROM tonglu.touch GROUP BY touch_key HAVING count(*) > 1)
UNION ALL
SELECT 'controls are never touched', count(*) FROM tonglu.touch AS t JOIN tonglu.entry AS e USING (entry_id)
    WHERE t.run_no = $run_no AND e.assignment <> 'treated'
UNION ALL
SELECT 'nobody is over a cap', count(*) FROM ( -- every window of a cap's length that ends at a touch and holds one of this run
    SELECT n.touch_key, w.touch_key, c.cap_no FROM reserved AS n
    JOIN cap AS c ON c.purpose IN (n.purpose, 'any') AND c.channel IN (n.channel, 'any') AND c.journey IN (n.journey, 'any')
        AND (c.topic = 'any' OR c.topic = n.topic)
    JOIN reserved AS w ON w.customer_id = n.customer_id AND c.purpose IN (w.purpose, 'any') AND c.channel IN (w.channel, 'any')
        AND c.journey IN (w.journey, 'any') AND (c.topic = 'any' OR c.topic = w.topic)
        AND w.counts_at >= n.counts_at AND w.counts_at < n.counts_at + to_microseconds(c.within_us)
    JOIN reserved AS t ON t.customer_id = n.customer_id AND c.purpose IN (t.purpose, 'any') AND c.channel IN (t.channel, 'any')
        AND c.journey IN (t.journey, 'any') AND (c.topic = 'any' OR c.topic = t.topic)
        AND t.counts_at > w.counts_at - to_microseconds(c.within_us) AND t.counts_at <= w.counts_at
    WHERE n.run_no = $run_no AND NOT list_contains($uncapped, n.purpose)
    GROUP BY n.touch_key, w.touch_key, c.cap_no, c.at_most HAVING count(*) > c.at_most)
UNION ALL
SELECT 'journeys that exclude each other keep apart', count(*) FROM (
    SELECT n.touch_key, o.touch_key FROM reserved AS n
    JOIN exclusion AS mine ON mine.journey = n.journey OR (mine.journey IS NULL AND n.topic IS NOT NULL AND mine.topic IN (n.topic, 'any'))
    JOIN reserved AS o ON o.customer_id = n.customer_id AND o.journey <> n.journey
        AND abs(epoch_us(o.not_before) - epoch_us(n.not_before)) < mine.within_us
    JOIN exclusion AS theirs ON theirs.exclusion_no = mine.exclusion_no
        AND (theirs.journey = o.journey OR (theirs.journey IS NULL AND o.topic = n.topic))
    WHERE n.run_no = $run_no AND NOT list_contains($unarbitrated, n.purpose))
UNION ALL
SELECT 'no marketing to somebody whose complaint holds it', count(*) FROM tonglu.touch
    WHERE run_no = $run_no AND purpose = 'marketing' AND customer_id IN (SELECT customer_id FROM complaining)
UNION ALL
SELECT 'no touch against an opt-out', count(*) FROM tonglu.touch AS t
    WHERE t.run_no = $run_no AND NOT list_contains($unasked, t.purpose) AND (
        (t.purpose = 'marketing' AND t.customer_id IN (SELECT customer_id FROM unprofiled))
        OR NOT EXISTS (SELECT 1 FROM source.consents AS c
            WHERE c.customer_id = t.customer_id AND c.purpose = t.purpose AND c.channel = t.channel AND c.granted
              AND c.changed_at > coalesce((SELECT max(o.opted_out_at) FROM tonglu.opt_out AS o
                    WHERE o.customer_id = t.customer_id AND o.channel IN (t.channel, '*') AND o.purpose IN (t.purpose, '*') AND o.word = 'out'
                      AND NOT EXISTS (SELECT 1 FROM tonglu.opt_out AS i WHERE i.customer_id = o.customer_id AND i.word = 'in'
                            AND i.channel IN (t.channel, '*') AND i.purpose IN (t.purpose, '*') AND i.opted_out_at > o.opted_out_at)),
                  '-infinity'::TIMESTAMP)))
UNION ALL
SELECT 'touches a run of one customer', count(*) FROM (
    SELECT customer_id FROM tonglu.touch WHERE run_no = $run_no AND NOT list_contains($unarbitrated, purpose)
    GROUP BY customer_id HAVING count(*) > $per_run)
UNION ALL
SELECT 'no product is offered that does not suit', (
    SELECT count(*) FROM tonglu.touch AS t JOIN proposal AS p ON p.entry_id = t.entry_id AND p.step = t.step AND p.visit = t.visit
    JOIN product_now AS d USING (step_key)
    WHERE t.run_no = $run_no AND NOT list_contains($unsuited, t.purpose) AND (
        p.proposal_no IN (SELECT proposal_no FROM unsuitable)
        OR (p.proposal_no, t.channel) IN (
            SELECT n.proposal_no, v.channel FROM needs_person AS n JOIN tonglu.via AS v USING (step_key) ANTI JOIN with_a_person AS w USING (channel))
        OR (d.strict AND p.proposal_no NOT IN (SELECT proposal_no FROM fitted))))
UNION ALL
SELECT 'nobody under a risk hold is touched', (SELECT count(*) FROM tonglu.touch AS t JOIN risk_live AS h USING (customer_id)
    JOIN risk_rule_now AS r ON r.rule_no = h.rule_no AND r.holds AND list_contains(r.purposes, t.purpose)
    WHERE t.run_no = $run_no AND NOT list_contains($unheld, t.purpose))
UNION ALL
SELECT 'capacity used <= capacity', count(*) FROM overdrawn WHERE gate = 'capacity' AND NOT given
UNION ALL
SELECT 'nobody is given more work than their capacity', count(*) FROM overdrawn WHERE gate = 'capacity' AND given
UNION ALL
SELECT 'spending <= budget', count(*) FROM overdrawn WHERE gate = 'budget'
UNION ALL
SELECT 'what is limited is counted', count(*) FROM planned AS p WHERE NOT p.kept AND EXISTS (
    SELECT 1 FROM limit_rule AS r WHERE (r.channel IS NULL OR r.channel = p.channel) AND (r.journey IS NULL OR r.journey = p.journey)
        AND (r.purpose IS NULL OR r.purpose = p.purpose))
UNION ALL
SELECT 'one exposure per entry and step', (SELECT count(*) - count(DISTINCT (entry_id, step_key)) FROM tonglu.exposure
    WHERE entry_id IN (SELECT entry_id FROM tonglu.exposure WHERE run_no = $run_no))
UNION ALL
SELECT 'every entry rests at a step of its version', count(*) FROM tonglu.rest AS r LEFT JOIN tonglu.step AS s USING (step_key)
    WHERE s.version_no IS DISTINCT FROM r.version_no
UNION ALL
SELECT 'nothing is sent that cannot leave in time', count(*) FROM tonglu.touch WHERE run_no = $run_no AND (not_before < decided_at OR not_before > expires_at)
UNION ALL
SELECT 'every touch that people work is on one list', (SELECT count(*) FROM tonglu.touch AS t JOIN worked_channel USING (channel)
        WHERE t.run_no = $run_no AND t.touch_key NOT IN (SELECT touch_key FROM tonglu.work_item WHERE run_no = $run_no))
    + (SELECT count(*) FROM tonglu.work_item WHERE run_no = $run_no AND touch_key NOT IN (SELECT touch_key FROM tonglu.touch WHERE run_no = $run_no))
    + (SELECT count(*) - count(DISTINCT touch_key) FROM tonglu.work_item WHERE run_no = $run_no)
UNION ALL
SELECT 'a touch that people work ends once', count(*) FROM (
    SELECT touch_key FROM tonglu.delivery WHERE touch_key IN (SELECT touch_key FROM tonglu.work_item)
        AND state IN ('delivered', 'failed', 'unknown', 'cancelled', 'expired')
    GROUP BY touch_key HAVING count(*) > 1)
UNION ALL
SELECT 'one open entry per journey, customer and key', count(*) FROM (
    SELECT e.journey, e.customer_id, e.key FROM tonglu.rest AS r JOIN tonglu.entry AS e USING (entry_id) GROUP BY ALL HAVING count(*) > 1)
UNION ALL
SELECT 'every open entry has passed what was due', count(*) FROM tonglu.rest AS r JOIN tonglu.step AS s USING (step_key)
    WHERE s.message IS NULL AND r.due_at <= $as_of
ORDER BY rule;
