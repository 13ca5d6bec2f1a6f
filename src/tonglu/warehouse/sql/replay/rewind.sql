-- From the state after the last run to the one that the run $run_no found, with what came in for it. Everything that a run appends
-- carries its number; what it read from outside stays, what it made goes.
DELETE FROM tonglu.delivery WHERE run_no > $run_no;
DELETE FROM tonglu.opt_out WHERE run_no > $run_no;
DELETE FROM tonglu.ejection WHERE run_no > $run_no;
DELETE FROM tonglu.switch_position WHERE run_no > $run_no;
DELETE FROM tonglu.lever_position WHERE run_no > $run_no;
DELETE FROM tonglu.governed WHERE run_no > $run_no;
DELETE FROM tonglu.audit_head WHERE run_no >= $run_no;
DELETE FROM tonglu.fairness WHERE run_no >= $run_no;
DELETE FROM tonglu.source_change WHERE run_no > $run_no;
DELETE FROM tonglu.loaded WHERE run_no > $run_no;
DELETE FROM tonglu.run_input WHERE run_no > $run_no;
DELETE FROM tonglu.run WHERE run_no >= $run_no;
DELETE FROM tonglu.run_step WHERE run_no >= $run_no;
DELETE FROM tonglu.run_definition WHERE run_no >= $run_no;
DELETE FROM tonglu.run_watermark WHERE run_no >= $run_no;
DELETE FROM tonglu.check_result WHERE run_no >= $run_no;
DELETE FROM tonglu.conservation WHERE run_no >= $run_no;
DELETE FROM tonglu.segment_size WHERE run_no >= $run_no;
DELETE FROM tonglu.segment_built;
DELETE FROM tonglu.control_epoch WHERE run_no >= $run_no;
DELETE FROM tonglu.launch WHERE run_no >= $run_no;
DELETE FROM tonglu.left_out WHERE run_no >= $run_no;
DELETE FROM tonglu.entry WHERE run_no >= $run_no;
DELETE FROM tonglu.baseline WHERE entry_id NOT IN (SELECT entry_id FROM tonglu.entry);
DELETE FROM tonglu.ended WHERE run_no >= $run_no;
DELETE FROM tonglu.move WHERE run_no >= $run_no;
DELETE FROM tonglu.version_migration WHERE run_no >= $run_no;
DELETE FROM tonglu.decision WHERE run_no >= $run_no;
DELETE FROM tonglu.judged WHERE run_no >= $run_no;
DELETE FROM tonglu.suitability WHERE run_no >= $run_no;
DELETE FROM tonglu.risk_seen WHERE run_no >= $run_no;
DELETE FROM tonglu.risk_count WHERE run_no >= $run_no;
DELETE FROM tonglu.learned_value WHERE run_no >= $run_no;
DELETE FROM tonglu.worth WHERE run_no >= $run_no;
DELETE FROM tonglu.weighed WHERE run_no >= $run_no;
DELETE FROM tonglu.yielded WHERE run_no >= $run_no;
DELETE FROM tonglu.hours_group WHERE run_no >= $run_no;
DELETE FROM tonglu.contender WHERE run_no >= $run_no;
DELETE FROM tonglu.limit_use WHERE run_no >= $run_no;
DELETE FROM tonglu.allocation WHERE run_no >= $run_no;
DELETE FROM tonglu.ghost WHERE run_no >= $run_no;
DELETE FROM tonglu.exposure WHERE run_no >= $run_no;
DELETE FROM tonglu.touch WHERE run_no >= $run_no;
DELETE FROM tonglu.work_item WHERE run_no >= $run_no;
DELETE FROM tonglu.conversion WHERE run_no >= $run_no;
DELETE FROM tonglu.lift WHERE run_no >= $run_no;
DELETE FROM tonglu.lift_by WHERE run_no >= $run_no;
DELETE FROM tonglu.trust WHERE run_no >= $run_no;
DELETE FROM tonglu.measured WHERE run_no >= $run_no;
DELETE FROM tonglu.measured_by WHERE run_no >= $run_no;
DELETE FROM tonglu.drawn WHERE run_no >= $run_no;
DELETE FROM tonglu.arm_outcome WHERE run_no >= $run_no;
DELETE FROM tonglu.harm WHERE run_no >= $run_no;
DELETE FROM tonglu.balance WHERE run_no >= $run_no;
DELETE FROM tonglu.first_decision WHERE run_no >= $run_no;
DELETE FROM tonglu.first_entry WHERE run_no >= $run_no;
DELETE FROM tonglu.goal_event WHERE run_no >= $run_no;
DELETE FROM tonglu.learned WHERE run_no >= $run_no;
DELETE FROM tonglu.attribute WHERE run_no >= $run_no;
DELETE FROM tonglu.passed_on WHERE run_no >= $run_no;
DELETE FROM tonglu.calendar_gap WHERE run_no >= $run_no;
DELETE FROM tonglu.version WHERE first_run >= $run_no;
DELETE FROM tonglu.step WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.via WHERE step_key NOT IN (SELECT step_key FROM tonglu.step);
DELETE FROM tonglu.topic WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.goal WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.horizon WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.arm WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.split_way WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.set_value WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.enter_target WHERE version_no NOT IN (SELECT version_no FROM tonglu.version);
DELETE FROM tonglu.membership WHERE entered_run >= $run_no;
UPDATE tonglu.membership SET left_run = NULL, left_at = NULL WHERE left_run >= $run_no;
-- Where everybody rested: where the last move led, or at the first step. When a rest is due is only a shortcut; without it all are looked at.
DELETE FROM tonglu.rest;
INSERT INTO tonglu.rest
SELECT e.entry_id, e.customer_id, e.journey, s.version_no, e.entry_no, e.assignment, e.since, s.step_key, coalesce(m.clock, e.since), NULL
FROM tonglu.entry AS e ANTI JOIN tonglu.ended AS d USING (entry_id)
LEFT JOIN (
    SELECT entry_id, arg_max(to_key, (run_no, ordinal)) AS to_key, arg_max(clock, (run_no, ordinal)) AS clock FROM tonglu.move GROUP BY entry_id
) AS m USING (entry_id)
JOIN tonglu.step AS s ON s.step_key = coalesce(m.to_key, e.version_no * 1000 + 1);
DELETE FROM tonglu.candidate;
INSERT INTO tonglu.candidate
SELECT journey, customer_id, key, coalesce(since, $previous_as_of), $run_no - 1, 'limit' FROM tonglu.candidate_span
WHERE from_run < $run_no AND (until_run IS NULL OR until_run >= $run_no);
DELETE FROM tonglu.waiting_touch;
INSERT INTO tonglu.waiting_touch
SELECT entry_id, step_key, visit, first_proposed_at, paused_us FROM tonglu.waiting_span
WHERE from_run < $run_no AND (until_run IS NULL OR until_run >= $run_no);
DELETE FROM tonglu.candidate_span WHERE from_run >= $run_no;
DELETE FROM tonglu.waiting_span WHERE from_run >= $run_no;
