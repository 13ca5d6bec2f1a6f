-- One time in the order of times: whoever still seeks a place and may be planned then, tries.
CREATE OR REPLACE TEMP TABLE trying AS
SELECT s.proposal_no, s.rank, o.option_no
FROM seeking AS s JOIN exact_option AS o ON o.cohort = s.cohort AND o.stage = $stage;
