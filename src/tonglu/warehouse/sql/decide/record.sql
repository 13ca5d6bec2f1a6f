-- What no gate stopped is sent. Decisions, ghosts, touches and what waits are written down.
UPDATE proposal SET outcome = 'sent', reason = 'passed' WHERE outcome IS NULL;
INSERT INTO tonglu.decision
SELECT $run_no, entry_id, customer_id, journey, version_no, step_key, step, visit, outcome, gate, reason, detail, channel, message, arm,
    priority, score, tie, not_before, first_proposed_at
FROM proposal WHERE NOT ghost ORDER BY proposal_no;
INSERT INTO tonglu.ghost
SELECT $run_no, entry_id, customer_id, journey, step_key, step, visit, outcome = 'sent', gate, reason, channel, arm
FROM proposal WHERE ghost ORDER BY proposal_no;
INSERT INTO tonglu.judged -- which channels: a number of bits per proposal, and lists for the few combinations that occur
WITH allowed AS (
    SELECT proposal_no, bit_or(1::HUGEINT << place) AS places FROM permitted GROUP BY proposal_no
), found AS (
    SELECT proposal_no, bit_or(1::HUGEINT << place) AS places FROM addressed GROUP BY proposal_no
), had AS (
    SELECT p.proposal_no, p.entry_id, p.step_key, p.ghost, s.parts, s.saw, c.places AS permitted, a.places AS addressed
    FROM proposal AS p LEFT JOIN seen AS s USING (proposal_no) LEFT JOIN allowed AS c USING (proposal_no) LEFT JOIN found AS a USING (proposal_no)
), combination AS (
    SELECT DISTINCT step_key, places FROM (SELECT step_key, permitted AS places FROM had UNION ALL SELECT step_key, addressed FROM had)
    WHERE places IS NOT NULL
), listed AS (
    SELECT c.step_key, c.places, list(v.channel ORDER BY v.place) AS channels
    FROM combination AS c JOIN tonglu.via AS v ON v.step_key = c.step_key AND (c.places >> v.place) & 1 = 1
    GROUP BY c.step_key, c.places
)
SELECT $run_no, h.entry_id, h.step_key, h.ghost, h.parts, h.saw, c.channels, a.channels
FROM had AS h
LEFT JOIN listed AS c ON c.step_key = h.step_key AND c.places = h.permitted
LEFT JOIN listed AS a ON a.step_key = h.step_key AND a.places = h.addressed
ORDER BY h.proposal_no;
INSERT INTO tonglu.touch
SELECT md5(concat_ws('|', escape_part(p.journey), p.customer_id, escape_part(e.key), p.entry_no, escape_part(p.step), p.visit, 1)), $run_no,
    p.entry_id, p.customer_id, p.journey, p.version_no, p.step, p.visit, p.purpose, p.channel, p.message, p.arm, $as_of, p.not_before,
    p.not_before + to_microseconds(coalesce(people.lasts_us, p.valid_us)),
    CASE WHEN c.bulk THEN concat_ws('-', printf('%06d', $run_no), p.channel, p.journey, w.topic, h.segment, strftime(p.not_before, '%Y%m%dT%H%M')) END
FROM proposal AS p JOIN tonglu.entry AS e USING (entry_id) JOIN channel_now AS c USING (channel) JOIN worth AS w ON w.step_key = p.step_key
LEFT JOIN (SELECT proposal_no, arg_min(segment, place) AS segment FROM hours_theirs GROUP BY proposal_no) AS h USING (proposal_no)
LEFT JOIN worked_channel AS people USING (channel)
WHERE p.outcome = 'sent' AND NOT p.ghost ORDER BY p.proposal_no;
DELETE FROM tonglu.waiting_touch
WHERE entry_id IN (SELECT entry_id FROM proposal) OR entry_id NOT IN (SELECT entry_id FROM tonglu.rest);
INSERT INTO tonglu.waiting_touch
SELECT entry_id, step_key, visit, first_proposed_at, paused_us FROM proposal WHERE outcome = 'deferred';
