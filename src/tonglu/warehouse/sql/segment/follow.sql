-- Who joined and who left since the last run: the membership history of one segment, whose members of now are in `member_now`.
CREATE OR REPLACE TEMP TABLE member_gone AS
SELECT customer_id FROM tonglu.membership
WHERE segment = $segment AND left_run IS NULL AND customer_id NOT IN (SELECT customer_id FROM member_now);
UPDATE tonglu.membership SET left_run = $run_no, left_at = $as_of
WHERE segment = $segment AND left_run IS NULL AND customer_id IN (SELECT customer_id FROM member_gone);
INSERT INTO tonglu.membership
SELECT $segment, customer_id, $run_no, $as_of, NULL, NULL FROM member_now
WHERE customer_id NOT IN (SELECT customer_id FROM tonglu.membership WHERE segment = $segment AND left_run IS NULL)
ORDER BY customer_id;
INSERT INTO tonglu.segment_size
SELECT $run_no, $segment, $title, (SELECT count(*) FROM member_now),
    (SELECT count(*) FROM tonglu.membership WHERE segment = $segment AND entered_run = $run_no), (SELECT count(*) FROM member_gone);
