-- Every version that was ever pinned, whether it has entries, and its kept definition.
SELECT v.version_no, v.journey, v.hash, v.definition, EXISTS (SELECT 1 FROM tonglu.entry AS e WHERE e.version_no = v.version_no)
FROM tonglu.version AS v ORDER BY v.version_no;
