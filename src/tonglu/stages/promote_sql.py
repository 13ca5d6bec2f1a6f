"""The statements by which `promote` moves one table. Holes are named in `promote._Move`; the aliases are always the same:
s a staged row, p a present one, c a key that came more than once, f a fate that was found for a staged row.

A staged row without a broken rule and without a fate is undecided, and moves.
"""

MARKS = ("_from", "_file", "_row", "_day", "_rule", "_raw")

UNBROKEN = "s._rule IS NULL"
UNDECIDED = """
s._rule IS NULL AND NOT EXISTS (SELECT 1 FROM staged_fate AS f WHERE f._row = s._row AND f._file = s._file AND f._from = s._from)
"""

NO_FATES = "CREATE OR REPLACE TEMP TABLE staged_fate (_from VARCHAR, _file VARCHAR, _row BIGINT, fate VARCHAR)"

UNKNOWN_TOUCH = """
INSERT INTO staged_fate
SELECT s._from, s._file, s._row, 'unknown_touch' FROM staged AS s ANTI JOIN tonglu.touch AS t ON t.touch_key = s.touch_key
WHERE s._rule IS NULL
"""

# The rows on an attached table's watermark are read again: what was set aside of them stays so until it is released.
FATES_AGAINST_ASIDE = """
INSERT INTO staged_fate
SELECT s._from, s._file, s._row, 'duplicate' FROM staged AS s SEMI JOIN aside AS q ON q.file = s._file AND q.row = row_json
WHERE s._from = 'tied'
"""

COPIES = """
CREATE OR REPLACE TEMP TABLE staged_copy AS SELECT key FROM staged AS s WHERE s._rule IS NULL GROUP BY key HAVING count(*) > 1
"""

FATES_OF_FACT_COPIES = """
INSERT INTO staged_fate
SELECT _from, _file, _row, CASE WHEN least_content <> most_content THEN 'copies_differ' ELSE 'duplicate' END
FROM (
  SELECT s._from, s._file, s._row, min(content_json) OVER (PARTITION BY key) AS least_content,
    max(content_json) OVER (PARTITION BY key) AS most_content,
    row_number() OVER (PARTITION BY key ORDER BY s._from, s._file, s._row) AS place
  FROM staged AS s SEMI JOIN staged_copy AS c ON same_copy
  WHERE undecided
) AS copied
WHERE least_content <> most_content OR place > 1
"""

# Two versions of a key that nothing puts in an order: same file, same instant.
FATES_OF_CLASHING_VERSIONS = """
INSERT INTO staged_fate
SELECT _from, _file, _row, CASE WHEN least_content <> most_content THEN 'copies_differ' ELSE 'duplicate' END
FROM (
  SELECT s._from, s._file, s._row, min(content_json) OVER (PARTITION BY key, newest, s._day, s._file) AS least_content,
    max(content_json) OVER (PARTITION BY key, newest, s._day, s._file) AS most_content,
    row_number() OVER (PARTITION BY key, newest, s._day, s._file ORDER BY s._from, s._row) AS place
  FROM staged AS s SEMI JOIN staged_copy AS c ON same_copy
  WHERE undecided
) AS copied
WHERE least_content <> most_content OR place > 1
"""

# Rows that no folder dates (from the inbox) are the latest there are.
FATES_OF_OLDER_VERSIONS = """
INSERT INTO staged_fate
SELECT _from, _file, _row, CASE WHEN content = newest_content THEN 'duplicate' ELSE 'older' END
FROM (
  SELECT s._from, s._file, s._row, content_json AS content,
    first_value(content_json)
      OVER (PARTITION BY key ORDER BY newest DESC, s._day DESC NULLS FIRST, s._file DESC) AS newest_content,
    row_number() OVER (PARTITION BY key ORDER BY newest DESC, s._day DESC NULLS FIRST, s._file DESC) AS place
  FROM staged AS s SEMI JOIN staged_copy AS c ON same_copy
  WHERE undecided AND due
) AS versions
WHERE place > 1
"""

# Ids first: usually none is known, and then the wide columns of a long table are never read.
KNOWN = "CREATE OR REPLACE TEMP TABLE staged_known AS SELECT present_key FROM present AS p SEMI JOIN staged AS s ON same_key"

FATES_AGAINST_PRESENT = """
INSERT INTO staged_fate
SELECT s._from, s._file, s._row, CASE WHEN differs THEN 'differs_from_loaded' ELSE 'duplicate' END
FROM staged AS s JOIN staged_known AS c ON same_copy JOIN present AS p ON same_key
WHERE undecided
"""

FATES_AGAINST_HELD = """
INSERT INTO staged_fate
SELECT s._from, s._file, s._row, CASE WHEN differs THEN 'differs_from_held' ELSE 'duplicate' END
FROM staged AS s JOIN kept AS p ON same_key
WHERE undecided
"""

FATES_AGAINST_HELD_VERSIONS = """
INSERT INTO staged_fate
SELECT DISTINCT s._from, s._file, s._row, 'duplicate' FROM staged AS s JOIN kept AS p ON same_key WHERE undecided AND NOT differs
"""

FATES_AGAINST_VERSIONS = """
INSERT INTO staged_fate
SELECT s._from, s._file, s._row, CASE WHEN differs THEN 'older' ELSE 'duplicate' END
FROM staged AS s JOIN present AS p ON same_key
WHERE undecided AND (stale OR NOT differs)
"""

LEAVE_HELD = "DELETE FROM kept AS s WHERE due"

SET_ASIDE = """
INSERT INTO aside (quarantine_id, run_no, rule, file, row_no, row, state, settled_run)
SELECT $table || '-' || $run_no::VARCHAR || '-' || row_number() OVER (ORDER BY s._from, s._file, s._row)::VARCHAR,
  $run_no, coalesce(s._rule, f.fate), s._file, s._row, row_json, 'open', NULL
FROM staged AS s LEFT JOIN staged_fate AS f ON f._row = s._row AND f._file = s._file AND f._from = s._from
WHERE (s._rule IS NOT NULL AND f.fate IS NULL) OR f.fate NOT IN ('duplicate', 'older')
"""

HOLD = "INSERT INTO kept BY NAME SELECT everything FROM staged AS s WHERE undecided AND future"

# Facts are asked for by time: stored in its order, row groups out of the window are never read. A first load is too long to sort
# cheaply, and is moved month by month instead.
MONTHS = """
SELECT DISTINCT date_trunc('month', moment)::TIMESTAMP AS month FROM staged AS s WHERE undecided AND due ORDER BY month
"""

APPEND_MONTH = """
INSERT INTO present BY NAME SELECT staged_own, $run_no AS loaded_run FROM staged AS s
WHERE undecided AND due AND moment >= $month AND moment < $month + INTERVAL 1 MONTH
"""

APPEND_FACTS = """
INSERT INTO present BY NAME SELECT staged_own, $run_no AS loaded_run FROM staged AS s WHERE undecided AND due ORDER BY moment
"""

APPEND = "INSERT INTO present BY NAME SELECT staged_own, $run_no AS loaded_run FROM staged AS s WHERE undecided AND due"

OLDER_TO_HISTORY = """
INSERT INTO past BY NAME
SELECT staged_own, $run_no AS loaded_run, $run_no AS replaced_run
FROM staged AS s JOIN staged_fate AS f ON f._row = s._row AND f._file = s._file AND f._from = s._from
WHERE f.fate = 'older'
"""

MOVING = "CREATE OR REPLACE TEMP TABLE staged_move AS SELECT staged_own FROM staged AS s WHERE undecided AND due"

REPLACED_TO_HISTORY = """
INSERT INTO past BY NAME
SELECT present_own, p.loaded_run, $run_no AS replaced_run FROM present AS p SEMI JOIN staged_move AS s ON same_key
"""

REMOVE_REPLACED = "DELETE FROM present AS p USING staged_move AS s WHERE same_key"

APPEND_MOVED = "INSERT INTO present BY NAME SELECT staged_own, $run_no AS loaded_run FROM staged_move AS s"

SUPERSEDE = """
UPDATE aside SET state = 'superseded', settled_run = $run_no
WHERE state = 'open'
  AND file IN (SELECT path FROM tonglu.staged_file WHERE source_table = $source_table AND sha256 IS NOT NULL)
"""

SETTLE_RELEASED = "UPDATE aside SET state = 'restaged', settled_run = $run_no WHERE state IN ('released', 'overridden')"

CHANGED = "INSERT INTO tonglu.source_change VALUES ($run_no, $table)"
