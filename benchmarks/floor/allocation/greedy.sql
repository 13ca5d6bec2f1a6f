-- Written by hand for these limits: each in its turn keeps the best ranked of those that the ones before it left.
CREATE OR REPLACE TEMP TABLE limited AS SELECT name, at_most FROM limit_rule;
CREATE OR REPLACE TEMP TABLE by_branch AS
SELECT e.*, k.cost FROM everyone AS e JOIN channel_cost AS k USING (channel) LEFT JOIN limit_rule AS r ON r.name = e.channel || '_by_branch'
LEFT JOIN limit_figure AS f ON f.limit_no = r.limit_no AND f.unit = e.branch_id::VARCHAR
QUALIFY row_number() OVER (PARTITION BY e.channel, e.branch_id ORDER BY e.score DESC, e.tie, e.proposal_no) <= coalesce(f.at_most, 1000000000);
CREATE OR REPLACE TEMP TABLE by_money AS
FROM (
    SELECT b.*, sum(b.cost) OVER (PARTITION BY b.channel ORDER BY b.score DESC, b.tie, b.proposal_no ROWS UNBOUNDED PRECEDING) AS spent
    FROM by_branch AS b
) AS s SEMI JOIN limited AS l ON l.name = s.channel || '_money' AND s.spent <= l.at_most;
CREATE OR REPLACE TEMP TABLE by_journey AS
SELECT s.* FROM (
    SELECT b.* EXCLUDE (spent), sum(b.cost) OVER (PARTITION BY b.journey ORDER BY b.score DESC, b.tie, b.proposal_no ROWS UNBOUNDED PRECEDING) AS spent
    FROM by_money AS b
) AS s LEFT JOIN limited AS l ON l.name = 'journey_' || s.journey[2:] WHERE s.spent <= coalesce(l.at_most, 1000000000000);
CREATE OR REPLACE TEMP TABLE by_all AS
FROM (
    SELECT * EXCLUDE (spent), sum(cost) OVER (ORDER BY score DESC, tie, proposal_no ROWS UNBOUNDED PRECEDING) AS spent FROM by_journey
) WHERE spent <= (SELECT at_most FROM limited WHERE name = 'all');
CREATE OR REPLACE TEMP TABLE greedy AS
SELECT s.proposal_no, getvariable('as_of')::TIMESTAMP + to_hours(coalesce((s.place - 1) // l.at_most, 0)::INTEGER) AS not_before
FROM (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY score DESC, tie, proposal_no) AS place FROM by_all) AS s
LEFT JOIN limited AS l ON l.name = s.channel || '_hourly'
WHERE (s.place - 1) // coalesce(l.at_most, 1000000000) < 12;
