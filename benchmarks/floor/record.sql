-- Decisions, ghosts, touches, who is to make those that people make, and what waits.
INSERT INTO tonglu.decision
SELECT run_no(), entry_id, customer_id, journey, version_no, step_key, step, 1, outcome, gate, reason, detail, channel, message, arm,
    priority, score, tie, not_before, first_proposed_at
FROM proposal WHERE NOT ghost ORDER BY proposal_no;
INSERT INTO tonglu.ghost
SELECT run_no(), entry_id, customer_id, journey, step_key, step, 1, outcome = 'sent', gate, reason, channel, arm
FROM proposal WHERE ghost ORDER BY proposal_no;
INSERT INTO tonglu.touch
SELECT md5(concat_ws('|', journey, customer_id, '', entry_no, step, 1, 1)), run_no(), entry_id, customer_id, journey, version_no, step, 1, 'marketing',
    channel, message, arm, as_of(), not_before, not_before + CASE channel WHEN 'call' THEN INTERVAL 3 DAY WHEN 'wecom' THEN INTERVAL 2 DAY ELSE valid END,
    CASE WHEN channel IN ('app_push', 'sms') THEN concat_ws('-', printf('%06d', run_no()), channel, journey, topic,
        CASE WHEN silver AND channel = 'sms' THEN 'silver_haired' END, strftime(not_before, '%Y%m%dT%H%M')) END
FROM proposal WHERE outcome = 'sent' AND NOT ghost ORDER BY proposal_no;
-- The customer's manager where they are there on that day, else the branch's people in turn, else nobody yet.
INSERT INTO tonglu.work_item
WITH worked AS (
    SELECT t.*, f.branch_id, f.manager_id, (t.not_before + INTERVAL 8 HOUR)::DATE AS day,
        CASE t.channel WHEN 'call' THEN 'relationship_manager' ELSE '' END AS role
    FROM tonglu.touch AS t LEFT JOIN tonglu.profile AS f USING (customer_id) WHERE t.run_no = run_no() AND t.channel IN ('call', 'wecom')
), present AS (
    SELECT w.*, s.employee_id IS NOT NULL AS met
    FROM worked AS w LEFT JOIN source.employees AS s ON s.employee_id = w.manager_id AND s.active
        AND (s.absent_from IS NULL OR w.day < s.absent_from OR w.day > coalesce(s.absent_until, 'infinity'::DATE))
), desk AS (
    SELECT q.branch_id, q.role, q.day, list(s.employee_id ORDER BY s.employee_id) AS people
    FROM (SELECT DISTINCT branch_id, role, day FROM present WHERE NOT met) AS q JOIN source.employees AS s ON s.branch_id = q.branch_id AND s.active
        AND q.role IN ('', s.role) AND (s.absent_from IS NULL OR q.day < s.absent_from OR q.day > coalesce(s.absent_until, 'infinity'::DATE))
    GROUP BY ALL
), turn AS (
    SELECT touch_key, branch_id, role, day, row_number() OVER (PARTITION BY branch_id, role, day ORDER BY touch_key) - 1 AS number
    FROM present WHERE NOT met AND branch_id IS NOT NULL
)
SELECT run_no(), w.touch_key, w.entry_id, w.customer_id, w.journey, w.step, w.purpose, w.channel, w.branch_id,
    CASE WHEN w.met THEN w.manager_id ELSE d.people[(t.number + floor(chance('turn|' || epoch_us(as_of()) || '|' || t.branch_id) * len(d.people))::BIGINT)
        % len(d.people) + 1] END, w.not_before, w.expires_at
FROM present AS w LEFT JOIN turn AS t USING (touch_key) LEFT JOIN desk AS d ON d.branch_id = t.branch_id AND d.role = t.role AND d.day = t.day
ORDER BY w.touch_key;
DELETE FROM tonglu.waiting_touch WHERE entry_id IN (SELECT entry_id FROM proposal) OR entry_id NOT IN (SELECT entry_id FROM tonglu.rest);
INSERT INTO tonglu.waiting_touch SELECT entry_id, step_key, 1, first_proposed_at, 0 FROM proposal WHERE outcome = 'deferred';

