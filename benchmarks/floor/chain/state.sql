-- A bank in which so many entries of three journeys rest at their touch: 8 of 10 customers have one, the others two.
CREATE TEMP TABLE person AS SELECT i AS customer_id FROM range($entries * 5 // 6) AS r(i);
CREATE TABLE tonglu.profile AS SELECT customer_id, (18 + hash(customer_id, 'age') % 60)::INTEGER AS age FROM person;
INSERT INTO tonglu.version SELECT n, 'j' || n, 'h' || n, 'marketing', 'zh', 'en', '', 1 FROM range(1, 4) AS r(n);
INSERT INTO tonglu.step
SELECT n * 1000 + 1, n, 'j' || n, 1, 'hi', 'touch', 'zh', NULL, NULL, NULL, FALSE, 86400000000, n = 2, 'hello', NULL, FALSE, FALSE, NULL, FALSE FROM range(1, 4) AS r(n);
INSERT INTO tonglu.via SELECT n * 1000 + 1, place, channel FROM range(1, 4) AS r(n), (VALUES (0, 'app_push'), (1, 'sms')) AS v(place, channel);
INSERT INTO tonglu.entry
SELECT row_number() OVER (ORDER BY journey, customer_id), journey, version_no, customer_id, '', 1,
    CASE WHEN hash(customer_id, 'held') % 20 = 0 THEN 'holdout' ELSE 'treated' END, NULL, 1, $as_of, $as_of
FROM (
    SELECT customer_id, 'j' || (1 + customer_id % 3) AS journey, 1 + customer_id % 3 AS version_no FROM person
    UNION ALL
    SELECT customer_id, 'j' || (1 + (customer_id + 1) % 3), 1 + (customer_id + 1) % 3 FROM person WHERE customer_id % 5 = 0
);
INSERT INTO tonglu.rest
SELECT entry_id, customer_id, journey, version_no, entry_no, assignment, since, version_no * 1000 + 1, since, NULL FROM tonglu.entry;
CREATE TABLE source.consents AS
SELECT customer_id, 'marketing' AS purpose, channel, hash(customer_id, channel, 'consent') % 10 > 0 AS granted, $as_of - INTERVAL 90 DAY AS changed_at
FROM person, (VALUES ('app_push'), ('sms')) AS c(channel);
CREATE TABLE personal.addresses AS
SELECT customer_id, channel, 'x' AS address FROM person, (VALUES ('app_push'), ('sms')) AS c(channel)
WHERE hash(customer_id, channel, 'address') % 10 < CASE channel WHEN 'sms' THEN 9 ELSE 5 END;
INSERT INTO tonglu.opt_out SELECT customer_id, 'sms', $as_of - INTERVAL 5 DAY, 1, 'out', '*' FROM person WHERE hash(customer_id, 'out') % 40 = 0;
INSERT INTO tonglu.touch -- what was sent before: 0 to 3 touches of the last week
SELECT 'k' || customer_id || '-' || n, 0, -1 - customer_id, customer_id, 'old', 0, 'old', 1, 'marketing', 'sms', 'hello', NULL, $as_of - to_hours(n * 30),
    $as_of - to_hours((n * 30 + hash(customer_id, n) % 20 - 12)::INTEGER), $as_of, NULL
FROM person, range(1, 4) AS r(n) WHERE hash(customer_id, n, 'before') % 3 = 0;
CREATE TEMP TABLE journey_now AS SELECT 'j' || n AS journey, n AS version_no, NULL::VARCHAR AS enter_segment, TRUE AS proposes, FALSE AS killed FROM range(1, 4) AS r(n);
CREATE TEMP TABLE version_now AS SELECT n::INTEGER AS version_no, 'marketing' AS purpose, (n = 3)::INTEGER AS priority, 0.02::DECIMAL(9, 6) AS prior,
    (n * 7500)::BIGINT AS value FROM range(1, 4) AS r(n);
CREATE TABLE source.complaints AS SELECT NULL::BIGINT AS customer_id, NULL::TIMESTAMP AS opened_at, NULL::TIMESTAMP AS closed_at LIMIT 0;
