-- Experiments may learn for each stratum of their journey apart; '' is everybody.
ALTER TABLE tonglu.arm ADD COLUMN by_stratum BOOLEAN DEFAULT FALSE;
ALTER TABLE tonglu.learned ADD COLUMN stratum VARCHAR DEFAULT '';
ALTER TABLE tonglu.learned ADD COLUMN expected_loss DOUBLE;
ALTER TABLE tonglu.learned ADD COLUMN p_value DOUBLE;
ALTER TABLE tonglu.learned ADD COLUMN standing VARCHAR;
-- What exposures have shown, by arm and the run that drew them. Each run writes what changed; all rows together are the state.
CREATE TABLE tonglu.arm_outcome (run_no INTEGER, journey VARCHAR, step VARCHAR, side VARCHAR, stratum VARCHAR, arm VARCHAR, batch INTEGER, propensity DOUBLE, goal VARCHAR,
    n BIGINT, y BIGINT, v HUGEINT, v2 HUGEINT);
-- Harm that was shown: the journey pauses itself, once for each version.
CREATE TABLE tonglu.harm (run_no INTEGER, journey VARCHAR, version_no INTEGER, goal VARCHAR, role VARCHAR, lift DOUBLE, p_value DOUBLE, said VARCHAR);
ALTER TABLE tonglu.lift ADD COLUMN error DOUBLE;
ALTER TABLE tonglu.lift ADD COLUMN units BIGINT;
