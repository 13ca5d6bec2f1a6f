-- What the gates saw of a proposal, where later facts could not tell it: the parts of the touch's own condition with the values they
-- read, the channels that consent left, those that have an address.
CREATE TABLE tonglu.judged (run_no INTEGER, entry_id BIGINT, step_key INTEGER, ghost BOOLEAN, parts JSON, saw JSON, permitted VARCHAR[],
    addressed VARCHAR[]);
