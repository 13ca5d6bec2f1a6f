-- Acts are looked up by what was done. The people who may approve come with the policy that was approved last.
CREATE INDEX audit_what ON audit (what, subject);
ALTER TABLE submission ADD COLUMN people TEXT NOT NULL DEFAULT '{}';  -- JSON: names and roles, with a policy
